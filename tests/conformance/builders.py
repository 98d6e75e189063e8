"""Jobs to store and changes to apply, whole and valid, with what a test cares about given by name."""

from __future__ import annotations

import hashlib
import random
from typing import Any, Final

from beltline.core.decide import Policy, decide
from beltline.core.job import Change, ClaimedJob, Job, NewJob
from beltline.core.order import order_key
from beltline.core.outcome import Ending, Outcome
from beltline.core.reasons import Reason
from beltline.core.states import FINAL, PAUSABLE, JobState
from beltline.store.artifact import StoredArtifact

DEFINITION: Final = "resize"
QUEUE: Final = "images"
PAYLOAD: Final = b'{"width":256}'
DELAY: Final = 60_000_000

REASONS: Final = {
    JobState.WAITING: Reason.PREREQUISITES,
    JobState.SCHEDULED: Reason.SNOOZED,
    JobState.QUEUED: Reason.DRAINED,
    JobState.RETRYING: Reason.BACKOFF,
    JobState.PAUSED: Reason.PAUSE_REQUESTED,
    JobState.SUCCEEDED: Reason.RETURNED,
    JobState.FAILED: Reason.ATTEMPTS_EXHAUSTED,
    JobState.TIMED_OUT: Reason.TIMEOUT,
    JobState.CANCELLED: Reason.CANCEL_REQUESTED,
}


def digest(payload: bytes) -> bytes:
    return hashlib.sha256(payload).digest()[:16]


def new_job(job_id: str, now: int, **fields: Any) -> NewJob:
    """Return a queued job, or with `state` another; times and place in the queue follow from it."""
    state = fields.pop("state", JobState.QUEUED)
    payload = fields.pop("payload", PAYLOAD)
    job = NewJob(
        id=job_id,
        definition=DEFINITION,
        version="h0123456789ab",
        queue=QUEUE,
        state=state,
        reason={JobState.QUEUED: Reason.SUBMITTED, JobState.SCHEDULED: Reason.DELAYED}.get(
            state, Reason.PREREQUISITES
        ),
        payload=payload,
        payload_hash=digest(payload),
        created_at=now,
    )
    if state is JobState.QUEUED:
        queued_at = fields.pop("queued_at", now)
        fields.setdefault("order_key", order_key(queued_at, fields.get("priority", 0)))
        fields.setdefault("run_at", queued_at)
        fields["queued_at"] = queued_at
    if state is JobState.SCHEDULED:
        fields.setdefault("run_at", now + DELAY)
    return job._replace(**fields)


def change_to(job: Job | ClaimedJob, state: JobState, at: int, **fields: Any) -> Change:
    """Return a change of this job as it stands to `state`, with what rows in that state must have."""
    source = job.state if isinstance(job, Job) else JobState.RUNNING
    change = Change(
        id=job.id,
        fence=job.fence,
        definition=job.definition,
        queue=job.queue,
        from_state=source,
        state=state,
        reason=REASONS[state],
        at=at,
        attempts_used=job.attempts_used,
        crashes=job.crashes,
        request=job.request,
        idempotency_key=job.idempotency_key,
    )
    if state is JobState.QUEUED:
        change = change._replace(run_at=at, queued_at=at, order_key=order_key(at, job.priority))
    if state in {JobState.SCHEDULED, JobState.RETRYING}:
        change = change._replace(run_at=at + DELAY)
    if state is JobState.PAUSED:
        parked = source if source in PAUSABLE else JobState.RETRYING
        change = change._replace(run_at=at + DELAY, paused_from=parked)
    if state is JobState.SUCCEEDED:
        change = change._replace(result=b'{"ok":true}')
    if state in FINAL - {JobState.SUCCEEDED}:
        change = change._replace(error=b'{"type":"Broken"}')
    if isinstance(job, ClaimedJob):
        change = change._replace(
            run_us=max(0, at - job.started_at), wait_us=max(0, job.started_at - job.queued_at)
        )
    return change._replace(**fields)


def artifact_of(job_id: str, now: int, **fields: Any) -> StoredArtifact:
    """Return an artifact of the first run of a job."""
    made = StoredArtifact(job_id, 1, "chart.png", "image/png", 3, b'\x01{"name":"x"}', now)
    return made._replace(**fields)


def ended(job: ClaimedJob, ending: Ending, now: int, **outcome: Any) -> Change:
    """Return the change that the rules decide for a run that ended so."""
    return decide(job, Outcome(ending, **outcome), Policy(), now=now, random=random.Random(1))
