"""Jobs as people see them: rows of a list, and everything about one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import click

from beltline.cli.output import heading, print_fields, print_table
from beltline.cli.text import age, clean, cut, one_line, span, stamp
from beltline.cli.words import needed, outlook, why
from beltline.core.durations import micros
from beltline.core.errors import ObjectsError
from beltline.core.failure import read_failure
from beltline.core.job import Attempt, Job
from beltline.core.job_retry import retry_of
from beltline.engine import capacity, control
from beltline.engine.capacity import Blocked
from beltline.engine.objects import whole, whole_steps
from beltline.objects.reference import is_reference, reference_of
from beltline.store.artifact import StoredArtifact
from beltline.store.contract import Store
from beltline.store.steps import Memory, Remembered
from beltline.wire.masking import without_secrets
from beltline.wire.shapes import (
    artifact_shape,
    attempt_shape,
    blocked_shape,
    job_shape,
    position_shape,
    step_shape,
)

CUT: Final = 2_000
STEP_CUT: Final = 80
COLUMNS: Final = ("id", "state", "reason", "definition", "queue", "attempts", "created", "took")
ARTIFACT_COLUMNS: Final = ("name", "run", "type", "bytes", "created", "sha256")
DEAD_COLUMNS: Final = ("id", "state", "definition", "error", "message", "fingerprint", "ended")


class Story(NamedTuple):
    """A job with all its runs, and what is needed to say what happens next."""

    job: Job
    attempts: list[Attempt]
    remembered: list[Remembered]
    queue_paused: bool
    now: int
    artifacts: list[StoredArtifact]
    # Why the payload or the result could not be read from the object store.
    unread: str
    # Why no live worker could ever hold it; the job's reason then says so too.
    blocked: Blocked | None

    @property
    def steps(self) -> list[Remembered]:
        """The steps that are done."""
        return [each for each in self.remembered if each.kind is Memory.STEP]

    @property
    def positions(self) -> list[Remembered]:
        """How far its cursors and checkpoints are."""
        return [each for each in self.remembered if each.kind is Memory.POSITION]

    @property
    def outlook(self) -> str:
        """What happens next."""
        return outlook(self.job, queue_paused=self.queue_paused, now=self.now, blocked=self.blocked)

    def shape(self) -> dict[str, Any]:
        """Return it as JSON: the job, its reason in words, its attempts."""
        return {
            **job_shape(self.job),
            "reason_text": why(self.job),
            "outlook": self.outlook or None,
            "blocked": None if self.blocked is None else blocked_shape(self.blocked),
            "attempts": [attempt_shape(attempt) for attempt in self.attempts],
            "steps": [step_shape(step) for step in self.steps],
            "positions": [position_shape(position) for position in self.positions],
            "artifacts": [artifact_shape(artifact) for artifact in self.artifacts],
            **({"objects_error": self.unread} if self.unread else {}),
        }


async def story_of(store: Store, namespace: str, job_id: str) -> Story:
    """Read everything about a job, as far as its objects can be read. Raises NotFound."""
    job = await control.fetch(store, namespace, job_id)
    unread = ""
    try:
        job = await whole(store, job)
    except ObjectsError as error:
        unread = str(error)
    [job] = await without_secrets(store, namespace, [job])
    artifacts = await store.artifacts.page(namespace, job_id)
    attempts = await store.reads.attempts(namespace, job_id)
    queues = await store.queues.page(namespace)
    paused = any(queue.paused for queue in queues if queue.name == job.queue)
    remembered = await store.steps.load(namespace, [job_id])
    try:
        remembered = await whole_steps(store, remembered)
    except ObjectsError as error:
        unread = unread or str(error)
    blocked = (await capacity.blocked(store, namespace, [job])).get(job.id)
    if blocked is not None:
        job = job._replace(reason=blocked.reason)
    return Story(job, attempts, remembered, paused, store.now(), artifacts, unread, blocked)


def job_row(job: Job, now: int) -> Sequence[str]:
    """Return a job as a row of COLUMNS."""
    attempts = f"{job.attempts_used}/{job.max_attempts}"
    return (
        job.id,
        job.state.value,
        job.reason.value,
        job.definition,
        job.queue,
        attempts,
        age(job.created_at, now),
        _took(job, now),
    )


def dead_row(job: Job, now: int) -> Sequence[str]:
    """Return a dead letter as a row of DEAD_COLUMNS."""
    error = read_failure(job.error)
    kind = error["type"] if error else job.reason.value
    message = one_line(error["message"], 60) if error else why(job)
    fingerprint = error["fingerprint"] if error else "-"
    return (job.id, job.state.value, job.definition, kind, message, fingerprint, age(job.finished_at, now))


def print_story(story: Story, *, full: bool) -> None:
    """Print everything about a job."""
    job = story.job
    print_fields([(name, value) for name, value in _facts(story) if value])
    if story.attempts:
        heading("Attempts")
        print_table(
            ["run", "outcome", "started", "took", "worker", "version", "error"],
            [_attempt_row(attempt, story.now) for attempt in story.attempts],
        )
    _print_remembered(story, full=full)
    error = read_failure(job.error)
    if error:
        heading("Error")
        place = f"\nat {error['where']}" if error["where"] else ""
        click.echo(clean(f"{error['type']}: {error['message']}{place}\nfingerprint {error['fingerprint']}"))
        if error["trace"]:
            click.echo(clean(error["trace"].rstrip()))
    if story.artifacts:
        heading("Artifacts")
        print_table(ARTIFACT_COLUMNS, [artifact_row(artifact) for artifact in story.artifacts])
    for name, data in (("Payload", job.payload), ("Result", job.result)):
        if data is not None:
            heading(name)
            click.echo(clean(_document(data, story.unread, full=full)))


def artifact_row(artifact: StoredArtifact) -> Sequence[str]:
    """Return an artifact as a row of ARTIFACT_COLUMNS."""
    sha256 = reference_of(artifact.reference).sha256
    size = f"{artifact.size:,}"
    return (artifact.name, str(artifact.run), artifact.type, size, stamp(artifact.created_at), sha256)


def _document(data: bytes, unread: str, *, full: bool) -> str:
    if is_reference(data):
        return f"{_unread(data)}: {unread}"
    text = json.dumps(json.loads(data), ensure_ascii=False, indent=2)
    return text if full else cut(text, CUT)


def _unread(data: bytes) -> str:
    return f"{reference_of(data).size:,} bytes in the object store, not read"


def _print_remembered(story: Story, *, full: bool) -> None:
    for title, column, rows in (("Steps", "result", story.steps), ("Positions", "position", story.positions)):
        if rows:
            heading(title)
            print_table(["name", "at", column], [_remembered_row(row, full=full) for row in rows])


def _remembered_row(row: Remembered, *, full: bool) -> Sequence[str]:
    text = _unread(row.value) if is_reference(row.value) else row.value.decode()
    return (row.name, stamp(row.at), text if full else one_line(text, STEP_CUT))


def _facts(story: Story) -> Sequence[tuple[str, str]]:
    job, now = story.job, story.now
    labels = "\n".join(f"{name}={value}" for name, value in (job.labels or {}).items())
    progress = "" if job.progress is None else f"{job.progress:.0%} {job.progress_note or ''}".rstrip()
    return (
        ("id", job.id),
        ("state", job.state.value),
        ("reason", f"{job.reason.value}: {why(job)}"),
        ("next", story.outlook),
        ("definition", f"{job.definition} (version {job.version})"),
        ("needs", needed(job)),
        ("queue", f"{job.queue}, priority {job.priority}"),
        (
            "attempts",
            f"{job.attempts_used} of {job.max_attempts} used, {job.runs} runs, {job.crashes} crashes charged",
        ),
        ("retry", _retry(job)),
        ("progress", progress),
        ("labels", labels),
        ("created", _when(job.created_at, now)),
        ("run at", _when(job.run_at, now)),
        ("started", _when(job.started_at, now)),
        ("finished", _when(job.finished_at, now)),
        ("discarded", _when(job.discarded_at, now)),
        ("waited", _waited(job)),
        ("took", _took(job, now).replace("-", "")),
        ("deadline", _when(job.deadline_at, now)),
        ("expires", _when(job.expires_at, now)),
        ("time-out", "" if job.timeout_us is None else span(job.timeout_us)),
        ("worker", job.session or ""),
        ("idempotency key", job.idempotency_key or ""),
        ("correlation id", job.correlation_id or ""),
        ("owner", job.owner or ""),
        ("actor", job.actor or ""),
        ("parent", job.parent or ""),
    )


def _retry(job: Job) -> str:
    """How long a job waits between its attempts, where its definition does not say it."""
    if job.backoff is None:
        return ""
    retry = retry_of(job.backoff)
    base, cap = (span(micros(each)) for each in (retry.base, retry.cap))
    return f"after {base} each" if retry.backoff == "fixed" else f"after up to {base}, doubled to {cap}"


def _attempt_row(attempt: Attempt, now: int) -> Sequence[str]:
    error = read_failure(attempt.error)
    took = span((attempt.finished_at or now) - attempt.started_at)
    text = one_line(f"{error['type']}: {error['message']}", 80) if error else ""
    return (
        str(attempt.run),
        attempt.outcome or "running",
        stamp(attempt.started_at),
        took,
        attempt.session or "-",
        attempt.version,
        text,
    )


def _when(at: int | None, now: int) -> str:
    return "" if at is None else f"{stamp(at)} ({age(at, now)})"


def _waited(job: Job) -> str:
    return span(job.started_at - job.queued_at) if job.started_at and job.queued_at else ""


def _took(job: Job, now: int) -> str:
    if job.started_at is None:
        return "-"
    if job.finished_at is not None:
        return span(job.finished_at - job.started_at)
    return span(now - job.started_at) if job.session else "-"
