"""The closed list of reason codes: why a job is in the state it is in."""

from __future__ import annotations

from enum import StrEnum


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
