"""The states of a job, the events that move it, and the one table that says which moves exist."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from beltline.core.errors import InvalidTransition


class JobState(StrEnum):
    """Where a job is. The last four are final: a job reaches exactly one of them."""

    WAITING = "waiting"
    SCHEDULED = "scheduled"
    QUEUED = "queued"
    RUNNING = "running"
    RETRYING = "retrying"
    PAUSED = "paused"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"


class JobEvent(StrEnum):
    """What can happen to a job. Which verb brings which event about is listed in docs/states.md."""

    STAGE = "stage"
    READY = "ready"
    CLAIM = "claim"
    SUCCEED = "succeed"
    FAIL = "fail"
    TIME_OUT = "time_out"
    SNOOZE = "snooze"
    WAIT = "wait"
    RELEASE = "release"
    RESCUE = "rescue"
    CANCEL = "cancel"
    EXPIRE = "expire"
    MISS_DEADLINE = "miss_deadline"
    PAUSE = "pause"
    RESUME = "resume"
    RETRY = "retry"
    REPLAY = "replay"
    DISCARD = "discard"


FINAL: Final = frozenset({JobState.SUCCEEDED, JobState.FAILED, JobState.TIMED_OUT, JobState.CANCELLED})
DEAD: Final = frozenset({JobState.FAILED, JobState.TIMED_OUT})
PAUSABLE: Final = frozenset({JobState.WAITING, JobState.SCHEDULED, JobState.QUEUED, JobState.RETRYING})

_S = JobState
_E = JobEvent

# A target equal to its source is a request noted on the job (cancel or pause of a running job) or a mark
# (discard).
# A release, a snooze, a failure or a return with open children that meets a noted pause goes to `paused`; one
# that meets a noted cancel to `cancelled`.
TRANSITIONS: Final[Mapping[tuple[JobState, JobEvent], frozenset[JobState]]] = MappingProxyType(
    {
        (_S.WAITING, _E.READY): frozenset({_S.QUEUED, _S.SCHEDULED}),
        (_S.WAITING, _E.SUCCEED): frozenset({_S.SUCCEEDED}),
        (_S.WAITING, _E.FAIL): frozenset({_S.FAILED, _S.CANCELLED}),
        (_S.WAITING, _E.CANCEL): frozenset({_S.CANCELLED}),
        (_S.WAITING, _E.EXPIRE): frozenset({_S.CANCELLED}),
        (_S.WAITING, _E.MISS_DEADLINE): frozenset({_S.TIMED_OUT}),
        (_S.WAITING, _E.PAUSE): frozenset({_S.PAUSED}),
        (_S.SCHEDULED, _E.STAGE): frozenset({_S.QUEUED}),
        (_S.SCHEDULED, _E.CANCEL): frozenset({_S.CANCELLED}),
        (_S.SCHEDULED, _E.EXPIRE): frozenset({_S.CANCELLED}),
        (_S.SCHEDULED, _E.MISS_DEADLINE): frozenset({_S.TIMED_OUT}),
        (_S.SCHEDULED, _E.PAUSE): frozenset({_S.PAUSED}),
        (_S.SCHEDULED, _E.RETRY): frozenset({_S.QUEUED}),
        (_S.QUEUED, _E.CLAIM): frozenset({_S.RUNNING}),
        (_S.QUEUED, _E.CANCEL): frozenset({_S.CANCELLED}),
        (_S.QUEUED, _E.EXPIRE): frozenset({_S.CANCELLED}),
        (_S.QUEUED, _E.MISS_DEADLINE): frozenset({_S.TIMED_OUT}),
        (_S.QUEUED, _E.PAUSE): frozenset({_S.PAUSED}),
        (_S.RUNNING, _E.SUCCEED): frozenset({_S.SUCCEEDED, _S.WAITING, _S.CANCELLED, _S.PAUSED}),
        (_S.RUNNING, _E.FAIL): frozenset({_S.RETRYING, _S.FAILED, _S.TIMED_OUT, _S.CANCELLED, _S.PAUSED}),
        (_S.RUNNING, _E.TIME_OUT): frozenset({_S.RETRYING, _S.TIMED_OUT, _S.CANCELLED, _S.PAUSED}),
        (_S.RUNNING, _E.SNOOZE): frozenset({_S.SCHEDULED, _S.TIMED_OUT, _S.CANCELLED, _S.PAUSED}),
        (_S.RUNNING, _E.WAIT): frozenset({_S.WAITING, _S.CANCELLED, _S.PAUSED}),
        (_S.RUNNING, _E.RELEASE): frozenset({_S.QUEUED, _S.SCHEDULED, _S.TIMED_OUT, _S.CANCELLED, _S.PAUSED}),
        (_S.RUNNING, _E.RESCUE): frozenset({_S.RETRYING, _S.FAILED, _S.TIMED_OUT, _S.CANCELLED, _S.PAUSED}),
        (_S.RUNNING, _E.CANCEL): frozenset({_S.RUNNING, _S.CANCELLED}),
        (_S.RUNNING, _E.PAUSE): frozenset({_S.RUNNING}),
        (_S.RUNNING, _E.RESUME): frozenset({_S.RUNNING}),
        (_S.RETRYING, _E.STAGE): frozenset({_S.QUEUED}),
        (_S.RETRYING, _E.CANCEL): frozenset({_S.CANCELLED}),
        (_S.RETRYING, _E.MISS_DEADLINE): frozenset({_S.TIMED_OUT}),
        (_S.RETRYING, _E.PAUSE): frozenset({_S.PAUSED}),
        (_S.RETRYING, _E.RETRY): frozenset({_S.QUEUED}),
        (_S.PAUSED, _E.RESUME): PAUSABLE,
        (_S.PAUSED, _E.FAIL): frozenset({_S.FAILED, _S.CANCELLED}),
        (_S.PAUSED, _E.CANCEL): frozenset({_S.CANCELLED}),
        (_S.PAUSED, _E.EXPIRE): frozenset({_S.CANCELLED}),
        (_S.PAUSED, _E.MISS_DEADLINE): frozenset({_S.TIMED_OUT}),
        (_S.FAILED, _E.REPLAY): frozenset({_S.QUEUED, _S.WAITING}),
        (_S.FAILED, _E.DISCARD): frozenset({_S.FAILED}),
        (_S.TIMED_OUT, _E.REPLAY): frozenset({_S.QUEUED, _S.WAITING}),
        (_S.TIMED_OUT, _E.DISCARD): frozenset({_S.TIMED_OUT}),
    }
)


def targets(state: JobState, event: JobEvent) -> frozenset[JobState]:
    """Return the states that `event` may lead to from `state`; empty where the event is not allowed."""
    return TRANSITIONS.get((state, event), frozenset())


def require(job_id: str, state: JobState, event: JobEvent) -> None:
    """Raise InvalidTransition unless `event` is allowed in `state`."""
    if not targets(state, event):
        raise InvalidTransition(job_id=job_id, state=state.value, event=event.value)
