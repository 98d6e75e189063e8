"""A whole worker on a store in memory: jobs in, ends out."""

from __future__ import annotations

import asyncio

import pytest

from beltline.core.errors import JobFailed
from beltline.core.outcome import Snooze
from beltline.core.reasons import Reason
from beltline.core.retry import Retry
from beltline.core.states import JobState
from beltline.definitions.context import Context
from beltline.definitions.result import ResultType
from beltline.engine.submit import DEFAULTS
from beltline.engine.template import Template
from tests.runtime.bodies import Bodies
from tests.runtime.works import Works
from tests.waiting import eventually_async


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
    async def talks_and_waits(ctx: Context) -> None:
        ctx.log.info("half way", row=3)
        ctx.progress(0.5, "row 3")
        await bodies.gate.wait()

    async with works.working():
        job = await talks_and_waits.submit()

        async def arrived() -> bool:
            found = await works.job(job.id)
            return (found.state, found.progress, found.progress_note) == (JobState.RUNNING, 0.5, "row 3")

        await eventually_async(arrived)
        [line] = await works.store.logs.read("default", job.id)
        assert (line.level, line.message, line.fields, line.run) == ("info", "half way", '{"row":3}', 1)
        bodies.gate.set()


async def test_the_last_words_of_a_body_are_kept(works: Works) -> None:
    @works.belt.job
    async def says_goodbye(ctx: Context) -> None:
        ctx.log.info("the end")

    job = await says_goodbye.submit()
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
