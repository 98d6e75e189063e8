"""How a run can end, as the worker reports it to `decide`.

Snooze, Cancel and Fail are the three words that a handler may return or raise instead of a result.
"""

from __future__ import annotations

from asyncio import CancelledError
from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import Final, NamedTuple, cast

from beltline.core.clock import MICROS, MINUTE
from beltline.core.durations import Duration, micros
from beltline.core.errors import ObjectKeyUnknown, ObjectsUnavailable, StepRepeated
from beltline.core.failure import failure, failure_of
from beltline.core.job import ClaimedJob
from beltline.core.reasons import Reason
from beltline.core.retry import Retry

_SHORTEST_DELAY_US: Final = 5 * MICROS
_LONGEST_DELAY_US: Final = 5 * MINUTE
_MOST_DOUBLINGS: Final = 10


class Signal(Exception):
    """A handler's word to the worker, returned or raised; not an error."""


class Snooze(Signal):
    """Put this job off: it runs again after `delay`, uncharged (attempts_used stays)."""

    def __init__(self, delay: Duration) -> None:
        self.delay_us = micros(delay, what="snooze delay")
        super().__init__(f"snooze for {delay}")


class Cancel(Signal):
    """End this job as cancelled; it is not a dead letter."""

    def __init__(self, why: str = "") -> None:
        self.why = why
        super().__init__(why)


class Fail(Signal):
    """End this job as failed for good, whatever attempts are left; it is a dead letter."""

    def __init__(self, why: str = "") -> None:
        self.why = why
        super().__init__(why)


class Suspended(BaseException):
    """The run ends here, uncharged, and the job goes on in another one after `delay_us`: let it pass."""

    def __init__(self, delay_us: int) -> None:
        self.delay_us = delay_us
        super().__init__("the run ends here and the job goes on later; let this pass")


def suspension_in(error: BaseException) -> Suspended | None:
    """Return the Suspended that an exception is, or holds as the groups of tasks do."""
    if isinstance(error, BaseExceptionGroup):
        return next((found for part in error.exceptions if (found := suspension_in(part))), None)
    return error if isinstance(error, Suspended) else None


class Ending(StrEnum):
    """The kinds of ending that `decide` knows."""

    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    SNOOZED = "snoozed"
    CANCELLED = "cancelled"
    RELEASED = "released"
    LOST = "lost"


class Outcome(NamedTuple):
    """One ended run.

    `result` belongs to succeeded, whose reason CHILDREN says that the job waits for its children. `error` is
    an error record (see `core.failure`). `reason` refines: for failed, NOT_RETRYABLE, FAILED_BY_HANDLER,
    INVALID_PAYLOAD, OBJECT_MISSING and OBJECT_CORRUPT end the job whatever attempts are left; for released it
    says why. `delay_us` belongs to snoozed and released, and for failed overrides the retry policy's delay.
    """

    ending: Ending
    result: bytes | None = None
    error: bytes | None = None
    reason: Reason | None = None
    delay_us: int | None = None


_SUCCEEDED: Final = Ending.SUCCEEDED
# Most runs end so, and this takes a third of the time of the usual way to make one.
_MADE: Final = partial(cast("Callable[..., Outcome]", tuple.__new__), Outcome)


def succeeded(result: bytes | None) -> Outcome:
    """The body returned."""
    return _MADE((_SUCCEEDED, result, None, None, None))


def signalled(signal: Signal) -> Outcome:
    """The body returned or raised one of the three words."""
    if isinstance(signal, Snooze):
        return Outcome(Ending.SNOOZED, delay_us=signal.delay_us)
    if isinstance(signal, Cancel):
        error = failure("Cancel", signal.why) if signal.why else None
        return Outcome(Ending.CANCELLED, error=error, reason=Reason.CANCELLED_BY_HANDLER)
    why = signal.why if isinstance(signal, Fail) else str(signal)
    return Outcome(Ending.FAILED, error=failure("Fail", why), reason=Reason.FAILED_BY_HANDLER)


def suspended(suspension: Suspended) -> Outcome:
    """The body waits without a slot, or its job is to be paused."""
    return Outcome(Ending.SNOOZED, delay_us=suspension.delay_us)


def raised(error: BaseException, retry: Retry) -> Outcome:
    """The body raised; `retry` says whether such an error may be tried again."""
    # A cancellation that nobody asked for came from within: a fault like any other, whatever its base class.
    permitted = isinstance(error, CancelledError) or retry.permits(error)
    # The same code would use the same name twice again.
    permitted = permitted and not isinstance(error, StepRepeated)
    reason = None if permitted else Reason.NOT_RETRYABLE
    return Outcome(Ending.FAILED, error=failure_of(error), reason=reason)


def unreadable(error: BaseException) -> Outcome:
    """The payload does not fit the definition that the worker has."""
    return Outcome(Ending.FAILED, error=failure_of(error), reason=Reason.INVALID_PAYLOAD)


def released(reason: Reason, delay_us: int | None = None) -> Outcome:
    """The job is given back uncharged: drain, no handler, a claim whose reply was lost."""
    return Outcome(Ending.RELEASED, reason=reason, delay_us=delay_us)


def waits_for_objects(job: ClaimedJob, error: BaseException) -> Outcome | None:
    """Return the outcome of a run that could not go on for want of the object store, or of a key.

    None for any other error. Another look may mend it: the job is given back, uncharged.
    """
    if not isinstance(error, ObjectsUnavailable | ObjectKeyUnknown):
        return None
    return given_back(job, failure(type(error).__name__, str(error)))


def given_back(job: ClaimedJob, record: bytes) -> Outcome:
    """Return the outcome that gives a job back, each time for longer: every look is a run in its record."""
    doublings = min(max(0, job.run - job.attempts_used - 1), _MOST_DOUBLINGS)
    delay_us = min(_SHORTEST_DELAY_US << doublings, _LONGEST_DELAY_US)
    return Outcome(Ending.RELEASED, error=record, reason=Reason.OBJECTS_UNAVAILABLE, delay_us=delay_us)
