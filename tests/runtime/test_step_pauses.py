"""A pause or a cancel that is noted while a body runs ends its run at the next step."""

from __future__ import annotations

import asyncio

import pytest

from beltline.core.job import Job
from beltline.core.reasons import Reason
from beltline.core.retry import Retry
from beltline.core.states import JobState
from beltline.definitions.context import Context
from beltline.definitions.sync_context import SyncContext
from beltline.engine import control
from tests.runtime.bodies import Bodies
from tests.runtime.works import Works
from tests.waiting import eventually_async

BOTH = pytest.mark.parametrize("threaded", [False, True], ids=["loop", "thread"])


@BOTH
async def test_a_pause_ends_a_run_at_its_next_step(works: Works, bodies: Bodies, threaded: bool) -> None:
    steps: list[str] = []

    @works.belt.job
    async def in_loop(ctx: Context) -> str:
        await ctx.step("one", steps.append, "one")
        bodies.begun.append(ctx.job_id)
        await bodies.gate.wait()
        await ctx.step("two", steps.append, "two")
        return "done"

    @works.belt.job
    def in_thread(ctx: SyncContext) -> str:
        ctx.step("one", steps.append, "one")
        bodies.begun.append(ctx.job_id)
        bodies.thread_gate.wait(30)
        ctx.step("two", steps.append, "two")
        return "done"

    async with works.working() as worker:
        job = await (in_thread if threaded else in_loop).submit()
        await bodies.began()
        await control.pause(works.store, works.namespace, job.id, actor="test")

        async def noticed() -> bool:
            return all(run.pausing for run in worker._runner.runs.values())

        await eventually_async(noticed)
        bodies.gate.set()
        bodies.thread_gate.set()
        paused = await works.in_state(job.id, JobState.PAUSED)
        assert (paused.reason, paused.attempts_used, steps) == (Reason.PAUSE_REQUESTED, 0, ["one"])

        await control.resume(works.store, works.namespace, job.id, actor="test")
        done = await works.in_state(job.id)

    assert (done.state, done.attempts_used, steps) == (JobState.SUCCEEDED, 1, ["one", "two"])


async def test_a_pause_that_was_taken_back_lets_the_body_go_on(works: Works, bodies: Bodies) -> None:
    @works.belt.job
    async def two_steps(ctx: Context) -> int:
        bodies.begun.append(ctx.job_id)
        await bodies.gate.wait()
        return await ctx.step("two", lambda: ctx.run)

    async with works.working() as worker:
        job = await two_steps.submit()
        await bodies.began()

        async def is_pausing() -> bool:
            return any(run.pausing for run in worker._runner.runs.values())

        async def is_not_pausing() -> bool:
            return not await is_pausing()

        await control.pause(works.store, works.namespace, job.id, actor="test")
        await eventually_async(is_pausing)
        await control.resume(works.store, works.namespace, job.id, actor="test")
        await eventually_async(is_not_pausing)
        bodies.gate.set()

        assert (await works.in_state(job.id)).result == b"1"


async def test_a_cancel_ends_a_thread_at_its_next_step(works: Works, bodies: Bodies) -> None:
    cleaned: list[str] = []

    @works.belt.job
    def in_thread(ctx: SyncContext) -> None:
        try:
            for number in range(1_000_000):
                ctx.step(f"row-{number}", bodies.begun.append, str(number))
        except asyncio.CancelledError:
            ctx.step("clean up", cleaned.append, "done")
            raise

    async with works.working():
        job = await in_thread.submit()
        await bodies.began(2)
        await control.cancel(works.store, works.namespace, job.id, actor="test")
        ended: Job = await works.in_state(job.id)

    assert (ended.state, cleaned) == (JobState.CANCELLED, ["done"])


async def test_a_pause_met_in_a_group_of_tasks_is_no_failure(works: Works, bodies: Bodies) -> None:
    @works.belt.job(retry=Retry(max_attempts=1))
    async def groups(ctx: Context) -> int:
        bodies.begun.append(ctx.job_id)
        await bodies.gate.wait()
        async with asyncio.TaskGroup() as tasks:
            found = [tasks.create_task(ctx.step(f"len-{n}", len, "x" * n)) for n in range(3)]
        return sum(task.result() for task in found)

    async with works.working() as worker:
        job = await groups.submit()
        await bodies.began()
        await control.pause(works.store, works.namespace, job.id, actor="test")

        async def noticed() -> bool:
            return all(run.pausing for run in worker._runner.runs.values())

        await eventually_async(noticed)
        bodies.gate.set()
        paused = await works.in_state(job.id, JobState.PAUSED)
        await control.resume(works.store, works.namespace, job.id, actor="test")
        done = await works.in_state(job.id)

    assert (paused.attempts_used, done.result) == (0, b"3")
