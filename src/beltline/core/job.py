"""What crosses the rooms: a job to submit, a claimed job, a change of state, and a job as it is read.

Named tuples, because tens of thousands are made each second and drivers map them to columns in order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from beltline.core.reasons import Reason
from beltline.core.states import JobState


class NewJob(NamedTuple):
    """A job to store. Times are UTC microseconds, payloads UTF-8 JSON bytes.

    `state` is queued, scheduled (then `run_at` is set), or waiting. `order_key` and `queued_at` are set when
    queued. `chosen_id` says that the client chose the id, so that the same id again means the same job.
    `needs`: what it asks of its worker (the text of core.needs), empty where that is nothing. `backoff`: how
    long it waits between its attempts (the text of core.job_retry), where it does not go by its definition.
    """

    id: str
    definition: str
    version: str
    queue: str
    state: JobState
    reason: Reason
    payload: bytes
    payload_hash: bytes
    created_at: int
    queued_at: int | None = None
    run_at: int | None = None
    order_key: int | None = None
    priority: int = 0
    max_attempts: int = 5
    timeout_us: int | None = None
    deadline_at: int | None = None
    expires_at: int | None = None
    idempotency_key: str | None = None
    chosen_id: bool = False
    labels: Mapping[str, str] | None = None
    correlation_id: str | None = None
    traceparent: str | None = None
    owner: str | None = None
    actor: str | None = None
    parent: str | None = None
    root: str | None = None
    needs: str = ""
    backoff: str | None = None


class ClaimedJob(NamedTuple):
    """A job that a session holds: what a worker needs to run it, and what `decide` needs to settle it.

    `run` is the number of this run (1 for the first), counted before user code runs. `request` is `cancel`,
    `pause` or None.
    """

    id: str
    fence: int
    definition: str
    version: str
    queue: str
    payload: bytes
    priority: int
    run: int
    attempts_used: int
    crashes: int
    max_attempts: int
    timeout_us: int | None
    deadline_at: int | None
    queued_at: int
    started_at: int
    labels: Mapping[str, str] | None
    correlation_id: str | None
    traceparent: str | None
    idempotency_key: str | None
    request: str | None
    backoff: str | None = None


class Change(NamedTuple):
    """A decided move of one job. The store writes it only where (id, fence, from_state) still match.

    A change to a state that is not final also requires the job's `request` to equal `request` here, so that a
    cancel or pause that arrived meanwhile is never overwritten: it comes back as a miss and is decided again.
    `at` is the moment of the change: the finish of the run or of the job. `run_us` and `wait_us` are what the
    roll-up counts: how long the run took, and how long the job had waited for it; 0 where no run ends.
    `ran_version`: the version of the code that ran, where it is not that of the job.
    """

    id: str
    fence: int
    definition: str
    queue: str
    from_state: JobState
    state: JobState
    reason: Reason
    at: int
    result: bytes | None = None
    error: bytes | None = None
    run_at: int | None = None
    queued_at: int | None = None
    order_key: int | None = None
    attempts_used: int = 0
    crashes: int = 0
    request: str | None = None
    paused_from: JobState | None = None
    idempotency_key: str | None = None
    run_us: int = 0
    wait_us: int = 0
    ran_version: str | None = None


class Job(NamedTuple):
    """A job as it is read: the row of `jobs`, `dead` or `history`.

    Every column, in the order that both stores have them.
    """

    namespace: str
    id: str
    definition: str
    version: str
    queue: str
    state: JobState
    reason: Reason
    priority: int
    order_key: int | None
    run_at: int | None
    payload: bytes
    payload_hash: bytes
    labels: Mapping[str, str] | None
    created_at: int
    queued_at: int | None
    started_at: int | None
    finished_at: int | None
    fence: int
    runs: int
    attempts_used: int
    crashes: int
    max_attempts: int
    session: str | None
    request: str | None
    paused_from: JobState | None
    timeout_us: int | None
    deadline_at: int | None
    expires_at: int | None
    result: bytes | None
    error: bytes | None
    progress: float | None
    progress_note: str | None
    correlation_id: str | None
    traceparent: str | None
    owner: str | None
    actor: str | None
    parent: str | None
    root: str | None
    idempotency_key: str | None
    discarded_at: int | None
    needs: str
    ran_version: str | None
    backoff: str | None


class Attempt(NamedTuple):
    """One run of a job, kept for ever with the job.

    `outcome` is the state or reason that the run ended with; None while it runs. `version` is
    that of the code that ran.
    """

    run: int
    session: str | None
    started_at: int
    finished_at: int | None
    outcome: str | None
    error: bytes | None
    version: str = ""
