"""A worker whose bodies run in processes: what becomes of the jobs."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from beltline.core.clock import MICROS
from beltline.core.errors import ConfigError
from beltline.core.failure import read_failure
from beltline.core.reasons import Reason
from beltline.core.states import JobState
from beltline.engine import control
from tests.executors import app
from tests.executors.house import GRACE_US, House
from tests.hops import Door, memory_store
from tests.runtime.works import Works
from tests.waiting import eventually_async


@pytest.fixture
async def works(door: Door) -> AsyncIterator[Works]:
    store = await memory_store(door)
    async with House() as house, app.belt.on(store, "default"):
        yield Works(store, belt=app.belt, processes=house.executor)
    await store.close()


async def begun(works: Works, job_id: str) -> None:
    """Wait until a body has told that it runs."""

    async def told() -> bool:
        return bool(await works.store.logs.read("default", job_id))

    await eventually_async(told, what=f"a log line of {job_id}")


async def test_a_job_runs_to_its_result(works: Works) -> None:
    async with works.working():
        job = await app.adds.submit(1, 2)

        assert await job.result(timeout=30) == 3


async def test_logs_and_progress_reach_the_store(works: Works) -> None:
    async with works.working():
        job = await app.tells.submit()
        await job.result(timeout=30)

    [line] = await works.store.logs.read("default", job.id)
    assert (line.level, line.message, line.fields) == ("warning", "half way", '{"row":3}')


async def test_a_body_that_runs_too_long_is_killed_at_its_limit(works: Works) -> None:
    async with works.working():
        reference = await app.ignores.options(timeout=0.3, max_attempts=1).submit()
        job = await works.in_state(reference.id)

    assert (job.state, job.reason, job.crashes) == (JobState.TIMED_OUT, Reason.TIMEOUT, 0)
    assert job.finished_at is not None
    assert job.started_at is not None
    # A busy machine may be late, but never early.
    assert 300_000 + GRACE_US <= job.finished_at - job.started_at < 5 * MICROS


async def test_a_running_job_is_cancelled_whatever_its_body_does(works: Works) -> None:
    async with works.working():
        reference = await app.ignores.submit()
        await begun(works, reference.id)
        await control.cancel(works.store, "default", reference.id, actor="test")
        job = await works.in_state(reference.id)

    assert (job.state, job.reason, job.crashes) == (JobState.CANCELLED, Reason.CANCEL_REQUESTED, 0)


async def test_what_does_not_end_in_time_is_given_back_uncharged(works: Works) -> None:
    async with works.working(drain_us=0, grace_us=2 * GRACE_US):
        reference = await app.ignores.submit()
        await begun(works, reference.id)

    job = await works.job(reference.id)
    assert (job.state, job.reason) == (JobState.QUEUED, Reason.DRAINED)
    assert (job.attempts_used, job.crashes) == (0, 0)


async def test_a_crash_is_charged_and_the_job_runs_again(works: Works) -> None:
    async with works.working():
        reference = await app.dies_once.submit()
        job = await works.in_state(reference.id)

    attempts = await works.store.reads.attempts("default", reference.id)
    assert (job.state, job.crashes, job.attempts_used) == (JobState.SUCCEEDED, 1, 1)
    assert [attempt.outcome for attempt in attempts] == ["process_died", "returned"]


async def test_a_job_that_kills_its_process_each_time_is_a_dead_letter(works: Works) -> None:
    async with works.working():
        reference = await app.dies.options(max_attempts=5).submit(how="SIGSEGV")
        job = await works.in_state(reference.id)

    failure = read_failure(job.error)
    assert (job.state, job.reason, job.crashes) == (JobState.FAILED, Reason.PROCESS_DIED, 3)
    assert failure is not None
    assert "was ended by SIGSEGV" in failure["message"]


async def test_a_job_that_needs_too_much_memory_says_so(works: Works) -> None:
    async with works.working():
        reference = await app.allocates.submit(how="touched", mebibytes=1_024)
        neighbour = await app.adds.submit(1, 2)
        job = await works.in_state(reference.id)

        assert await neighbour.result(timeout=30) == 3
    assert (job.state, job.reason, job.crashes) == (JobState.FAILED, Reason.OUT_OF_MEMORY, 3)


async def test_a_worker_holds_no_more_jobs_than_there_are_processes(works: Works) -> None:
    async with works.working(body_processes=1):
        first = await app.obeys.submit()
        await begun(works, first.id)
        second = await app.adds.submit(1, 2)
        await control.cancel(works.store, "default", first.id, actor="test")

        assert await second.result(timeout=30) == 3
    assert (await works.job(second.id)).runs == 1


async def test_a_worker_without_processes_refuses_what_needs_them(works: Works) -> None:
    with pytest.raises(ConfigError, match="has no processes for bodies"):
        Works(works.store, belt=app.belt).worker()
