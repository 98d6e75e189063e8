"""Jobs and outcomes as frames."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from typing import Any

from beltline.core.errors import BeltlineError
from beltline.core.job import ClaimedJob
from beltline.core.outcome import Ending, Outcome, Suspended
from beltline.core.reasons import Reason
from beltline.executors.process.frames import Frame, Kind


def job_frame(job: ClaimedJob, *, most_bytes: int, number: int) -> Frame:
    """Return the frame that hands a job over: its facts, its payload, and how large its result may be.

    `number` names the run where the worker speaks of it later.
    """
    facts = job._asdict()
    payload = facts.pop("payload")
    if job.labels is not None:
        facts["labels"] = dict(job.labels)
    return Frame(Kind.JOB, {"job": facts, "most_bytes": most_bytes, "number": number}, payload)


def job_of(frame: Frame) -> ClaimedJob:
    """Return the job that `job_frame` told."""
    return ClaimedJob(payload=frame.body, **frame.head["job"])


def ended_frame(outcome: Outcome, *, is_spoiled: bool, held: int) -> Frame:
    """Return the frame that tells how a body ended.

    `is_spoiled`: no other body should run in this process. `held`: bytes that it keeps beyond its first ones.
    """
    head: dict[str, Any] = {"ending": outcome.ending.value, "held": held}
    if is_spoiled:
        head["spoiled"] = True
    if outcome.reason is not None:
        head["reason"] = outcome.reason.value
    if outcome.delay_us is not None:
        head["delay_us"] = outcome.delay_us
    if outcome.result is not None:
        return Frame(Kind.ENDED, head, outcome.result)
    return Frame(Kind.ENDED, head, outcome.error or b"")


def outcome_of(frame: Frame) -> Outcome:
    """Return the outcome that `ended_frame` told."""
    head: Mapping[str, Any] = frame.head
    ending = Ending(head["ending"])
    reason = head.get("reason")
    has_result = ending is Ending.SUCCEEDED
    return Outcome(
        ending,
        result=frame.body if has_result else None,
        error=None if has_result else frame.body or None,
        reason=None if reason is None else Reason(reason),
        delay_us=head.get("delay_us"),
    )


def answer_frame(number: int, done: Future[Any]) -> Frame:
    """Return the frame that answers a question: what was found as JSON, or the error."""
    head: dict[str, Any] = {"number": number}
    error = done.exception()
    if error is None:
        return Frame(Kind.ANSWER, head, json.dumps(done.result()).encode())
    head["error"] = (
        {"delay_us": error.delay_us}
        if isinstance(error, Suspended)
        else {
            "code": error.code if isinstance(error, BeltlineError) else BeltlineError.code,
            "text": str(error),
            "facts": {name: value for name, value in vars(error).items() if isinstance(value, str | int)},
        }
    )
    return Frame(Kind.ANSWER, head)


def error_of(head: Mapping[str, Any]) -> BaseException:
    """Return the error that an answer tells: of its own class, with its message and facts."""
    if "delay_us" in head:
        return Suspended(head["delay_us"])
    kind = next((found for found in _kinds(BeltlineError) if found.code == head["code"]), BeltlineError)
    error = kind.__new__(kind, head["text"])
    vars(error).update(head["facts"])
    return error


def _kinds(kind: type[BeltlineError]) -> Iterator[type[BeltlineError]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _kinds(below)
