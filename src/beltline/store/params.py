"""What crosses the store's border: one parameter object for each verb, and what comes back.

Times are UTC microseconds. Every object carries its namespace.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from beltline.core.job import Change, ClaimedJob, Job, NewJob
from beltline.core.states import JobState
from beltline.store.batches import Family
from beltline.store.edges import NOTHING, Waits


class Insertion(StrEnum):
    """What became of one job of an insert."""

    CREATED = "created"
    EXISTING = "existing"
    KEY_REUSED = "key_reused"
    ID_REUSED = "id_reused"


class Inserted(NamedTuple):
    """`id` is the stored job's: the new one, or the one that exists already."""

    id: str
    outcome: Insertion


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One operator action. `before` and `after` are short JSON texts, never payloads."""

    actor: str
    action: str
    target: str
    reason: str = ""
    before: str = ""
    after: str = ""


class AuditRow(NamedTuple):
    """A stored audit entry; `hash` covers the row and the hash before it."""

    seq: int
    at: int
    actor: str
    action: str
    target: str
    reason: str
    before: str
    after: str
    prev_hash: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InsertJobs:
    """`all_or_none`: where any job cannot be stored, none is (the outcomes still say which).

    `waits`: what those of the jobs that are `waiting` wait for. `family`: whose children all of them are.
    `opens`: each is a batch of this kind from its beginning.
    """

    namespace: str
    jobs: Sequence[NewJob]
    all_or_none: bool = True
    now: int
    waits: Waits = NOTHING
    family: Family | None = None
    opens: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimJobs:
    """Take up to `limit` (1 to 10,000) queued jobs for a session; `queues` None means every queue.

    `ids`: these jobs, of whatever queue, in place of the first ones.
    """

    namespace: str
    session: str
    queues: tuple[str, ...] | None = None
    ids: tuple[str, ...] | None = None
    limit: int
    now: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyChanges:
    """Write decided changes, with the audit entries that belong to them, in one transaction.

    `children`: how many children each of these jobs had when its change was decided; with any other number by
    now the change misses.
    """

    namespace: str
    changes: Sequence[Change]
    now: int
    audit: Sequence[AuditEntry] = ()
    children: Mapping[str, int] | None = None


class Miss(NamedTuple):
    """A change that was not written.

    The job is gone, has another fence or state, or a request arrived meanwhile.

    `current` is the job as it stands now (None where no job has this id), so that the engine can decide again
    or report it lost. `has_children`: its body returned, and it waits for them.
    """

    id: str
    current: Job | None
    has_children: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteRequests:
    """Note `request` (`cancel`, `pause` or None to take a pause back) on running jobs.

    Each is guarded by (id, fence).
    """

    namespace: str
    jobs: Sequence[tuple[str, int]]
    request: str | None
    now: int
    audit: Sequence[AuditEntry] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayDead:
    """Move dead letters back to `queued`.

    Same id, fence + 1, attempts_used and crashes 0, runs kept, result of the run kept as attempt. `waiting`:
    to `waiting` instead, for what no body runs.
    """

    namespace: str
    ids: Sequence[str]
    now: int
    waiting: bool = False
    audit: Sequence[AuditEntry] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscardDead:
    """Hide dead letters, finally: they stay in `dead` with `discarded_at` until retention removes them."""

    namespace: str
    ids: Sequence[str]
    now: int
    audit: Sequence[AuditEntry] = ()


class Finished(NamedTuple):
    """How a job ended, for those who wait for it."""

    id: str
    state: JobState
    reason: str
    result: bytes | None
    error: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    """A worker process as the store knows it. `id` is unique; `name` is for people and may repeat.

    `queues` None is all of them. `definitions`: what it has code for, None where it does not say, and their
    `versions` in the same order. `offer`: the text of what it has for jobs (see core.offers). `process`: by
    this text others on its machine can prove that it has ended (runtime.neighbours); None where they cannot.
    """

    namespace: str
    id: str
    name: str
    host: str
    pid: int
    lease_us: int
    queues: tuple[str, ...] | None
    concurrency: int
    now: int
    definitions: tuple[str, ...] | None = None
    versions: tuple[str, ...] | None = None
    offer: str | None = None
    process: str | None = None


class Session(NamedTuple):
    """A stored session. `beats` only goes up: a rescuer compares it with what it saw before.

    `lost_at` is set by a rescue.
    """

    id: str
    name: str
    host: str
    pid: int
    lease_us: int
    concurrency: int
    opened_at: int
    beat_at: int
    beats: int
    closed_at: int | None
    lost_at: int | None
    queues: tuple[str, ...] | None = None
    definitions: tuple[str, ...] | None = None
    versions: tuple[str, ...] | None = None
    offer: str | None = None
    process: str | None = None


class BeatReply(NamedTuple):
    """`alive` False: the session was closed or rescued.

    The process must drop what it holds and open a new one.

    `requests` are the running jobs of the session on which a cancel or pause is noted: (id, fence, request).
    """

    alive: bool
    requests: list[tuple[str, int, str]]


class QueueInfo(NamedTuple):
    """A queue with what waits in it. `oldest_queued_at` is None where nothing is queued."""

    name: str
    paused: bool
    queued: int
    running: int
    oldest_queued_at: int | None


class StateCount(NamedTuple):
    """How many unfinished or dead jobs of a queue are in a state."""

    queue: str
    state: JobState
    jobs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """A stored job definition version.

    `schema` is the payload's JSON Schema, `policies` what a rescuer needs, both JSON texts.
    """

    name: str
    version: str
    queue: str
    schema: str
    policies: str
    owner: str = ""
    runbook: str = ""
    applied_at: int = 0


class Progress(NamedTuple):
    """How far a running job is, 0 to 1, guarded by (id, fence)."""

    id: str
    fence: int
    fraction: float
    note: str


class Tally(NamedTuple):
    """One row of the minute roll-up, folded and unfolded deltas together.

    `minute` is the start of the minute in UTC microseconds. `event` is submitted, or the state that a change
    led to. `run_us` sums the times from started to the end, `wait_us` those from queued to started, of the
    runs that ended; without a run both stay.
    """

    minute: int
    definition: str
    queue: str
    event: str
    jobs: int
    run_us: int
    wait_us: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """What to remove: each kind has its own moment, before which it goes.

    `history_before` goes by whole days on PostgreSQL.
    """

    namespace: str
    history_before: int
    dead_before: int
    sessions_before: int
    tallies_before: int
    ledger_before: int = 0
    now: int
    limit: int = 1_000


__all__ = [
    "ApplyChanges",
    "AuditEntry",
    "AuditRow",
    "BeatReply",
    "ClaimJobs",
    "ClaimedJob",
    "Definition",
    "DiscardDead",
    "Finished",
    "InsertJobs",
    "Inserted",
    "Insertion",
    "Miss",
    "NewSession",
    "NoteRequests",
    "Progress",
    "QueueInfo",
    "ReplayDead",
    "Retention",
    "Session",
    "StateCount",
    "Tally",
]
