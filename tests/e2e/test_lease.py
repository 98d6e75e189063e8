"""Who holds a job: workers that are stopped, blocked, or share a name."""

from __future__ import annotations

import json
from pathlib import Path

from beltline.core.clock import MICROS
from beltline.core.failure import read_failure
from beltline.core.reasons import Reason
from beltline.core.states import JobState
from tests.e2e import app
from tests.e2e.site import LEASE_US, NAMESPACE, Site
from tests.waiting import pause


async def test_a_worker_that_was_away_for_its_lease_loses_its_jobs_and_its_late_settle(site: Site) -> None:
    away = site.worker()
    reference = await app.slow_once.submit()
    first = await site.started(reference.id)
    away.freeze(site.lock)

    site.worker()
    await site.started(reference.id, times=2)
    job = await site.final(reference.id)
    away.thaw()
    await site.logged(away, "was ended by others")
    later = await app.ship.submit(n=2, seconds=0.0)
    await site.final(later.id)

    assert (job.state, job.runs, job.crashes) == (JobState.SUCCEEDED, 2, 1)
    assert json.loads(job.result or b"") == job.fence == first.fence + 1
    assert await site.job(reference.id) == job


async def test_a_late_settle_is_told_as_lost_and_changes_nothing(site: Site) -> None:
    """A body in a thread goes on while nobody can stop it: its outcome comes under an old fence."""
    away = site.worker()
    reference = await app.slow_thread_once.submit(seconds=5.0)
    first = await site.started(reference.id)
    away.freeze(site.lock)

    site.worker()
    second = await site.started(reference.id, times=2)
    job = await site.final(reference.id)
    away.thaw()
    await site.ended(reference.id, first.fence)
    assert away.stop() == 0

    assert (first.pid, first.fence + 1) == (away.pid, second.fence)
    assert (job.state, job.runs, job.fence) == (JobState.SUCCEEDED, 2, second.fence)
    assert json.loads(job.result or b"") == second.fence
    assert await site.job(reference.id) == job


async def test_nobody_rescues_a_worker_whose_loop_is_blocked_beyond_its_lease(site: Site) -> None:
    site.worker()
    site.worker()
    reference = await app.block.submit(seconds=2.5 * LEASE_US / MICROS)

    job = await site.final(reference.id)

    assert (job.state, job.runs, job.crashes) == (JobState.SUCCEEDED, 1, 0)


async def test_a_body_that_blocks_the_loop_is_named_in_the_log_with_its_stack(site: Site) -> None:
    worker = site.worker()
    reference = await app.block.submit(seconds=4.0)

    await site.logged(worker, "blocks the event loop")

    assert reference.id in worker.log
    assert "in block" in worker.log
    assert "make it a plain function, which runs in a thread" in worker.log


async def test_a_blocked_loop_beyond_the_time_out_is_ended_and_the_others_released(site: Site) -> None:
    supervised = site.work_command("--lease", "1s", "--concurrency", "8")
    innocent = await app.slow_once.submit()
    await site.started(innocent.id)
    blocking = await app.block.options(timeout=0.2).submit(seconds=60.0)

    guilty = await site.final(blocking.id)
    job = await site.final(innocent.id)

    assert (guilty.state, guilty.reason, guilty.runs) == (JobState.TIMED_OUT, Reason.TIMEOUT, 1)
    failure = read_failure(guilty.error)
    assert failure is not None
    assert "blocked the event loop" in failure["message"]
    assert "make it a plain function" in failure["message"]
    assert (job.state, job.runs, job.crashes) == (JobState.SUCCEEDED, 2, 0)
    attempts = await site.store.reads.attempts(NAMESPACE, innocent.id)
    assert attempts[0].outcome == "drained"
    assert "starting a new one" in supervised.log
    assert supervised.stop() == 0


async def test_two_workers_of_one_name_are_two_sessions(site: Site, tmp_path: Path) -> None:
    for _ in range(2):
        site.worker(name="twin", concurrency=1)
    gate = tmp_path / "gate"
    references = [await app.ignore.submit(file=str(gate)) for _ in range(2)]
    begun = [await site.started(reference.id) for reference in references]
    gate.touch()

    jobs = [await site.final(reference.id) for reference in references]

    assert len({each.pid for each in begun}) == 2
    assert len({job.session for job in jobs}) == 2
    assert [job.runs for job in jobs] == [1, 1]
    assert {session.name for session in await site.sessions()} == {"twin"}


async def test_a_live_worker_is_never_rescued(site: Site) -> None:
    for _ in range(2):
        site.worker(lease_us=LEASE_US // 2)
    reference = await app.ship.submit(n=1, seconds=3.0)

    await pause(1.0)
    job = await site.final(reference.id)

    assert (job.runs, job.crashes) == (1, 0)
