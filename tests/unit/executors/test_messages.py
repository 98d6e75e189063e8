from __future__ import annotations

from concurrent.futures import Future
from types import MappingProxyType

import pytest

from beltline.core.errors import BeltlineError, LeaseLost, OnceConflict, PayloadTooLarge
from beltline.core.job import ClaimedJob
from beltline.core.outcome import Ending, Outcome, Suspended
from beltline.core.reasons import Reason
from beltline.executors.process.frames import Frames
from beltline.executors.process.messages import (
    answer_frame,
    ended_frame,
    error_of,
    job_frame,
    job_of,
    outcome_of,
)

JOB = ClaimedJob(
    id="j",
    fence=3,
    definition="d",
    version="v",
    queue="q",
    payload=b'{"a":"\\u0000"}',
    priority=-1,
    run=2,
    attempts_used=1,
    crashes=0,
    max_attempts=5,
    timeout_us=None,
    deadline_at=9,
    queued_at=1,
    started_at=2,
    labels=MappingProxyType({"a": "ü"}),
    correlation_id=None,
    traceparent=None,
    idempotency_key=None,
    request=None,
)


@pytest.mark.parametrize("job", [JOB, JOB._replace(labels=None, payload=b"{}")])
def test_a_job_arrives_as_it_was(job: ClaimedJob) -> None:
    [frame] = Frames().take(job_frame(job, most_bytes=1_000, number=5).encoded())

    assert job_of(frame) == job
    assert (frame.head["most_bytes"], frame.head["number"]) == (1_000, 5)


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(Ending.SUCCEEDED, b"null"),
        Outcome(Ending.FAILED),
        Outcome(Ending.FAILED, error=b"{}", reason=Reason.NOT_RETRYABLE),
        Outcome(Ending.SNOOZED, delay_us=0),
        Outcome(Ending.LOST, error=b"{}", reason=Reason.OUT_OF_MEMORY),
    ],
)
def test_an_outcome_arrives_as_it_was(outcome: Outcome) -> None:
    [frame] = Frames().take(ended_frame(outcome, is_spoiled=True, held=-1).encoded())

    assert outcome_of(frame) == outcome
    assert (frame.head["spoiled"], frame.head["held"]) == (True, -1)


def answer(error: BaseException) -> BaseException:
    """Return an error as it arrives on the other side."""
    done: Future[None] = Future()
    done.set_exception(error)
    [frame] = Frames().take(answer_frame(7, done).encoded())
    assert frame.head["number"] == 7
    return error_of(frame.head["error"])


@pytest.mark.parametrize(
    "error", [LeaseLost("gone"), OnceConflict("a key"), PayloadTooLarge("the artifact", 5, 4)]
)
def test_an_error_of_ours_arrives_as_it_was(error: BeltlineError) -> None:
    arrived = answer(error)

    assert type(arrived) is type(error)
    assert (str(arrived), vars(arrived)) == (str(error), vars(error))


def test_the_word_that_ends_a_run_arrives_as_it_was() -> None:
    arrived = answer(Suspended(5))

    assert isinstance(arrived, Suspended)
    assert arrived.delay_us == 5


def test_any_other_error_arrives_with_its_message() -> None:
    arrived = answer(ValueError("odd"))

    assert (type(arrived), str(arrived)) == (BeltlineError, "odd")
