"""How a remote worker's word becomes an outcome."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from beltline.api.callers import Caller
from beltline.core.codec import dump_json
from beltline.core.durations import micros
from beltline.core.errors import PayloadTooLarge
from beltline.core.failure import failure
from beltline.core.job import Change
from beltline.core.outcome import Ending, Outcome
from beltline.core.reasons import Reason
from beltline.engine.objects import payload_limit
from beltline.store.contract import Store
from beltline.wire.problems import Refused
from beltline.wire.work import SettledJob, SettleJob

_NO_REASON: Final = frozenset({Ending.SUCCEEDED, Ending.SNOOZED, Ending.CANCELLED, Ending.TIMED_OUT})


def outcome_of(item: SettleJob, store: Store) -> Outcome:
    """Return the outcome that a worker reports. Raises PayloadTooLarge."""
    ending = Ending(item.outcome)
    error = None
    if item.error is not None:
        error = failure(item.error.type, item.error.message, trace=item.error.trace)
    elif ending in {Ending.FAILED, Ending.TIMED_OUT}:
        error = failure("TimedOut" if ending is Ending.TIMED_OUT else "Failed", "the worker gave no reason")
    reason = None
    if ending is Ending.RELEASED:
        reason = Reason.DRAINED
    elif ending is Ending.FAILED and not item.retry:
        reason = Reason.FAILED_BY_HANDLER
    delay = None if item.delay is None else micros(item.delay, what="delay")
    return Outcome(ending, result=_result(item, store), error=error, reason=reason, delay_us=delay)


def require_covered(caller: Caller, definition: str) -> None:
    """Raise Refused where a key is not for jobs of a definition."""
    if not caller.covers(definition):
        raise Refused(
            HTTPStatus.FORBIDDEN, "forbidden", f"this API key is not for the definition {definition!r}"
        )


def settled_shape(change: Change) -> SettledJob:
    """Return what became of a job."""
    return {"id": change.id, "state": change.state.value, "reason": change.reason.value}


def _result(item: SettleJob, store: Store) -> bytes | None:
    if item.outcome != "succeeded":
        return None
    data = dump_json(item.result)
    if len(data) > payload_limit(store):
        raise PayloadTooLarge("the result", len(data), payload_limit(store))
    return data
