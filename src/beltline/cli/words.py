"""Reason codes in words: why a job is where it is, and what must happen for it to go on."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from beltline.cli.text import age
from beltline.core.job import Job
from beltline.core.needs import read_needs, shown_amounts
from beltline.core.reasons import WORDS, Reason
from beltline.core.states import JobState
from beltline.engine.capacity import Blocked

_HELD_BY: Final[Mapping[str, str]] = MappingProxyType(
    {"cancel": "it was asked to stop", "pause": "it pauses after this run"}
)


def why(job: Job) -> str:
    """Return the reason of a job's state in words."""
    return WORDS[job.reason]


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
