"""Time-outs, deadlines, cancels, drains: what bodies do when they are asked to stop."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest

from beltline.core.outcome import Ending, Outcome
from beltline.core.reasons import Reason
from beltline.definitions.context import Context
from beltline.runtime.run import Cause
from tests.runtime.stage import Stage, error_of
from tests.waiting import eventually_async

TEN_MS = 10_000
HOUR = 3_600_000_000


class Stubborn:
    """An asynchronous body that goes on until it is let go, however often it is asked to stop."""

    def __init__(self) -> None:
        self.asked = 0
        self.begun = asyncio.Event()
        self.let_go = asyncio.Event()

    async def body(self) -> str:
        self.begun.set()
        while not self.let_go.is_set():
            try:
                await self.let_go.wait()
            except asyncio.CancelledError:
                self.asked += 1
        return "done all the same"


async def waits() -> None:
    await asyncio.Event().wait()


async def begun(run_begun: asyncio.Event) -> None:
    await asyncio.wait_for(run_begun.wait(), 5)


async def turns(number: int = 5) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


async def gave_up(stage: Stage) -> bool:
    return bool(stage.settled)


async def test_a_body_that_takes_too_long_times_out(stage: Stage) -> None:
    outcome = await stage.run(waits, timeout_us=TEN_MS)

    assert (outcome.ending, outcome.reason) == (Ending.TIMED_OUT, None)
    assert error_of(outcome)["message"] == "the body ran longer than its time-out of 0.01 s"


async def test_a_body_that_is_quick_enough_does_not(stage: Stage) -> None:
    async def quick() -> int:
        return 1

    assert await stage.run(quick, timeout_us=HOUR, deadline_at=stage.clock.now() + HOUR) == Outcome(
        Ending.SUCCEEDED, b"1"
    )


async def test_a_deadline_ends_a_run(stage: Stage) -> None:
    outcome = await stage.run(waits, deadline_at=stage.clock.now() + TEN_MS)

    assert (outcome.ending, outcome.reason) == (Ending.TIMED_OUT, Reason.DEADLINE_PASSED)
    assert error_of(outcome)["message"] == "the job's deadline passed while it ran"


async def test_a_deadline_that_has_passed_ends_a_run_at_once(stage: Stage) -> None:
    outcome = await stage.run(waits, deadline_at=1)

    assert outcome.reason is Reason.DEADLINE_PASSED


@pytest.mark.parametrize(
    ("timeout_us", "deadline_in", "reason"),
    [(TEN_MS, HOUR, None), (HOUR, TEN_MS, Reason.DEADLINE_PASSED)],
    ids=["time-out", "deadline"],
)
async def test_of_two_limits_the_first_ends_a_run(
    stage: Stage, timeout_us: int, deadline_in: int, reason: Reason | None
) -> None:
    outcome = await stage.run(waits, timeout_us=timeout_us, deadline_at=stage.clock.now() + deadline_in)

    assert (outcome.ending, outcome.reason) == (Ending.TIMED_OUT, reason)


async def test_an_error_on_being_stopped_is_a_time_out_all_the_same(stage: Stage) -> None:
    async def body() -> None:
        try:
            await waits()
        except asyncio.CancelledError:
            raise OSError("connection lost") from None

    assert (await stage.run(body, timeout_us=TEN_MS)).ending is Ending.TIMED_OUT


async def test_a_result_in_spite_of_being_stopped_is_a_result(stage: Stage) -> None:
    async def body() -> int:
        with suppress(asyncio.CancelledError):
            await waits()
        return 1

    assert await stage.run(body, timeout_us=TEN_MS) == Outcome(Ending.SUCCEEDED, b"1")


async def test_a_cancelled_body_is_cancelled_by_request(stage: Stage) -> None:
    run = stage.start(waits)
    await turns()

    run.interrupt(Cause.CANCEL)
    await stage.end(run)

    assert stage.outcome(run) == Outcome(Ending.CANCELLED, reason=Reason.CANCEL_REQUESTED)


async def test_an_error_on_being_cancelled_is_kept_with_the_cancel(stage: Stage) -> None:
    async def body() -> None:
        try:
            await waits()
        finally:
            raise OSError("connection lost")

    run = stage.start(body)
    await turns()
    run.interrupt(Cause.CANCEL)
    await stage.end(run)

    outcome = stage.outcome(run)
    assert (outcome.ending, outcome.reason) == (Ending.CANCELLED, Reason.CANCEL_REQUESTED)
    assert error_of(outcome)["message"] == "connection lost"


async def test_a_drained_body_is_released(stage: Stage) -> None:
    run = stage.start(waits)
    await turns()

    stage.runner.interrupt_all(Cause.DRAIN)
    await stage.end(run)

    assert stage.outcome(run) == Outcome(Ending.RELEASED, reason=Reason.DRAINED)


async def test_an_error_on_being_drained_is_no_failure(stage: Stage) -> None:
    async def body() -> None:
        try:
            await waits()
        finally:
            raise OSError("connection lost")

    run = stage.start(body)
    await turns()
    run.interrupt(Cause.DRAIN)
    await stage.end(run)

    assert stage.outcome(run) == Outcome(Ending.RELEASED, reason=Reason.DRAINED)


@pytest.mark.parametrize("first", [None, Cause.CANCEL, Cause.TIMEOUT])
async def test_what_is_lost_is_not_settled(stage: Stage, first: Cause | None) -> None:
    stubborn = Stubborn()
    run = stage.start(stubborn.body)
    await begun(stubborn.begun)
    if first:
        run.interrupt(first)

    run.interrupt(Cause.LOST)
    stubborn.let_go.set()
    await stage.end(run)

    assert stage.settled == []
    assert stage.runner.runs == {}


async def test_a_body_that_cancels_itself_has_failed_and_may_try_again(stage: Stage) -> None:
    async def body() -> None:
        raise asyncio.CancelledError

    outcome = await stage.run(body)

    assert (outcome.ending, outcome.reason) == (Ending.FAILED, None)


async def test_a_run_that_is_stopped_before_its_first_step_is_settled(stage: Stage) -> None:
    run = stage.start(waits)

    run.interrupt(Cause.CANCEL)
    await stage.end(run)

    assert stage.outcome(run).ending is Ending.CANCELLED
    assert stage.runner.runs == {}


async def test_cleaning_up_is_not_interrupted_again(stage: Stage) -> None:
    cleaned = asyncio.Event()
    asked = asyncio.Event()

    async def body() -> None:
        try:
            await waits()
        finally:
            asked.set()
            await turns(20)
            cleaned.set()

    run = stage.start(body)
    await turns()
    run.interrupt(Cause.CANCEL)
    await begun(asked)
    for cause in (Cause.CANCEL, Cause.TIMEOUT, Cause.DRAIN):
        run.interrupt(cause)
        await turns(1)
    await stage.end(run)

    assert cleaned.is_set()
    assert stage.outcome(run).ending is Ending.CANCELLED


async def test_a_body_that_ignores_its_time_out_is_given_up_and_keeps_its_slot(stage: Stage) -> None:
    stubborn = Stubborn()
    run = stage.start(stubborn.body, timeout_us=TEN_MS)

    await eventually_async(lambda: gave_up(stage))

    assert stage.outcome(run).ending is Ending.TIMED_OUT
    assert (stage.runner.stuck, stage.runner.free, stubborn.asked) == (1, 3, 1)
    stubborn.let_go.set()
    await stage.end(run)
    assert (stage.runner.stuck, stage.runner.free) == (0, 4)
    assert len(stage.settled) == 1


async def test_a_later_run_of_a_job_that_is_stuck_here_is_another_run(stage: Stage) -> None:
    stubborn = Stubborn()
    old = stage.start(stubborn.body, timeout_us=TEN_MS, id="job-a", fence=1)
    await eventually_async(lambda: gave_up(stage))

    new = stage.start(waits, id="job-a", fence=2)
    await turns()
    stubborn.let_go.set()
    await stage.end(old)
    assert stage.runner.runs == {("job-a", 2): new}
    new.interrupt(Cause.CANCEL)
    await stage.end(new)

    assert stage.outcome(new).ending is Ending.CANCELLED
    assert stage.runner.free == 4


async def test_bodies_that_outlast_the_drain_are_given_back(stage: Stage) -> None:
    stubborn = Stubborn()
    run = stage.start(stubborn.body)
    await begun(stubborn.begun)
    stage.runner.interrupt_all(Cause.DRAIN)
    await turns()

    stage.runner.abandon_all()

    assert stage.outcome(run) == Outcome(Ending.RELEASED, reason=Reason.DRAINED)
    stubborn.let_go.set()
    await stage.end(run)
    assert len(stage.settled) == 1


@pytest.mark.parametrize(("cause", "seen"), [(None, b"false"), (Cause.CANCEL, b"true")], ids=["no", "yes"])
async def test_a_body_can_ask_whether_it_is_to_stop(stage: Stage, cause: Cause | None, seen: bytes) -> None:
    gate = asyncio.Event()

    async def body(ctx: Context) -> bool:
        with suppress(asyncio.CancelledError):
            await gate.wait()
        return ctx.cancelled

    run = stage.start(body)
    await turns()
    if cause:
        run.interrupt(cause)
    gate.set()
    await stage.end(run)

    assert stage.outcome(run).result == seen
