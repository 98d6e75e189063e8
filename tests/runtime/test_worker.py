"""A whole worker on a store in memory: jobs in, ends out."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator

import pytest

from beltline.core.errors import JobFailed
from beltline.core.outcome import Snooze
from beltline.core.reasons import Reason
from beltline.core.retry import Retry
from beltline.core.states import JobState
from beltline.definitions.context import Context
from beltline.definitions.payload import ResultType
from beltline.engine.submit import DEFAULTS
from beltline.engine.template import Template
from beltline.runtime.watchdog import RECYCLE
from tests.hops import Door
from tests.runtime.works import Works
from tests.waiting import eventually_async

AT_ONCE = Retry(max_attempts=3, backoff="fixed", base=0)


class Bodies:
    """Bodies that wait until the test lets them go."""

    def __init__(self, works: Works) -> None:
        self.gate = asyncio.Event()
        self.thread_gate = threading.Event()
        self.begun: list[str] = []
        self.most = 0
        self._running = 0

        @works.belt.job
        async def waits(ctx: Context) -> str:
            self._running += 1
            self.most = max(self.most, self._running)
            self.begun.append(ctx.job_id)
            try:
                await self.gate.wait()
            finally:
                self._running -= 1
            return "done"

        @works.belt.job(timeout="20ms", retry=Retry(max_attempts=1))
        def sleeps(ctx: Context) -> str:
            self.begun.append(ctx.job_id)
            self.thread_gate.wait(30)
            return "done"

        @works.belt.job
        def sleeps_for_ever(ctx: Context) -> str:
            self.begun.append(ctx.job_id)
            self.thread_gate.wait(30)
            return "done"

        @works.belt.job
        async def adds(left: int, right: int) -> int:
            return left + right

        @works.belt.job(retry=AT_ONCE)
        async def fails_twice(ctx: Context) -> int:
            if ctx.attempt < 3:
                raise LookupError(f"no paper at attempt {ctx.attempt}")
            return ctx.attempt

        self.waits = waits
        self.sleeps = sleeps
        self.sleeps_for_ever = sleeps_for_ever
        self.adds = adds
        self.fails_twice = fails_twice

    async def began(self, number: int = 1) -> None:
        async def enough() -> bool:
            return len(self.begun) >= number

        await eventually_async(enough)


@pytest.fixture
def bodies(works: Works) -> Iterator[Bodies]:
    made = Bodies(works)
    yield made
    made.gate.set()
    made.thread_gate.set()


async def test_a_job_runs_to_its_result(works: Works, bodies: Bodies) -> None:
    async with works.working():
        job = await bodies.adds.submit(1, 2)

        assert await job.result(timeout=30) == 3


async def test_a_job_that_failed_is_tried_again_and_every_attempt_is_kept(
    works: Works, bodies: Bodies
) -> None:
    async with works.working():
        job = await bodies.fails_twice.submit()
        assert await job.result(timeout=30) == 3

    attempts = await works.store.reads.attempts("default", job.id)
    assert [(attempt.run, attempt.outcome) for attempt in attempts] == [
        (1, "backoff"),
        (2, "backoff"),
        (3, "returned"),
    ]
    assert b"no paper at attempt 2" in (attempts[1].error or b"")
    assert {attempt.session for attempt in attempts} == {attempts[0].session}


async def test_a_job_out_of_attempts_is_a_dead_letter(works: Works) -> None:
    @works.belt.job(retry=Retry(max_attempts=2, backoff="fixed", base=0))
    async def fails() -> None:
        raise LookupError("no paper")

    async with works.working():
        job = await fails.submit()
        with pytest.raises(JobFailed, match="LookupError: no paper"):
            await job.result(timeout=30)

    dead = await works.job(job.id)
    assert (dead.state, dead.reason, dead.attempts_used) == (JobState.FAILED, Reason.ATTEMPTS_EXHAUSTED, 2)


async def test_a_backoff_that_raises_loses_no_job(works: Works) -> None:
    def backoff(_: int) -> float:
        raise ZeroDivisionError

    @works.belt.job(retry=Retry(max_attempts=2, backoff=backoff, base="1ms"))
    async def fails() -> None:
        raise LookupError

    async with works.working():
        job = await fails.submit()

        assert (await works.in_state(job.id)).attempts_used == 2


async def test_a_snoozed_job_runs_again_uncharged(works: Works) -> None:
    @works.belt.job
    async def snoozes(ctx: Context) -> list[int]:
        if ctx.run < 3:
            raise Snooze("1ms")
        return [ctx.run, ctx.attempt]

    async with works.working():
        assert await (await snoozes.submit()).result(timeout=30) == [3, 1]


async def test_a_body_submits_further_jobs_and_awaits_them(works: Works, bodies: Bodies) -> None:
    @works.belt.job
    async def parent() -> int:
        child = await bodies.adds.submit(1, 2)
        return await child.result(timeout=30)

    async with works.working():
        assert await (await parent.submit()).result(timeout=30) == 3


async def test_a_body_in_a_thread_submits_further_jobs(works: Works, bodies: Bodies) -> None:
    @works.belt.job
    def parent() -> str:
        return bodies.adds.submit_sync(1, 2).id

    async with works.working():
        child = await (await parent.submit()).result(timeout=30)
        assert (await works.in_state(child)).result == b"3"


async def test_reports_are_there_while_the_body_runs(works: Works, bodies: Bodies) -> None:
    @works.belt.job
    async def talks(ctx: Context) -> None:
        ctx.log.info("half way", row=3)
        ctx.progress(0.5, "row 3")
        await bodies.gate.wait()

    async with works.working():
        job = await talks.submit()

        async def arrived() -> bool:
            found = await works.job(job.id)
            return (found.state, found.progress, found.progress_note) == (JobState.RUNNING, 0.5, "row 3")

        await eventually_async(arrived)
        [line] = await works.store.logs.read("default", job.id)
        assert (line.level, line.message, line.fields, line.run) == ("info", "half way", '{"row":3}', 1)
        bodies.gate.set()


async def test_the_last_words_of_a_body_are_kept(works: Works) -> None:
    @works.belt.job
    async def talks(ctx: Context) -> None:
        ctx.log.info("the end")

    job = await talks.submit()
    await works.until_idle()

    assert [line.message for line in await works.store.logs.read("default", job.id)] == ["the end"]


async def test_a_running_body_is_cancelled_on_request(works: Works, bodies: Bodies) -> None:
    async with works.working():
        job = await bodies.waits.submit()
        await bodies.began()

        await job.cancel(why="wrong file")

        found = await works.in_state(job.id)
        assert (found.state, found.reason) == (JobState.CANCELLED, Reason.CANCEL_REQUESTED)


async def test_a_body_that_takes_too_long_times_out(works: Works) -> None:
    @works.belt.job(timeout="10ms", retry=Retry(max_attempts=2, backoff="fixed", base=0))
    async def waits() -> None:
        await asyncio.Event().wait()

    async with works.working():
        job = await waits.submit()
        found = await works.in_state(job.id)

    assert (found.state, found.reason, found.runs) == (JobState.TIMED_OUT, Reason.TIMEOUT, 2)


async def test_a_deadline_ends_a_running_body(works: Works, bodies: Bodies) -> None:
    async with works.working():
        job = await bodies.waits.options(deadline="200ms").submit()
        found = await works.in_state(job.id)

    assert (found.state, found.reason) == (JobState.TIMED_OUT, Reason.DEADLINE_PASSED)


async def test_a_job_that_did_not_start_in_time_is_cancelled(works: Works, bodies: Bodies) -> None:
    async with works.working(concurrency=1):
        await bodies.waits.submit()
        await bodies.began()
        job = await bodies.adds.options(expires="10ms").submit(1, 2)
        found = await works.in_state(job.id)
        bodies.gate.set()

    assert (found.state, found.reason, found.runs) == (JobState.CANCELLED, Reason.EXPIRED, 0)


async def test_no_more_run_at_once_than_there_are_slots(works: Works, bodies: Bodies) -> None:
    await bodies.waits.submit_many({} for _ in range(10))
    async with works.working(concurrency=3):
        await bodies.began(3)
        bodies.gate.set()
        await bodies.began(10)

    assert bodies.most == 3


async def test_a_worker_of_some_queues_leaves_the_others(works: Works, bodies: Bodies) -> None:
    mine = await bodies.adds.options(queue="mine").submit(1, 2)
    other = await bodies.adds.submit(1, 2)

    assert await works.until_idle(queues=("mine",)) == 0

    assert (await works.job(mine.id)).state is JobState.SUCCEEDED
    assert (await works.job(other.id)).state is JobState.QUEUED


async def test_a_job_that_nobody_here_can_run_is_given_back_uncharged(works: Works, bodies: Bodies) -> None:
    template = Template(name="unknown", version="1", queue="default")
    job = await works.belt._port.submit(template, b"{}", DEFAULTS, ResultType.any_json())
    async with works.working():
        found = await works.in_state(job.id, JobState.SCHEDULED)

    assert (found.reason, found.attempts_used, found.crashes) == (Reason.NO_HANDLER, 0, 0)


async def test_until_idle_ends_when_nothing_due_is_left(works: Works, bodies: Bodies) -> None:
    jobs = await bodies.adds.submit_many({"left": n, "right": n} for n in range(50))
    later = await bodies.adds.options(delay="1h").submit(1, 2)

    assert await works.until_idle() == 0

    assert {(await works.job(job.id)).state for job in jobs} == {JobState.SUCCEEDED}
    assert (await works.job(later.id)).state is JobState.SCHEDULED


async def test_until_idle_waits_for_what_others_run(works: Works, bodies: Bodies) -> None:
    async with works.working():
        await bodies.waits.submit()
        await bodies.began()
        idle = asyncio.create_task(works.until_idle())

        async def has_joined() -> bool:
            return len(await works.sessions()) == 2

        await eventually_async(has_joined)
        assert not idle.done()
        bodies.gate.set()

        assert await idle == 0


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
    running = asyncio.create_task(worker._fetch_on())

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


async def test_two_workers_share_the_work(works: Works, bodies: Bodies) -> None:
    async with works.working(concurrency=2), works.working(concurrency=2):
        jobs = await bodies.waits.submit_many({} for _ in range(4))
        await bodies.began(4)
        sessions = {(await works.job(job.id)).session for job in jobs}
        bodies.gate.set()

    assert len(sessions) == 2


async def test_a_program_may_still_submit_while_its_worker_drains(works: Works, bodies: Bodies) -> None:
    async with works.working():
        pass

    assert (await (await bodies.adds.submit(1, 2)).job()).state is JobState.QUEUED


async def test_a_body_that_opens_and_closes_its_beltline_closes_nothing(works: Works, bodies: Bodies) -> None:
    @works.belt.job
    async def careful() -> str:
        async with works.belt:
            return (await bodies.adds.submit(1, 2)).id

    async with works.working():
        child = await (await careful.submit()).result(timeout=30)
        assert (await works.in_state(child)).state is JobState.SUCCEEDED
