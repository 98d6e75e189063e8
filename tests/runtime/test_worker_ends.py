"""How a worker ends: drained, recycled, without its store, without its session; nothing is lost by it."""

from __future__ import annotations

import asyncio
import logging

import pytest

from beltline.core.clock import DAY
from beltline.core.reasons import Reason
from beltline.core.retry import Retry
from beltline.core.states import JobState
from beltline.runtime.children import RECYCLE
from tests.hops import Door
from tests.runtime.bodies import Bodies
from tests.runtime.works import Works
from tests.waiting import eventually_async


async def test_a_stopped_worker_lets_bodies_end(works: Works, bodies: Bodies) -> None:
    worker = works.worker()
    running = asyncio.create_task(worker.run())
    job = await bodies.waits.submit()
    await bodies.began()
    later = await bodies.adds.options(delay="10ms").submit(1, 2)

    worker.stop()
    await asyncio.sleep(0)
    bodies.gate.set()

    assert await running == 0
    assert (await works.job(job.id)).state is JobState.SUCCEEDED
    assert (await works.job(later.id)).runs == 0


@pytest.mark.parametrize("body", ["waits", "sleeps_for_ever"])
async def test_what_does_not_end_in_time_is_given_back_uncharged(
    works: Works, bodies: Bodies, body: str
) -> None:
    worker = works.worker(drain_us=0)
    running = asyncio.create_task(worker.run())
    job = await works.belt.submit(body, {})
    await bodies.began()

    worker.stop()
    assert await running == 0

    found = await works.job(job.id)
    assert (found.state, found.reason) == (JobState.QUEUED, Reason.DRAINED)
    assert (found.attempts_used, found.crashes, found.session) == (0, 0, None)


@pytest.mark.parametrize("body", ["waits", "sleeps_for_ever"])
@pytest.mark.parametrize("is_draining", [False, True])
async def test_a_hurried_worker_has_no_patience_left(
    works: Works, bodies: Bodies, body: str, is_draining: bool
) -> None:
    worker = works.worker(drain_us=DAY)
    running = asyncio.create_task(worker.run())
    job = await works.belt.submit(body, {})
    await bodies.began()
    if is_draining:
        worker.stop()
        await asyncio.sleep(0)

    worker.hurry()
    assert await running == 0

    found = await works.job(job.id)
    assert (found.state, found.reason, found.attempts_used) == (JobState.QUEUED, Reason.DRAINED, 0)


async def test_a_worker_that_ended_holds_nothing_and_has_no_session(works: Works, bodies: Bodies) -> None:
    async with works.working(drain_us=0):
        await bodies.waits.submit_many({} for _ in range(5))
        await bodies.began(5)

    assert await works.sessions() == []
    assert {state.state for state in await works.store.reads.counts("default")} == {JobState.QUEUED}


async def test_a_worker_stopped_before_it_began_ends_at_once(works: Works, bodies: Bodies) -> None:
    await bodies.waits.submit()
    worker = works.worker()
    worker.stop(7)

    assert await worker.run() == 7
    assert bodies.begun == []


async def test_a_worker_whose_threads_are_stuck_is_recycled(works: Works, bodies: Bodies) -> None:
    worker = works.worker(concurrency=2, threads=2, drain_us=10_000)
    running = asyncio.create_task(worker.run())
    job = await bodies.sleeps.submit()
    await bodies.began()

    assert await running == RECYCLE

    found = await works.job(job.id)
    assert (found.state, found.reason) == (JobState.TIMED_OUT, Reason.TIMEOUT)
    assert await works.sessions() == []


async def test_a_worker_whose_coroutines_are_stuck_is_recycled(works: Works, bodies: Bodies) -> None:
    @works.belt.job(timeout="10ms", retry=Retry(max_attempts=1))
    async def ignores() -> None:
        while not bodies.gate.is_set():
            try:
                await bodies.gate.wait()
            except asyncio.CancelledError:
                continue

    worker = works.worker(concurrency=1, drain_us=10_000)
    running = asyncio.create_task(worker.run())
    job = await ignores.submit()

    assert await running == RECYCLE

    assert (await works.job(job.id)).state is JobState.TIMED_OUT
    bodies.gate.set()


async def test_a_worker_that_is_recycled_does_not_wait_for_what_is_stuck(
    works: Works, bodies: Bodies
) -> None:
    worker = works.worker(concurrency=2, threads=2, drain_us=60_000_000)
    running = asyncio.create_task(worker.run())
    await bodies.sleeps.submit()

    async with asyncio.timeout(20):
        assert await running == RECYCLE


async def test_while_the_store_is_away_the_worker_goes_on_trying(
    works: Works, bodies: Bodies, door: Door
) -> None:
    async with works.working():
        job = await bodies.waits.submit()
        await bodies.began()
        door.fail()
        bodies.gate.set()
        knocks = door.knocks

        async def has_tried() -> bool:
            return door.knocks > knocks + 5

        await eventually_async(has_tried)
        door.open()

        assert (await works.in_state(job.id)).state is JobState.SUCCEEDED
        assert await (await bodies.adds.submit(1, 2)).result(timeout=30) == 3


async def test_a_claim_whose_reply_was_lost_costs_nothing(works: Works, bodies: Bodies, door: Door) -> None:
    jobs = await bodies.adds.submit_many({"left": n, "right": n} for n in range(5))
    worker = works.worker()
    await worker._lease.open()
    door.fail(after=True, let_pass=0)
    running = asyncio.create_task(worker._claiming.run())

    async def is_taken() -> bool:
        door.open()
        found = [await works.job(job.id) for job in jobs]
        taken = {job.state for job in found} == {JobState.RUNNING}
        if not taken:
            door.fail(after=True)
        return taken

    await eventually_async(is_taken)

    async def is_done() -> bool:
        return {(await works.job(job.id)).state for job in jobs} == {JobState.SUCCEEDED}

    await eventually_async(is_done)
    running.cancel()
    await asyncio.wait([running])
    found = [await works.job(job.id) for job in jobs]
    assert {(job.runs, job.attempts_used, job.crashes) for job in found} == {(2, 1, 0)}
    worker._pulse.stop()


async def test_a_worker_whose_session_was_ended_drops_its_runs_and_begins_anew(
    works: Works, bodies: Bodies, caplog: pytest.LogCaptureFixture
) -> None:
    async with works.working(concurrency=1):
        job = await bodies.waits.submit()
        await bodies.began()
        [session] = await works.sessions()
        await works.store.sessions.close("default", session.id, works.store.now())

        await bodies.began(2)
        bodies.gate.set()
        found = await works.in_state(job.id)

    assert (found.state, found.runs, found.crashes) == (JobState.SUCCEEDED, 2, 1)
    sessions = await works.sessions(ended=True)
    assert len(sessions) == 2
    assert "was ended by others" in caplog.text


async def test_a_defect_in_fetching_ends_the_worker_after_a_drain(
    works: Works, bodies: Bodies, door: Door
) -> None:
    worker = works.worker(until_idle=True)
    running = asyncio.create_task(worker.run())
    job = await bodies.waits.submit()
    await bodies.began()
    door.fail(ZeroDivisionError("a defect"))
    worker._fetcher.hinted.set()

    async def is_draining() -> bool:
        return worker._stopping.is_set()

    await eventually_async(is_draining)
    door.open()
    bodies.gate.set()

    with pytest.raises(ZeroDivisionError):
        await running
    assert (await works.job(job.id)).state is JobState.SUCCEEDED
    assert await works.sessions() == []


async def test_outcomes_that_cannot_be_written_at_the_end_are_told(
    works: Works, bodies: Bodies, door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    worker = works.worker(drain_us=50_000)
    running = asyncio.create_task(worker.run())
    job = await bodies.waits.submit()
    await bodies.began()
    door.fail()
    bodies.gate.set()
    worker.stop()

    with caplog.at_level(logging.WARNING, "beltline"):
        assert await running == 0

    assert "1 outcomes were not written: their jobs will be rescued and run again" in caplog.text
    door.open()
    assert (await works.job(job.id)).state is JobState.RUNNING
    assert await works.until_idle() == 0
    assert (await works.job(job.id)).state is JobState.SUCCEEDED
