"""What a run comes to whose body did not return: it raised, was asked to stop, or took too long."""

from __future__ import annotations

import asyncio

from beltline.core.clock import MICROS
from beltline.core.failure import failure
from beltline.core.outcome import (
    Ending,
    Outcome,
    Signal,
    raised,
    released,
    signalled,
    suspended,
    suspension_in,
    unreadable,
    waits_for_objects,
)
from beltline.core.reasons import Reason
from beltline.runtime.run import Cause, Run


class Unreadable(Exception):
    """The payload cannot be read; the cause says why."""


def ending_of(run: Run, error: BaseException) -> Outcome:
    """Return what a run comes to that ended with an exception."""
    if isinstance(error, Signal):
        return signalled(error)
    if isinstance(error, asyncio.CancelledError):
        return interrupted(run, error)
    if isinstance(error, Unreadable):
        return unreadable(error.__cause__ or error)
    suspension = suspension_in(error)
    return _failed(run, error) if suspension is None else suspended(suspension)


def interrupted(run: Run, error: BaseException) -> Outcome:
    """Return what a run comes to that was asked to stop and did."""
    if run.cause is Cause.CANCEL:
        return Outcome(Ending.CANCELLED, reason=Reason.CANCEL_REQUESTED)
    if run.cause is Cause.DRAIN:
        return released(Reason.DRAINED)
    if run.cause in {Cause.TIMEOUT, Cause.DEADLINE}:
        return timed_out(run)
    return _failed(run, error)


def timed_out(run: Run) -> Outcome:
    """Return what a run comes to that took too long."""
    if run.cause is Cause.DEADLINE:
        message = "the job's deadline passed while it ran"
        return Outcome(
            Ending.TIMED_OUT, error=failure("DeadlinePassed", message), reason=Reason.DEADLINE_PASSED
        )
    message = f"the body ran longer than its time-out of {(run.job.timeout_us or 0) / MICROS:g} s"
    return Outcome(Ending.TIMED_OUT, error=failure("Timeout", message))


def _failed(run: Run, error: BaseException) -> Outcome:
    waits = waits_for_objects(run.job, error) if run.cause is None else None
    if waits is not None:
        return waits
    return in_view(run, raised(error, run.definition.retry))


def in_view(run: Run, outcome: Outcome) -> Outcome:
    """What a failure comes to where the body was asked to stop."""
    if run.cause in {Cause.TIMEOUT, Cause.DEADLINE}:
        return timed_out(run)
    if run.cause is Cause.DRAIN:
        # Whatever it raised, it was asked to stop: a shutdown is no failure of the job.
        return released(Reason.DRAINED)
    if run.cause is Cause.CANCEL:
        return Outcome(Ending.CANCELLED, error=outcome.error, reason=Reason.CANCEL_REQUESTED)
    return outcome
