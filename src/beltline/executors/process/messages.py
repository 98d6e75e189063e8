"""Jobs and outcomes as frames."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from beltline.core.job import ClaimedJob
from beltline.core.outcome import Ending, Outcome
from beltline.core.reasons import Reason
from beltline.executors.process.frames import Frame, Kind


def job_frame(job: ClaimedJob) -> Frame:
    """Return the frame that hands a job over: its facts, and its payload as it is stored."""
    facts = job._asdict()
    payload = facts.pop("payload")
    if job.labels is not None:
        facts["labels"] = dict(job.labels)
    return Frame(Kind.JOB, facts, payload)


def job_of(frame: Frame) -> ClaimedJob:
    """Return the job that `job_frame` told."""
    return ClaimedJob(payload=frame.body, **frame.head)


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
