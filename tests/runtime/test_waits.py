"""Waits without a slot, keys that are used once, and positions, in bodies of both kinds."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Iterator

import pytest

from beltline.core.durations import moment_text
from beltline.core.failure import read_failure
from beltline.core.reasons import Reason
from beltline.core.retry import Retry
from beltline.core.states import JobState
from beltline.definitions.context import Context
from beltline.definitions.sync_context import SyncContext
from beltline.engine import control
from tests.runtime.bodies import AT_ONCE, Bodies
from tests.runtime.works import Works
from tests.waiting import eventually_async

BOTH = pytest.mark.parametrize("threaded", [False, True], ids=["loop", "thread"])
ONE_ATTEMPT = Retry(max_attempts=1)


async def positions_of(works: Works, job_id: str) -> dict[str, object]:
    rows = await works.store.steps.load(works.namespace, [job_id])
    return {row.name: json.loads(row.value) for row in rows}


@BOTH
async def test_a_sleep_ends_the_run_uncharged_and_is_passed_through_later(
    works: Works, threaded: bool
) -> None:
    runs: list[int] = []

    @works.belt.job(retry=ONE_ATTEMPT)
    async def in_loop(ctx: Context) -> str:
        runs.append(ctx.run)
        await ctx.sleep("50ms")
        await ctx.wait_until(moment_text(works.store.now() + 50_000), name="a moment")
        return "awake"

    @works.belt.job(retry=ONE_ATTEMPT)
    def in_thread(ctx: SyncContext) -> str:
        runs.append(ctx.run)
        ctx.sleep("50ms")
        ctx.wait_until(moment_text(works.store.now() + 50_000), name="a moment")
        return "awake"

    async with works.working():
        job = await (in_thread if threaded else in_loop).submit()
        done = await works.in_state(job.id)

    outcomes = [attempt.outcome for attempt in await works.store.reads.attempts(works.namespace, job.id)]
    assert (done.result, done.attempts_used, runs) == (b'"awake"', 1, [1, 2, 3])
    assert outcomes == [Reason.SNOOZED, Reason.SNOOZED, Reason.RETURNED]
    assert set(await positions_of(works, job.id)) == {"wait-1", "a moment"}


async def test_a_sleeping_job_holds_no_slot(works: Works, bodies: Bodies) -> None:
    @works.belt.job
    async def sleeps_long(ctx: Context) -> None:
        await ctx.sleep("1h")

    async with works.working(concurrency=1) as worker:
        job = await sleeps_long.submit()
        asleep = await works.in_state(job.id, JobState.SCHEDULED)
        assert await (await bodies.adds.submit(1, 2)).result(timeout=30) == 3
        assert worker._runner.free == 1

    assert (asleep.reason, asleep.attempts_used) == (Reason.SNOOZED, 0)
    assert (asleep.run_at or 0) - works.store.now() > 3_500_000_000


async def test_a_wake_up_is_the_same_however_often_the_job_runs(works: Works) -> None:
    @works.belt.job
    async def sleeps_long(ctx: Context) -> None:
        await ctx.sleep("1h")

    async with works.working():
        job = await sleeps_long.submit()
        first = await works.in_state(job.id, JobState.SCHEDULED)
        await control.retry(works.store, works.namespace, job.id, actor="test")

        async def slept_again() -> bool:
            found = await works.job(job.id)
            return found.runs == 2 and found.state is JobState.SCHEDULED

        await eventually_async(slept_again)
        second = await works.job(job.id)

    assert abs((second.run_at or 0) - (first.run_at or 0)) < 1_000_000


async def test_a_moment_that_has_come_is_not_waited_for(works: Works) -> None:
    @works.belt.job
    async def waits_for_the_past(ctx: Context) -> int:
        await ctx.wait_until("2020-01-01T00:00:00+00:00")
        await ctx.sleep(0)
        return ctx.run

    job = await waits_for_the_past.submit()
    await works.until_idle()

    assert (await works.job(job.id)).result == b"1"


async def test_a_sleep_passes_through_what_catches_errors(works: Works) -> None:
    @works.belt.job
    async def careful(ctx: Context) -> str:
        try:
            await ctx.sleep("20ms")
        except Exception:  # noqa: BLE001 - as bodies do
            return "swallowed"
        return "slept"

    async with works.working():
        job = await careful.submit()
        assert (await works.in_state(job.id)).result == b'"slept"'


@BOTH
async def test_a_key_is_new_once(works: Works, threaded: bool) -> None:
    answers: list[bool] = []

    @works.belt.job(retry=AT_ONCE, name="mails")
    async def in_loop(ctx: Context) -> None:
        answers.append(await ctx.once("mail-7", {"to": "a"}))
        answers.append(await ctx.once(f"mail-{ctx.run}-b"))
        if ctx.run == 1:
            raise LookupError("again")

    @works.belt.job(retry=AT_ONCE)
    def in_thread(ctx: SyncContext) -> None:
        answers.append(ctx.once("mail-7", {"to": "a"}))
        answers.append(ctx.once(f"mail-{ctx.run}-b"))
        if ctx.run == 1:
            raise LookupError("again")

    await (in_thread if threaded else in_loop).submit()
    await works.until_idle()

    assert answers == [True, True, False, True]


@BOTH
async def test_other_content_under_a_key_is_an_error(works: Works, threaded: bool) -> None:
    @works.belt.job(retry=ONE_ATTEMPT)
    async def in_loop(ctx: Context) -> None:
        await ctx.once("mail-7", {"to": "a"})
        await ctx.once("mail-7", {"to": "b"})

    @works.belt.job(retry=ONE_ATTEMPT)
    def in_thread(ctx: SyncContext) -> None:
        ctx.once("mail-7", {"to": "a"})
        ctx.once("mail-7", {"to": "b"})

    job = await (in_thread if threaded else in_loop).submit()
    await works.until_idle()

    error = read_failure((await works.job(job.id)).error)
    assert error is not None
    assert "the once-key 'mail-7' was used before with other content" in error["message"]


@BOTH
async def test_a_checkpoint_is_there_in_the_next_run(works: Works, threaded: bool) -> None:
    seen: list[object] = []

    @works.belt.job(retry=AT_ONCE)
    async def in_loop(ctx: Context) -> None:
        seen.append(await ctx.checkpointed("page"))
        await ctx.checkpoint("page", {"id": ctx.run})
        seen.append(await ctx.checkpointed("page"))
        if ctx.run == 1:
            raise LookupError("again")

    @works.belt.job(retry=AT_ONCE)
    def in_thread(ctx: SyncContext) -> None:
        seen.append(ctx.checkpointed("page"))
        ctx.checkpoint("page", {"id": ctx.run})
        seen.append(ctx.checkpointed("page"))
        if ctx.run == 1:
            raise LookupError("again")

    await (in_thread if threaded else in_loop).submit()
    await works.until_idle()

    assert seen == [None, {"id": 1}, {"id": 1}, {"id": 2}]


def numbers(after: int | None) -> Iterator[int]:
    yield from range((after or 0) + 1, 11)


async def numbers_later(after: int | None) -> AsyncIterator[int]:
    for number in numbers(after):
        await asyncio.sleep(0)
        yield number


@BOTH
@pytest.mark.parametrize("every", [0, "1h"], ids=["kept at each row", "kept at the end of the run"])
async def test_a_cursor_goes_on_where_the_last_run_failed(
    works: Works, threaded: bool, every: float | str
) -> None:
    rows: list[int] = []

    @works.belt.job(retry=AT_ONCE)
    async def in_loop(ctx: Context) -> None:
        async for row in ctx.cursor("rows", numbers_later, key=lambda row: row, every=every):
            if ctx.run == 1 and row == 6:
                raise LookupError("six")
            rows.append(row)

    @works.belt.job(retry=AT_ONCE)
    def in_thread(ctx: SyncContext) -> None:
        for row in ctx.cursor("rows", numbers, key=lambda row: row, every=every):
            if ctx.run == 1 and row == 6:
                raise LookupError("six")
            rows.append(row)

    job = await (in_thread if threaded else in_loop).submit()
    await works.until_idle()

    assert rows == list(range(1, 11))
    assert await positions_of(works, job.id) == {"rows": 10}


@BOTH
async def test_a_drain_keeps_the_position(works: Works, bodies: Bodies, threaded: bool) -> None:
    rows: list[int] = []
    go_on = threading.Event()

    @works.belt.job
    async def in_loop(ctx: Context) -> None:
        async for row in ctx.cursor("rows", numbers_later, key=lambda row: row, every="1h"):
            rows.append(row)
            if row == 4 and ctx.run == 1:
                bodies.begun.append(ctx.job_id)
                await bodies.gate.wait()

    @works.belt.job
    def in_thread(ctx: SyncContext) -> None:
        for row in ctx.cursor("rows", numbers, key=lambda row: row, every="1h"):
            rows.append(row)
            if row == 4 and ctx.run == 1:
                bodies.begun.append(ctx.job_id)
                while not ctx._port.is_cancelled():
                    go_on.wait(0.005)

    job = await (in_thread if threaded else in_loop).submit()
    async with works.working(drain_us=0, grace_us=5_000_000):
        await bodies.began()
    released = await works.job(job.id)
    kept = await positions_of(works, job.id)
    await works.until_idle()

    # The row in hand is done in a thread, which is asked between two rows; on the loop it is not.
    done = 4 if threaded else 3
    assert (released.reason, kept) == (Reason.DRAINED, {"rows": done})
    assert rows == [*range(1, 5), *range(done + 1, 11)]


async def test_a_pause_ends_a_cursor_between_two_rows(works: Works, bodies: Bodies) -> None:
    rows: list[int] = []

    @works.belt.job
    async def walks(ctx: Context) -> None:
        async for row in ctx.cursor("rows", numbers_later, key=lambda row: row, every="1h"):
            rows.append(row)
            if row == 4:
                bodies.begun.append(ctx.job_id)
                await bodies.gate.wait()

    async with works.working() as worker:
        job = await walks.submit()
        await bodies.began()
        await control.pause(works.store, works.namespace, job.id, actor="test")

        async def is_pausing() -> bool:
            return any(run.pausing for run in worker._runner.runs.values())

        await eventually_async(is_pausing)
        bodies.gate.set()
        await works.in_state(job.id, JobState.PAUSED)
        assert (rows, await positions_of(works, job.id)) == ([1, 2, 3, 4], {"rows": 4})

        await control.resume(works.store, works.namespace, job.id, actor="test")
        await works.in_state(job.id)

    assert rows == list(range(1, 11))


async def test_a_cursor_over_a_plain_list_is_fine(works: Works) -> None:
    @works.belt.job
    async def sums(ctx: Context) -> int:
        return sum([row async for row in ctx.cursor("rows", lambda _: [1, 2, 3], key=str)])

    job = await sums.submit()
    await works.until_idle()

    assert (await works.job(job.id)).result == b"6"


async def test_a_cursor_name_stands_for_one_loop_of_a_run(works: Works) -> None:
    @works.belt.job(retry=ONE_ATTEMPT)
    def twice(ctx: SyncContext) -> None:
        for _ in range(2):
            list(ctx.cursor("rows", numbers, key=str))

    job = await twice.submit()
    await works.until_idle()

    assert (await works.job(job.id)).state is JobState.FAILED


async def test_a_position_that_is_no_json_is_refused(works: Works) -> None:
    @works.belt.job(retry=ONE_ATTEMPT)
    def bad(ctx: SyncContext) -> None:
        ctx.checkpoint("rows", object())

    job = await bad.submit()
    await works.until_idle()

    error = read_failure((await works.job(job.id)).error)
    assert error is not None
    assert "the position of 'rows' is no JSON" in error["message"]
