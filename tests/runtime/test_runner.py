"""What a run's end is called: results, errors, signals, and all that a body may do instead."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from beltline.core.errors import StepRepeated
from beltline.core.outcome import Cancel, Ending, Fail, Outcome, Snooze
from beltline.core.reasons import Reason
from beltline.core.retry import Retry
from beltline.definitions.context import Context
from tests.runtime.stage import Stage, error_of


async def adds(left: int, right: int = 2) -> int:
    return left + right


def subtracts(left: int, right: int = 2) -> int:
    return left - right


async def fails() -> None:
    raise LookupError("no such paper")


def fails_in_a_thread() -> None:
    raise LookupError("no such paper")


SIGNALS = [
    (Snooze("1m"), Outcome(Ending.SNOOZED, delay_us=60_000_000)),
    (Cancel(), Outcome(Ending.CANCELLED, reason=Reason.CANCELLED_BY_HANDLER)),
]


@pytest.mark.parametrize(("body", "result"), [(adds, b"7"), (subtracts, b"3")], ids=["async", "thread"])
async def test_a_result_is_typed_json(stage: Stage, body: Callable[..., Any], result: bytes) -> None:
    assert await stage.run(body, b'{"left":5}') == Outcome(Ending.SUCCEEDED, result)


@pytest.mark.parametrize("body", [fails, fails_in_a_thread], ids=["async", "thread"])
async def test_an_error_is_a_failure_that_tells_what_and_where(
    stage: Stage, body: Callable[..., Any]
) -> None:
    outcome = await stage.run(body)

    assert (outcome.ending, outcome.reason) == (Ending.FAILED, None)
    error = error_of(outcome)
    assert (error["type"], error["message"]) == ("LookupError", "no such paper")
    assert error["where"].endswith(f"in {body.__name__}")
    assert 'raise LookupError("no such paper")' in error["trace"]


async def test_a_step_name_that_is_used_twice_fails_its_job_for_good(stage: Stage) -> None:
    async def repeats() -> None:
        raise StepRepeated("pay")

    outcome = await stage.run(repeats)

    assert (outcome.ending, outcome.reason) == (Ending.FAILED, Reason.NOT_RETRYABLE)
    assert "number them" in error_of(outcome)["message"]


@pytest.mark.parametrize("how", ["returned", "raised"])
@pytest.mark.parametrize("mode", ["async", "thread"])
@pytest.mark.parametrize(("signal", "outcome"), SIGNALS, ids=["snooze", "cancel"])
async def test_a_signal_may_be_returned_or_raised(
    stage: Stage, signal: Exception, outcome: Outcome, mode: str, how: str
) -> None:
    def thread_body() -> object:
        if how == "raised":
            raise signal
        return signal

    async def async_body() -> object:
        return thread_body()

    assert await stage.run(async_body if mode == "async" else thread_body) == outcome


@pytest.mark.parametrize("how", ["returned", "raised"])
async def test_a_body_may_fail_for_good(stage: Stage, how: str) -> None:
    async def body() -> object:
        if how == "raised":
            raise Fail("the file is empty")
        return Fail("the file is empty")

    outcome = await stage.run(body)

    assert (outcome.ending, outcome.reason) == (Ending.FAILED, Reason.FAILED_BY_HANDLER)
    assert error_of(outcome)["message"] == "the file is empty"


async def test_a_cancel_may_say_why(stage: Stage) -> None:
    async def body() -> object:
        return Cancel("sold out")

    assert error_of(await stage.run(body))["message"] == "sold out"


@pytest.mark.parametrize("payload", [b'{"left":"five"}', b"{}", b'{"left":1,"more":2}', b"[1]", b"{"])
async def test_a_payload_that_does_not_fit_fails_for_good(stage: Stage, payload: bytes) -> None:
    outcome = await stage.run(adds, payload)

    assert (outcome.ending, outcome.reason) == (Ending.FAILED, Reason.INVALID_PAYLOAD)
    assert error_of(outcome)["type"].startswith("beltline.core.errors.")


@dataclass
class Picky:
    size: int

    def __post_init__(self) -> None:
        raise KeyError(self.size)


async def test_a_payload_type_that_breaks_fails_for_good(stage: Stage) -> None:
    async def body(picky: Picky) -> None: ...

    body.__annotations__["picky"] = Picky
    outcome = await stage.run(body, b'{"picky":{"size":3}}')

    assert (outcome.ending, outcome.reason) == (Ending.FAILED, Reason.INVALID_PAYLOAD)


async def test_a_result_that_does_not_fit_is_a_failure(stage: Stage) -> None:
    async def body() -> int:
        return "three"  # type: ignore[return-value]

    outcome = await stage.run(body)

    assert outcome.ending is Ending.FAILED
    assert "does not fit its return annotation" in error_of(outcome)["message"]


@pytest.mark.parametrize(
    ("value", "words"),
    [(object(), "object"), (float("nan"), "nan"), ("\ud800", "surrogate"), ("x" * 2_000_000, "more than")],
    ids=["type", "nan", "surrogate", "large"],
)
async def test_a_result_that_cannot_be_kept_is_a_failure(stage: Stage, value: object, words: str) -> None:
    async def body():  # type: ignore[no-untyped-def] # noqa: ANN202 - nothing is said about the result
        return value

    outcome = await stage.run(body)

    assert outcome.ending is Ending.FAILED
    assert words in error_of(outcome)["message"].lower()


class Mute(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no words")


@pytest.mark.parametrize("error", [SystemExit(3), BaseException("x")], ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("mode", ["async", "thread"])
async def test_what_is_no_ordinary_error_is_not_tried_again(
    stage: Stage, error: BaseException, mode: str
) -> None:
    def thread_body() -> None:
        raise error

    async def async_body() -> None:
        raise error

    outcome = await stage.run(async_body if mode == "async" else thread_body)

    assert (outcome.ending, outcome.reason) == (Ending.FAILED, Reason.NOT_RETRYABLE)


async def test_a_body_that_calls_exit_ends_itself_only(stage: Stage) -> None:
    async def body() -> None:
        sys.exit("bye")

    assert error_of(await stage.run(body))["type"] == "SystemExit"
    assert await stage.run(adds, b'{"left":1}') == Outcome(Ending.SUCCEEDED, b"3")


async def test_an_error_without_words_is_a_failure_all_the_same(stage: Stage) -> None:
    async def body() -> None:
        raise Mute

    outcome = await stage.run(body)

    assert outcome.ending is Ending.FAILED
    assert error_of(outcome)["type"].endswith("Mute")


@pytest.mark.parametrize("error", [GeneratorExit, KeyboardInterrupt], ids=lambda error: error.__name__)
async def test_a_thread_raises_nothing_that_means_something_to_the_worker(
    stage: Stage, error: type[BaseException]
) -> None:
    def body() -> None:
        raise error

    outcome = await stage.run(body)

    assert outcome.ending is Ending.FAILED
    assert error_of(outcome)["message"] == f"the body raised {error.__name__}"


@pytest.mark.parametrize("mode", ["async", "thread"])
async def test_an_iterator_that_ran_dry_is_a_failure(stage: Stage, mode: str) -> None:
    def thread_body() -> None:
        next(iter([]))

    async def async_body() -> None:
        next(iter([]))

    outcome = await stage.run(async_body if mode == "async" else thread_body)

    assert outcome.ending is Ending.FAILED
    assert "StopIteration" in error_of(outcome)["message"]


@pytest.mark.parametrize(
    ("retry", "reason"),
    [
        (Retry(), None),
        (Retry(retry_on=(LookupError,)), None),
        (Retry(retry_on=(OSError,)), Reason.NOT_RETRYABLE),
        (Retry(give_up_on=(LookupError,)), Reason.NOT_RETRYABLE),
    ],
    ids=["any", "listed", "not listed", "given up on"],
)
async def test_the_policy_says_which_errors_are_tried_again(
    stage: Stage, retry: Retry, reason: Reason | None
) -> None:
    outcome = await stage.run(fails, options={"retry": retry})

    assert (outcome.ending, outcome.reason) == (Ending.FAILED, reason)


async def test_a_job_without_a_handler_is_given_back_for_a_while(stage: Stage) -> None:
    job = stage.claimed("unknown")

    stage.runner.start(job)

    [settlement] = stage.settled
    assert settlement.job is job
    assert settlement.outcome == Outcome(Ending.RELEASED, reason=Reason.NO_HANDLER, delay_us=5_000_000)
    assert stage.runner.runs == {}


@pytest.mark.parametrize("mode", ["async", "thread"])
async def test_a_body_knows_its_run(stage: Stage, mode: str) -> None:
    def thread_body(ctx: Context) -> list[object]:
        return [ctx.job_id, ctx.fence, ctx.attempt, ctx.run, ctx.max_attempts, dict(ctx.labels), ctx.queue]

    async def async_body(ctx: Context) -> list[object]:
        return thread_body(ctx)

    outcome = await stage.run(
        async_body if mode == "async" else thread_body,
        id="job-a",
        fence=7,
        attempts_used=2,
        run=4,
        labels={"a": "b"},
    )

    assert outcome.result == b'["job-a",7,3,4,5,{"a":"b"},"default"]'


@pytest.mark.parametrize("mode", ["async", "thread"])
async def test_what_a_body_reports_arrives(stage: Stage, mode: str) -> None:
    def thread_body(ctx: Context) -> None:
        ctx.log.info("half way", row=3)
        ctx.progress(0.5, "row 3")

    async def async_body(ctx: Context) -> None:
        thread_body(ctx)

    await stage.run(async_body if mode == "async" else thread_body, id="job-a")

    assert stage.told.lines == [("job-a", "info", "half way", '{"row":3}')]
    assert stage.told.progress_of == {"job-a": (0.5, "row 3")}


async def test_a_run_takes_a_slot_until_it_ends(stage: Stage) -> None:
    gate = asyncio.Event()

    async def waits() -> None:
        await gate.wait()

    runs = [stage.start(waits) for _ in range(3)]
    assert stage.runner.free == 1

    gate.set()
    for run in runs:
        await stage.end(run)

    # Those that end in one turn of the loop are told of together.
    assert (stage.runner.free, stage.freed) == (4, 1)
