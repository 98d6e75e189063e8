"""What the store holds as JSON objects for programs: one pure mapping for every command and every route."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from beltline.core.clock import MICROS
from beltline.core.failure import read_failure
from beltline.core.job import Attempt, ClaimedJob, Job
from beltline.core.job_retry import retry_of
from beltline.core.needs import plain_amount, read_needs
from beltline.core.states import JobState
from beltline.core.subscription import interest_of, place_in
from beltline.engine.capacity import Blocked
from beltline.objects.reference import is_reference, reference_of
from beltline.store.api_keys import ApiKey
from beltline.store.artifact import StoredArtifact
from beltline.store.bulk_actions import StoredBulkAction
from beltline.store.log_lines import LogLine
from beltline.store.params import AuditRow, Definition, QueueInfo, Session, StateCount
from beltline.store.steps import Remembered
from beltline.store.subscriptions import StoredSubscription
from beltline.wire.bodies import (
    ApiKeyBody,
    ArtifactBody,
    AttemptBody,
    AuditBody,
    BulkActionBody,
    DefinitionBody,
    JobBody,
    LogLineBody,
    ObjectBody,
    QueueBody,
    RetryBody,
    SubscriptionBody,
    WorkerBody,
)
from beltline.wire.times import iso
from beltline.wire.work import ClaimedBody


def job_shape(job: Job, *, with_values: bool = True) -> JobBody:
    """Return a job: values are those of JSON (payload and result only `with_values`), times are ISO 8601."""
    needs = read_needs(job.needs)
    shape: JobBody = {
        "id": job.id,
        "namespace": job.namespace,
        "definition": job.definition,
        "version": job.version,
        "queue": job.queue,
        "state": job.state.value,
        "reason": job.reason.value,
        "priority": job.priority,
        "labels": dict(job.labels or {}),
        "error": read_failure(job.error),
        "progress": job.progress,
        "progress_note": job.progress_note,
        "request": job.request,
        "runs": job.runs,
        "attempts_used": job.attempts_used,
        "max_attempts": job.max_attempts,
        "retry": retry_shape(job.backoff),
        "crashes": job.crashes,
        "fence": job.fence,
        "session": job.session,
        "idempotency_key": job.idempotency_key,
        "resources": {kind: plain_amount(kind, size) for kind, size in needs.amounts.items()},
        "tags": sorted(needs.tags),
        "pinned": needs.version is not None,
        "timeout_s": None if job.timeout_us is None else job.timeout_us / 1_000_000,
        "created_at": iso(job.created_at),
        "run_at": iso(job.run_at),
        "queued_at": iso(job.queued_at),
        "started_at": iso(job.started_at),
        "finished_at": iso(job.finished_at),
        "deadline_at": iso(job.deadline_at),
        "expires_at": iso(job.expires_at),
        "discarded_at": iso(job.discarded_at),
        "paused_from": job.paused_from.value if job.paused_from else None,
        "correlation_id": job.correlation_id,
        "traceparent": job.traceparent,
        "owner": job.owner,
        "actor": job.actor,
        "parent": job.parent,
        "root": job.root,
    }
    if with_values:
        _add_values(shape, job)
    return shape


def retry_shape(backoff: str | None) -> RetryBody | None:
    """Return the retry policy that a job has of its own."""
    if backoff is None:
        return None
    retry = retry_of(backoff)
    return cast("RetryBody", {"backoff": retry.backoff, "base_s": retry.base, "cap_s": retry.cap})


def _add_values(shape: JobBody, job: Job) -> None:
    shape["payload"], shape["result"] = value_of(job.payload), value_of(job.result)
    if is_reference(job.payload):
        shape["payload_object"] = _object_shape(job.payload)
    if job.result is not None and is_reference(job.result):
        shape["result_object"] = _object_shape(job.result)


def attempt_shape(attempt: Attempt) -> AttemptBody:
    """Return one run of a job."""
    return {
        "run": attempt.run,
        "version": attempt.version,
        "session": attempt.session,
        "started_at": iso(attempt.started_at),
        "finished_at": iso(attempt.finished_at),
        "outcome": attempt.outcome,
        "error": read_failure(attempt.error),
    }


def step_shape(step: Remembered) -> dict[str, Any]:
    """Return a done step; `fence` says which run did it."""
    return {"id": step.name, "at": iso(step.at), "fence": step.fence, "result": value_of(step.value)}


def position_shape(position: Remembered) -> dict[str, Any]:
    """Return how far a cursor or a checkpoint of a job is."""
    return {
        "id": position.name,
        "at": iso(position.at),
        "fence": position.fence,
        "position": value_of(position.value),
    }


def log_shape(line: LogLine) -> LogLineBody:
    """Return a line that a job wrote; its id is the cursor of the job's log."""
    return {
        "id": line.seq,
        "run": line.run,
        "at": iso(line.at),
        "level": line.level,
        "message": line.message,
        "fields": json.loads(line.fields) if line.fields else {},
    }


def queue_shape(queue: QueueInfo, counts: Sequence[StateCount]) -> QueueBody:
    """Return a queue with its jobs counted by state."""
    return {
        "id": queue.name,
        "state": "paused" if queue.paused else "active",
        "queued": queue.queued,
        "running": queue.running,
        "oldest_queued_at": iso(queue.oldest_queued_at),
        "jobs": {state.value: jobs for state, jobs in states_of(queue.name, counts).items()},
    }


def states_of(queue: str, counts: Sequence[StateCount]) -> Mapping[JobState, int]:
    """Return how many jobs of the queue are in each state that has some."""
    return {count.state: count.jobs for count in counts if count.queue == queue and count.jobs}


def definition_shape(definition: Definition) -> DefinitionBody:
    """Return a job definition; its schema and policies as JSON values."""
    return {
        "id": definition.name,
        "version": definition.version,
        "queue": definition.queue,
        "owner": definition.owner or None,
        "runbook": definition.runbook or None,
        "schema": json.loads(definition.schema or "null"),
        "policies": json.loads(definition.policies or "{}"),
        "applied_at": iso(definition.applied_at),
    }


def value_of(data: bytes | None) -> Any:  # noqa: ANN401 - any JSON value
    """Return stored JSON bytes as a value; None where there are none, or where they are in an object."""
    return json.loads(data) if data and not is_reference(data) else None


def artifact_shape(artifact: StoredArtifact) -> ArtifactBody:
    """Return an artifact of a job."""
    reference = reference_of(artifact.reference)
    return {
        "id": artifact.name,
        "run": artifact.run,
        "type": artifact.type,
        "size": artifact.size,
        "sha256": reference.sha256,
        "object": reference.name,
        "created_at": iso(artifact.created_at),
    }


def blocked_shape(blocked: Blocked) -> dict[str, Any]:
    """Return why no live worker could ever hold a job."""
    return {
        "reason": blocked.reason.value,
        "asked": blocked.asked,
        "offered": blocked.offered,
        "worker": blocked.worker,
    }


def worker_shape(session: Session, now: int) -> WorkerBody:
    """Return a worker's session; it is silent where its lease has passed."""
    if session.lost_at is not None:
        state = "lost"
    elif session.closed_at is not None:
        state = "closed"
    else:
        state = "silent" if now - session.beat_at > session.lease_us else "alive"
    return {
        "id": session.id,
        "name": session.name,
        "host": session.host,
        "pid": session.pid,
        "state": state,
        "lease_s": session.lease_us / MICROS,
        "concurrency": session.concurrency,
        "queues": None if session.queues is None else list(session.queues),
        "definitions": None if session.definitions is None else list(session.definitions),
        "opened_at": iso(session.opened_at),
        "beat_at": iso(session.beat_at),
        "closed_at": iso(session.closed_at),
        "lost_at": iso(session.lost_at),
    }


def claimed_shape(job: ClaimedJob, payload: bytes | None) -> ClaimedBody:
    """Return a job as a remote worker gets it, with all of its payload."""
    return {
        "id": job.id,
        "fence": job.fence,
        "definition": job.definition,
        "version": job.version,
        "queue": job.queue,
        "payload": value_of(payload),
        "priority": job.priority,
        "run": job.run,
        "attempts_used": job.attempts_used,
        "crashes": job.crashes,
        "max_attempts": job.max_attempts,
        "retry": retry_shape(job.backoff),
        "timeout_s": None if job.timeout_us is None else job.timeout_us / MICROS,
        "deadline_at": iso(job.deadline_at),
        "queued_at": iso(job.queued_at),
        "started_at": iso(job.started_at),
        "labels": dict(job.labels or {}),
        "correlation_id": job.correlation_id,
        "traceparent": job.traceparent,
        "idempotency_key": job.idempotency_key,
        "request": job.request,
    }


def bulk_action_shape(row: StoredBulkAction) -> BulkActionBody:
    """Return an action on many jobs."""
    times = {"created_at": iso(row.created_at), "due_at": iso(row.due_at)}
    return cast("BulkActionBody", {**row._asdict(), "filter": json.loads(row.filter), **times})


def subscription_shape(row: StoredSubscription, now: int) -> SubscriptionBody:
    """Return a subscription, without its secret."""
    interest = interest_of(row.spec)
    return {
        "id": row.id,
        "url": row.url,
        "events": list(interest.events),
        "definition": interest.definition,
        "queue": interest.queue,
        "labels": dict(interest.labels or {}),
        "state": "paused" if row.paused else "active",
        "secret_at": place_in(row.secret),
        "old_secret_until": iso(row.old_until) if (row.old_until or 0) > now else None,
        "created_at": iso(row.created_at),
        "changed_at": iso(row.changed_at),
    }


def audit_shape(row: AuditRow) -> AuditBody:
    """Return an entry of the audit; its id is the cursor of the namespace's audit."""
    fields = row._asdict()
    seq = fields.pop("seq")
    return cast("AuditBody", {"id": seq, **fields, "at": iso(row.at)})


def api_key_shape(key: ApiKey, now: int) -> ApiKeyBody:
    """Return an API key, without its token."""
    if key.revoked_at is not None:
        state = "revoked"
    else:
        state = "expired" if key.expires_at is not None and key.expires_at <= now else "active"
    return {
        "id": key.id,
        "namespace": key.namespace,
        "name": key.name,
        "role": key.role,
        "definitions": None if key.definitions is None else list(key.definitions),
        "prefix": key.prefix,
        "state": state,
        "created_at": iso(key.created_at),
        "created_by": key.created_by,
        "expires_at": iso(key.expires_at),
        "revoked_at": iso(key.revoked_at),
        "used_at": iso(key.used_at),
    }


def _object_shape(data: bytes) -> ObjectBody:
    """Say of a payload or result that is not here where it is."""
    return cast("ObjectBody", reference_of(data)._asdict())
