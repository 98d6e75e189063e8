"""What the store holds as JSON objects for programs: the one mapping, pure, the same for every command."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from beltline.core.failure import read_failure
from beltline.core.job import Attempt, Job
from beltline.core.states import JobState
from beltline.objects.reference import is_reference, reference_of
from beltline.store.artifact import StoredArtifact
from beltline.store.params import Definition, LogLine, QueueInfo, StateCount
from beltline.store.steps import Remembered
from beltline.wire.times import iso

Shape: TypeAlias = dict[str, Any]


def job_shape(job: Job) -> Shape:
    """Return a job; payload, result and error as JSON values, times as ISO 8601."""
    return {
        **_references(job),
        "id": job.id,
        "namespace": job.namespace,
        "definition": job.definition,
        "version": job.version,
        "queue": job.queue,
        "state": job.state.value,
        "reason": job.reason.value,
        "priority": job.priority,
        "labels": dict(job.labels or {}),
        "payload": value_of(job.payload),
        "result": value_of(job.result),
        "error": read_failure(job.error),
        "progress": job.progress,
        "progress_note": job.progress_note,
        "request": job.request,
        "runs": job.runs,
        "attempts_used": job.attempts_used,
        "max_attempts": job.max_attempts,
        "crashes": job.crashes,
        "fence": job.fence,
        "session": job.session,
        "idempotency_key": job.idempotency_key,
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


def attempt_shape(attempt: Attempt) -> Shape:
    """Return one run of a job."""
    return {
        "run": attempt.run,
        "session": attempt.session,
        "started_at": iso(attempt.started_at),
        "finished_at": iso(attempt.finished_at),
        "outcome": attempt.outcome,
        "error": read_failure(attempt.error),
    }


def step_shape(step: Remembered) -> Shape:
    """Return a done step; `fence` says which run did it."""
    return {"id": step.name, "at": iso(step.at), "fence": step.fence, "result": value_of(step.value)}


def position_shape(position: Remembered) -> Shape:
    """Return how far a cursor or a checkpoint of a job is."""
    return {
        "id": position.name,
        "at": iso(position.at),
        "fence": position.fence,
        "position": value_of(position.value),
    }


def log_shape(line: LogLine) -> Shape:
    """Return a line that a job wrote; its id is the cursor of the job's log."""
    return {
        "id": line.seq,
        "run": line.run,
        "at": iso(line.at),
        "level": line.level,
        "message": line.message,
        "fields": json.loads(line.fields) if line.fields else {},
    }


def queue_shape(queue: QueueInfo, counts: Sequence[StateCount]) -> Shape:
    """Return a queue with its jobs counted by state."""
    return {
        "id": queue.name,
        "state": "paused" if queue.paused else "active",
        "queued": queue.queued,
        "running": queue.running,
        "oldest_queued_at": iso(queue.oldest_queued_at),
        "jobs": states_of(queue.name, counts),
    }


def states_of(queue: str, counts: Sequence[StateCount]) -> Mapping[JobState, int]:
    """Return how many jobs of the queue are in each state that has some."""
    return {count.state: count.jobs for count in counts if count.queue == queue and count.jobs}


def definition_shape(definition: Definition) -> Shape:
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


def artifact_shape(artifact: StoredArtifact) -> Shape:
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


def _references(job: Job) -> Shape:
    """Say of a payload or result that is not here where it is."""
    return {
        f"{what}_object": reference_of(data)._asdict()
        for what, data in (("payload", job.payload), ("result", job.result))
        if data is not None and is_reference(data)
    }
