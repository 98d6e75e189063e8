"""What the answers of REST and of `--json` hold: the types of the shapes; the API is documented from them."""

from __future__ import annotations

from typing import Any, NotRequired

# pydantic reads only these on Python 3.11.
from typing_extensions import TypedDict


class ObjectBody(TypedDict):
    """Where a value is that is too large for a row."""

    name: str
    sha256: str
    size: int
    sealed: bool


class ErrorBody(TypedDict):
    """How a run failed; equal errors have equal fingerprints."""

    type: str
    message: str
    where: str
    fingerprint: str
    trace: str


class RetryBody(TypedDict):
    """How long a job waits between its attempts, where it does not go by its definition."""

    backoff: str
    base_s: float
    cap_s: float


class JobBody(TypedDict):
    """A job. `payload` and `result` are there only where they were asked for."""

    id: str
    namespace: str
    definition: str
    version: str
    queue: str
    state: str
    reason: str
    priority: int
    labels: dict[str, str]
    payload: NotRequired[Any]
    result: NotRequired[Any]
    payload_object: NotRequired[ObjectBody]
    result_object: NotRequired[ObjectBody]
    error: ErrorBody | None
    progress: float | None
    progress_note: str | None
    request: str | None
    runs: int
    attempts_used: int
    max_attempts: int
    retry: RetryBody | None
    crashes: int
    fence: int
    session: str | None
    idempotency_key: str | None
    resources: dict[str, int | float]
    tags: list[str]
    pinned: bool
    timeout_s: float | None
    created_at: str | None
    run_at: str | None
    queued_at: str | None
    started_at: str | None
    finished_at: str | None
    deadline_at: str | None
    expires_at: str | None
    discarded_at: str | None
    paused_from: str | None
    correlation_id: str | None
    traceparent: str | None
    owner: str | None
    actor: str | None
    parent: str | None
    root: str | None


class AttemptBody(TypedDict):
    """One run of a job."""

    run: int
    version: str | None
    session: str | None
    started_at: str | None
    finished_at: str | None
    outcome: str | None
    error: ErrorBody | None


class LogLineBody(TypedDict):
    """A line that a job wrote; its id is the cursor of the job's log."""

    id: int
    run: int
    at: str | None
    level: str
    message: str
    fields: dict[str, Any]


class ArtifactBody(TypedDict):
    """Something that a run made beside its result."""

    id: str
    run: int
    type: str
    size: int
    sha256: str
    object: str
    created_at: str | None


class QueueBody(TypedDict):
    """A queue with its jobs counted by state."""

    id: str
    state: str
    queued: int
    running: int
    oldest_queued_at: str | None
    jobs: dict[str, int]


class DefinitionBody(TypedDict):
    """The newest version of a job definition."""

    id: str
    version: str
    queue: str
    owner: str | None
    runbook: str | None
    schema: Any
    policies: dict[str, Any]
    applied_at: str | None


class WorkerBody(TypedDict):
    """A worker's session."""

    id: str
    name: str
    host: str
    pid: int
    state: str
    lease_s: float
    concurrency: int
    queues: list[str] | None
    definitions: list[str] | None
    opened_at: str | None
    beat_at: str | None
    closed_at: str | None
    lost_at: str | None


class AuditBody(TypedDict):
    """An entry of the audit. `hash` covers it and the entry before it."""

    id: int
    at: str | None
    actor: str
    action: str
    target: str
    reason: str
    before: str
    after: str
    prev_hash: str
    hash: str


class BulkActionBody(TypedDict):
    """An action on many jobs that waits for its undo window to pass, or did."""

    id: str
    verb: str
    filter: dict[str, Any]
    actor: str
    reason: str
    state: str
    created_at: str | None
    due_at: str | None
    changed: int | None


class ApiKeyBody(TypedDict):
    """An API key. `key` is the token itself, shown once: in the answer to its creation."""

    id: str
    namespace: str
    name: str
    role: str
    definitions: list[str] | None
    prefix: str
    state: str
    created_at: str | None
    created_by: str
    expires_at: str | None
    revoked_at: str | None
    used_at: str | None
    key: NotRequired[str]


class SubscriptionBody(TypedDict):
    """Who is told of which outcomes.

    `secret_at` says where the secret lies that signs. One that was drawn is shown once, as `secret`: in the
    answer that made it.
    """

    id: str
    url: str
    events: list[str]
    definition: str | None
    queue: str | None
    labels: dict[str, str]
    state: str
    secret_at: str | None
    old_secret_until: str | None
    created_at: str | None
    changed_at: str | None
    secret: NotRequired[str]
