"""Workers are killed at random points: nothing is lost or ends twice, and only what ran starts again."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import Final

import pytest

from beltline.core.job import Job
from beltline.core.states import JobState
from beltline.store.params import Finished
from tests.e2e import app
from tests.e2e.site import NAMESPACE, Site, WorkerProcess
from tests.waiting import eventually_async, pause

KILLS: Final = 20
MORTALS: Final = 2
CONCURRENCY: Final = 8
BATCH: Final = 40


async def test_jobs_survive_twenty_kills(site: Site) -> None:
    await _survive(site, seed=0)


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(1, 11))
async def test_jobs_survive_two_hundred_kills(site: Site, seed: int) -> None:
    await _survive(site, seed=seed)


async def _survive(site: Site, *, seed: int) -> None:
    chance = random.Random(seed)
    ids: list[str] = []
    seen: dict[str, Finished] = {}
    killed: list[WorkerProcess] = []
    steady = site.worker(concurrency=CONCURRENCY)
    alive = [site.worker(concurrency=CONCURRENCY) for _ in range(MORTALS)]
    for _ in range(KILLS):
        victim = alive.pop(0)
        await _feed_until_busy(site, victim, ids, chance)
        await pause(chance.random() * 0.2)
        victim.kill()
        killed.append(victim)
        alive.append(site.worker(concurrency=CONCURRENCY))
        await _look(site, ids, seen)
    jobs = await _all_final(site, ids)
    for worker in (steady, *alive):
        await site.logged(worker, f"worker {worker.pid} runs")
        assert worker.stop() == 0
    await _look(site, ids, seen)

    assert len(jobs) == len(set(ids))
    assert {job.state for job in jobs} == {JobState.SUCCEEDED}
    _expect_effects(site, jobs, killed)
    await _expect_attempts(site, jobs, killed)
    await _expect_tallies(site, len(jobs))


async def _feed_until_busy(site: Site, victim: WorkerProcess, ids: list[str], chance: random.Random) -> None:
    async def busy() -> bool:
        assert victim.process.poll() is None, victim.log
        if await site.store.reads.unsettled(NAMESPACE, None, site.store.now()) < BATCH:
            ids.extend(await _submit(chance))
        return any(each.pid == victim.pid for each in site.effects())

    await eventually_async(busy, what=f"a body in {victim.name}")


async def _submit(chance: random.Random) -> list[str]:
    calls = [{"n": n, "seconds": chance.random() * 0.1} for n in range(BATCH)]
    shipped = await app.ship.submit_many(calls[: BATCH // 2])
    packed = await app.pack.submit_many(calls[BATCH // 2 :])
    return [reference.id for reference in (*shipped, *packed)]


async def _look(site: Site, ids: list[str], seen: dict[str, Finished]) -> None:
    """What was once seen as final stays as it was."""
    for ended in await site.store.reads.finished(NAMESPACE, ids):
        assert seen.setdefault(ended.id, ended) == ended


async def _all_final(site: Site, ids: list[str]) -> list[Job]:
    async def final() -> bool:
        return len(await site.store.reads.finished(NAMESPACE, ids)) == len(ids)

    await eventually_async(final, within=60, what="every job is final")
    return await site.store.reads.get(NAMESPACE, ids)


def _expect_effects(site: Site, jobs: list[Job], killed: list[WorkerProcess]) -> None:
    """Each fence started one body; the last one ended, and its result is the job's; the others were killed.

    At a kill no more bodies were open than the worker has slots; what else it held had ended unwritten.
    """
    effects = site.effects()
    starts = Counter((each.job_id, each.fence) for each in effects if each.what == "start")
    ends = {(each.job_id, each.fence) for each in effects if each.what == "end"}
    last = {job.id: job.fence for job in jobs}

    assert set(starts.values()) == {1}
    assert all((job.id, job.fence) in ends and json.loads(job.result or b"") == job.fence for job in jobs)
    open_ = Counter(
        each.pid for each in effects if each.what == "start" and (each.job_id, each.fence) not in ends
    )
    assert all(count <= CONCURRENCY for count in open_.values())
    repeated = {each.pid for each in effects if each.what == "start" and each.fence != last[each.job_id]}
    assert repeated <= {worker.pid for worker in killed}


async def _expect_attempts(site: Site, jobs: list[Job], killed: list[WorkerProcess]) -> None:
    """Every repeated run is explained by a killed worker."""
    held: set[str] = set()
    for job in jobs:
        assert job.crashes == job.runs - 1
        if job.runs == 1:
            continue
        attempts = await site.store.reads.attempts(NAMESPACE, job.id)
        assert [attempt.run for attempt in attempts] == list(range(1, job.runs + 1))
        assert [attempt.outcome for attempt in attempts[:-1]] == ["worker_lost"] * (job.runs - 1)
        held.update((attempt.session or "").partition("/")[0] for attempt in attempts[:-1])
    assert held <= {worker.name for worker in killed}


async def _expect_tallies(site: Site, count: int) -> None:
    counted: Counter[str] = Counter()
    for row in await site.store.upkeep.tallies(NAMESPACE, 0, 1 << 62):
        counted[row.event] += row.jobs
    assert (counted["submitted"], counted["succeeded"]) == (count, count)
