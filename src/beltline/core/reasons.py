"""The closed list of reason codes: why a job is in the state it is in, and what each says in words."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Reason(StrEnum):
    """Why a job entered its present state.

    Stored with every change, the same word in SQL, REST, CLI and UI. Two are never stored, for what they say
    changes with the workers that live: no_capacity and no_version are told of a queued job when it is read.
    """

    SUBMITTED = "submitted"
    DELAYED = "delayed"
    DUE = "due"
    PREREQUISITES = "prerequisites"
    CHILDREN = "children"
    EVENT = "event"
    CLAIMED = "claimed"
    RETURNED = "returned"
    WITH_FAILURES = "with_failures"
    SNOOZED = "snoozed"
    BACKOFF = "backoff"
    ATTEMPTS_EXHAUSTED = "attempts_exhausted"
    NOT_RETRYABLE = "not_retryable"
    FAILED_BY_HANDLER = "failed_by_handler"
    INVALID_PAYLOAD = "invalid_payload"
    TIMEOUT = "timeout"
    DEADLINE_PASSED = "deadline_passed"
    EXPIRED = "expired"
    CANCEL_REQUESTED = "cancel_requested"
    CANCELLED_BY_HANDLER = "cancelled_by_handler"
    PREREQUISITE_FAILED = "prerequisite_failed"
    PREREQUISITE_UNKNOWN = "prerequisite_unknown"
    CHILDREN_FAILED = "children_failed"
    PAUSE_REQUESTED = "pause_requested"
    RESUMED = "resumed"
    DRAINED = "drained"
    NO_HANDLER = "no_handler"
    OBJECTS_UNAVAILABLE = "objects_unavailable"
    OBJECT_MISSING = "object_missing"
    OBJECT_CORRUPT = "object_corrupt"
    CLAIM_LOST = "claim_lost"
    WORKER_LOST = "worker_lost"
    OUT_OF_MEMORY = "out_of_memory"
    PROCESS_DIED = "process_died"
    NO_PROCESS = "no_process"
    NO_CAPACITY = "no_capacity"
    NO_VERSION = "no_version"
    RETRY_REQUESTED = "retry_requested"
    REPLAYED = "replayed"


WORDS: Final[Mapping[Reason, str]] = MappingProxyType(
    {
        Reason.SUBMITTED: "it was submitted",
        Reason.DELAYED: "it was submitted to run later",
        Reason.DUE: "its time has come, or all it waited for has ended",
        Reason.PREREQUISITES: "it waits for other jobs to end",
        Reason.CHILDREN: "its body has returned, and it waits for its children to end",
        Reason.EVENT: "it waits for a signal, or was ended by one",
        Reason.CLAIMED: "a worker took it",
        Reason.RETURNED: "it ran to its end",
        Reason.WITH_FAILURES: "it ended well, though children failed or were cancelled",
        Reason.SNOOZED: "its body put it off",
        Reason.BACKOFF: "the last run failed; it waits before it is tried again",
        Reason.ATTEMPTS_EXHAUSTED: "it failed, and no attempts are left",
        Reason.NOT_RETRYABLE: "it failed with an error that is not tried again",
        Reason.FAILED_BY_HANDLER: "its body said that it failed for good",
        Reason.INVALID_PAYLOAD: "its payload does not fit the code that the worker has",
        Reason.TIMEOUT: "an attempt ran longer than its time-out",
        Reason.DEADLINE_PASSED: "its deadline passed",
        Reason.EXPIRED: "it had not started by its expiry",
        Reason.CANCEL_REQUESTED: "somebody cancelled it, or the batch or run that it belongs to",
        Reason.CANCELLED_BY_HANDLER: "its body cancelled it",
        Reason.PREREQUISITE_FAILED: "a job that it waited for ended otherwise than it needs",
        Reason.PREREQUISITE_UNKNOWN: "a job that it waited for never came to be",
        Reason.CHILDREN_FAILED: "more of its children failed than it tolerates",
        Reason.PAUSE_REQUESTED: "somebody paused it; resume it to let it go on",
        Reason.RESUMED: "somebody resumed it",
        Reason.DRAINED: "its worker was stopped and gave it back, uncharged",
        Reason.NO_HANDLER: "a worker that has no code for it gave it back, uncharged",
        Reason.OBJECTS_UNAVAILABLE: "the object store could not be used; it was given back, uncharged",
        Reason.OBJECT_MISSING: "its payload is no longer in the object store",
        Reason.OBJECT_CORRUPT: "its payload in the object store is not what was submitted",
        Reason.CLAIM_LOST: "the reply to its claim was lost; it was given back, uncharged",
        Reason.WORKER_LOST: "its worker died or lost contact while it ran",
        Reason.OUT_OF_MEMORY: "its body needed more memory than it may",
        Reason.PROCESS_DIED: "the process of its body died while it ran",
        Reason.NO_PROCESS: "no process could be started for its body; it was given back, uncharged",
        Reason.NO_CAPACITY: "no live worker has what it asks for",
        Reason.NO_VERSION: "no live worker has the version of the code to which it is pinned",
        Reason.RETRY_REQUESTED: "somebody asked to run it now",
        Reason.REPLAYED: "somebody replayed it from the dead letters",
    }
)
