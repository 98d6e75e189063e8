"""A job whose workers were lost with it runs alone, in a process of its own, whatever its mode."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from beltline.client.beltline import Beltline
from beltline.client.handle import JobHandle
from beltline.config import WorkerConfig
from beltline.core.clock import SystemClock
from beltline.core.job import Job
from beltline.core.reasons import Reason
from beltline.core.states import JobState
from beltline.definitions.definition import define
from beltline.executors.process.command import command
from beltline.executors.process.executor import ProcessExecutor
from beltline.runtime.runner import is_suspect
from beltline.store.open import store_from_url
from beltline.store.pages import JobFilter, ListJobs
from beltline.store.params import ApplyChanges
from tests.client.hand import Hand
from tests.conformance.builders import change_to
from tests.executors import suspects
from tests.executors.house import _claimed
from tests.runtime.works import Works


@asynccontextmanager
async def on(
    url: str, target: str = suspects.__file__, belt: Beltline = suspects.belt
) -> AsyncIterator[Works]:
    """Yield a worker's parts whose processes are not made before they are needed."""
    store = store_from_url(url, clock=SystemClock())
    await store.open(migrate=True)
    environment = {**os.environ, "BELTLINE_STORE": url, "BELTLINE_NAMESPACE": "default"}
    executor = ProcessExecutor(
        command(target), WorkerConfig(body_processes=2), clock=SystemClock(), environment=environment
    )
    async with belt.on(store, "default"):
        yield Works(store, belt=belt, processes=executor)
    await executor.close()
    await store.close()


@pytest.fixture
async def works(tmp_path: Path) -> AsyncIterator[Works]:
    async with on(f"sqlite:///{tmp_path}/beltline.db") as ready:
        yield ready


async def lost(works: Works, body: JobHandle[Any], times: int, **arguments: Any) -> str:
    """Submit a job and store that so many workers were lost with it; return its id."""
    reference = await body.submit(**arguments)
    claimed = await Hand(works.belt).take()
    now = works.store.now()
    change = change_to(claimed, JobState.QUEUED, now, crashes=times)
    assert not await works.store.jobs.apply(ApplyChanges(namespace="default", changes=[change], now=now))
    return reference.id


async def ended(works: Works, job_id: str) -> Job:
    async with works.working():
        return await works.in_state(job_id)


@pytest.mark.parametrize("body", [suspects.on_the_loop, suspects.in_a_thread])
async def test_a_suspect_runs_in_a_process_of_its_own_with_its_app_open(
    works: Works, body: JobHandle[Any]
) -> None:
    job = await ended(works, await lost(works, body, 2))

    assert job.state is JobState.SUCCEEDED
    elsewhere = int(job.result or b"0")
    assert elsewhere != os.getpid()
    followers = ListJobs(namespace="default", where=JobFilter(definition="follows"))
    [child] = (await works.store.reads.page(followers)).items
    assert child.payload == b'{"by":%d}' % elsewhere


async def test_one_lost_worker_makes_no_suspect(works: Works) -> None:
    job = await ended(works, await lost(works, suspects.on_the_loop, 1))

    assert job.result == b"%d" % os.getpid()


async def test_the_guilty_one_is_a_dead_letter_and_its_worker_lives(works: Works) -> None:
    job_id = await lost(works, suspects.kills_its_process, 2)
    async with works.working():
        neighbour = await suspects.follows.submit(1)
        job = await works.in_state(job_id)

        assert await neighbour.result(timeout=30) == 1
    assert (job.state, job.reason, job.crashes) == (JobState.FAILED, Reason.PROCESS_DIED, 3)


async def test_a_suspect_takes_no_slot_from_others(works: Works, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    job_id = await lost(works, suspects.waits_for, 2, file=str(gate))
    async with works.working(concurrency=1):
        await works.in_state(job_id, JobState.RUNNING)

        neighbour = await suspects.follows.submit(1)

        assert await neighbour.result(timeout=30) == 1
        gate.touch()
        assert (await works.in_state(job_id)).state is JobState.SUCCEEDED


async def test_a_suspect_that_a_process_would_not_find_runs_where_it_did(tmp_path: Path) -> None:
    other = tmp_path / "other.py"
    other.write_text("from beltline import Beltline\nbelt = Beltline()\n")
    async with on(f"sqlite:///{tmp_path}/beltline.db", str(other)) as works:
        job = await ended(works, await lost(works, suspects.on_the_loop, 2))

    assert job.result == b"%d" % os.getpid()


@pytest.mark.parametrize(("most", "first"), [(1, 1), (2, 1), (3, 2), (10, 2)])
def test_a_neighbour_is_alone_before_it_can_be_lost_for_good(most: int, first: int) -> None:
    async def body() -> None: ...

    definition = define(body, max_crashes=most)
    found = [is_suspect(_claimed("body", 1, {}, crashes), definition) for crashes in range(first + 1)]

    assert found == [False] * first + [True]


async def test_a_body_in_a_process_joins_with_its_own_sqlite_connection(works: Works) -> None:
    reference = await suspects.joins_with_sqlite.submit()
    job = await ended(works, reference.id)

    assert job.result == b"7"
    assert [row.name for row in await works.store.steps.load("default", [job.id])] == ["done"]


async def test_a_body_in_a_process_joins_with_its_own_asyncpg_connection(postgres_schema_url: str) -> None:
    async with on(postgres_schema_url) as works:
        reference = await suspects.joins_with_postgres.submit()
        job = await ended(works, reference.id)

        assert job.result == b"7"
        assert [row.name for row in await works.store.steps.load("default", [job.id])] == ["done"]
