"""How a remote worker's word becomes an outcome."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from beltline.api.callers import Caller
from beltline.core.codec import dump_json
from beltline.core.durations import micros
from beltline.core.errors import InvalidInput, PayloadTooLarge
from beltline.core.failure import failure
from beltline.core.job import Change
from beltline.core.outcome import Ending, Outcome
from beltline.core.reasons import Reason
from beltline.engine.objects import payload_limit
from beltline.store.contract import Store
from beltline.wire.problems import Refused
from beltline.wire.work import SettledJob, SettleJob, WorkError

_REASONS: Final[Mapping[Ending, frozenset[Reason]]] = MappingProxyType(
    {
        Ending.SUCCEEDED: frozenset(),
        Ending.SNOOZED: frozenset(),
        Ending.FAILED: frozenset({Reason.NOT_RETRYABLE, Reason.FAILED_BY_HANDLER, Reason.INVALID_PAYLOAD}),
        Ending.TIMED_OUT: frozenset({Reason.DEADLINE_PASSED}),
        Ending.CANCELLED: frozenset({Reason.CANCEL_REQUESTED, Reason.CANCELLED_BY_HANDLER}),
        Ending.RELEASED: frozenset({Reason.DRAINED, Reason.NO_HANDLER, Reason.CLAIM_LOST, Reason.NO_PROCESS}),
        Ending.LOST: frozenset({Reason.PROCESS_DIED, Reason.OUT_OF_MEMORY}),
    }
)
_USUAL: Final = MappingProxyType({Ending.RELEASED: Reason.DRAINED, Ending.LOST: Reason.PROCESS_DIED})


def outcome_of(item: SettleJob, store: Store) -> Outcome:
    """Return the outcome that a worker reports. Raises PayloadTooLarge; InvalidInput for another's reason."""
    ending = Ending(item.outcome)
    error = None
    if item.error is not None:
        error = _error(item.error)
    elif ending in {Ending.FAILED, Ending.TIMED_OUT}:
        error = failure("TimedOut" if ending is Ending.TIMED_OUT else "Failed", "the worker gave no reason")
    delay = None if item.delay is None else micros(item.delay, what="delay")
    return Outcome(ending, result=_result(item, store), error=error, reason=_reason(item), delay_us=delay)


def _reason(item: SettleJob) -> Reason | None:
    ending = Ending(item.outcome)
    if item.reason is not None:
        reason = Reason(item.reason)
        if reason not in _REASONS[ending]:
            raise InvalidInput(f"job {item.id}: the reason {reason} does not belong to {ending}")
        return reason
    if ending is Ending.FAILED and not item.retry:
        return Reason.FAILED_BY_HANDLER
    return _USUAL.get(ending)


def _error(given: WorkError) -> bytes:
    record = failure(given.type, given.message, where=given.where, trace=given.trace, bases=given.bases)
    if given.fingerprint is None:
        return record
    return dump_json({**json.loads(record), "fingerprint": given.fingerprint})


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
