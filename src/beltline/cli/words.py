"""Reason codes in words: why a job is where it is, and what must happen for it to go on."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from beltline.cli.text import age
from beltline.core.job import Job
from beltline.core.needs import read_needs, shown_amounts
from beltline.core.reasons import Reason
from beltline.core.states import JobState
from beltline.engine.capacity import Blocked

REASONS: Final[Mapping[Reason, str]] = MappingProxyType(
    {
        Reason.SUBMITTED: "submitted; ready to run",
        Reason.DELAYED: "submitted to run later",
        Reason.DUE: "its time has come; ready to run",
        Reason.PREREQUISITES: "waits for other jobs to end",
        Reason.CHILDREN: "its own run is done; waits for its children",
        Reason.EVENT: "waits for an event",
        Reason.CLAIMED: "a worker has it",
        Reason.RETURNED: "ran to its end",
        Reason.WITH_FAILURES: "done, with failures that its policy tolerates",
        Reason.SNOOZED: "put itself off",
        Reason.BACKOFF: "the last run failed; waits before it is tried again",
        Reason.ATTEMPTS_EXHAUSTED: "failed, and no attempts are left",
        Reason.NOT_RETRYABLE: "failed with an error that is not to be tried again",
        Reason.FAILED_BY_HANDLER: "its own code declared it failed for good",
        Reason.INVALID_PAYLOAD: "its payload does not fit the code that the worker has",
        Reason.TIMEOUT: "ran longer than its time-out",
        Reason.DEADLINE_PASSED: "not done by its deadline",
        Reason.EXPIRED: "did not start by its expiry",
        Reason.CANCEL_REQUESTED: "someone cancelled it",
        Reason.CANCELLED_BY_HANDLER: "its own code cancelled it",
        Reason.PREREQUISITE_FAILED: "a job that it needed did not succeed",
        Reason.PREREQUISITE_UNKNOWN: "a job that it needed never appeared",
        Reason.CHILDREN_FAILED: "more of its children failed than it tolerates",
        Reason.PAUSE_REQUESTED: "someone paused it",
        Reason.RESUMED: "someone resumed it",
        Reason.DRAINED: "given back, uncharged, by a worker that stopped",
        Reason.NO_HANDLER: "given back, uncharged, by a worker that has no code for it",
        Reason.OBJECTS_UNAVAILABLE: "given back, uncharged: the object store could not be used",
        Reason.OBJECT_MISSING: "its payload is no longer in the object store",
        Reason.OBJECT_CORRUPT: "its payload in the object store is not what was submitted",
        Reason.CLAIM_LOST: "given back, uncharged, after a broken connection",
        Reason.WORKER_LOST: "its worker died or lost contact while it ran",
        Reason.OUT_OF_MEMORY: "its body needed more memory than it may",
        Reason.PROCESS_DIED: "the process of its body died while it ran",
        Reason.NO_PROCESS: "given back, uncharged: no process could be started for its body",
        Reason.NO_CAPACITY: "no live worker has what it asks for",
        Reason.NO_VERSION: "no live worker has the version of the code to which it is pinned",
        Reason.RETRY_REQUESTED: "someone asked to run it now",
        Reason.REPLAYED: "replayed from the dead letters",
    }
)

_HELD_BY: Final[Mapping[str, str]] = MappingProxyType(
    {"cancel": "it was asked to stop", "pause": "it pauses after this run"}
)


def why(job: Job) -> str:
    """Return the reason of a job's state in words."""
    return REASONS[job.reason]


def needed(job: Job) -> str:
    """Return what a job asks of its worker in words; empty where that is nothing."""
    needs = read_needs(job.needs)
    tags = ", ".join(f"tag {tag}" for tag in sorted(needs.tags))
    version = "" if needs.version is None else f"version {needs.version}"
    return ", ".join(filter(None, (shown_amounts(needs.amounts), tags, version)))


def outlook(job: Job, *, queue_paused: bool, now: int, blocked: Blocked | None = None) -> str:
    """Return what happens next to an unfinished job; empty where it is final."""
    when = f"becomes ready {age(job.run_at, now)}" if job.run_at is not None else ""
    if job.state is JobState.QUEUED and queue_paused:
        return f"its queue {job.queue} is paused: `beltline queues resume {job.queue}`"
    if job.state is JobState.QUEUED:
        return (
            "runs when a worker of its queue has a free slot" if blocked is None else _blocked(job, blocked)
        )
    if job.state in {JobState.SCHEDULED, JobState.RETRYING}:
        return when
    if job.state is JobState.PAUSED:
        return f"goes on after `beltline jobs resume {job.id}`"
    if job.state is JobState.RUNNING:
        return _HELD_BY.get(job.request or "", "")
    return ""


def _blocked(job: Job, blocked: Blocked) -> str:
    if blocked.reason is Reason.NO_VERSION:
        return (
            f"it is pinned to version {blocked.asked} of {job.definition}, live workers have"
            f" {blocked.offered}: runs as soon as a worker with that version is there"
        )
    if blocked.worker is None:
        return f"it asks for {blocked.asked}, and no live worker takes from its queue {job.queue}: start one"
    return (
        f"it asks for {blocked.asked}; the largest live worker, {blocked.worker}, offers {blocked.offered}:"
        " runs as soon as a worker that has it all is there"
    )
