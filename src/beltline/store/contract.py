"""The contract of a store, written once: what each verb takes, may assume, guarantees and returns.

Both drivers keep it to the letter; tests/conformance proves it on each of them. Every verb is one statement
or one transaction: after a crash it has happened or not. Audit entries given to a verb are appended in its
transaction where the verb changed at least one job: what came too late was not done. Verbs raise
StoreUnavailable where the call may be repeated, StoreFull where the disk is full, StoreError otherwise; no
driver's own exception leaves the store. This boundary is not a plug-in interface and may change.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from beltline.core.job import Attempt, ClaimedJob, Job
from beltline.objects.objects import Objects
from beltline.store.artifact import ArtifactStore
from beltline.store.audit import AuditStore
from beltline.store.backfills import BackfillStore
from beltline.store.batches import BatchStore
from beltline.store.dead_letters import DeadLetterStore
from beltline.store.edges import EdgeStore
from beltline.store.fronts import FrontStore
from beltline.store.hints import Wakeups
from beltline.store.log_limit import DEFAULT_LIMIT, LogLimit
from beltline.store.log_lines import LogLine, NewLogLine
from beltline.store.pages import JobPage, ListJobs
from beltline.store.params import (
    ApplyChanges,
    AuditEntry,
    BeatReply,
    ClaimJobs,
    Definition,
    DiscardDead,
    Finished,
    Inserted,
    InsertJobs,
    Miss,
    NewSession,
    NoteRequests,
    Progress,
    QueueInfo,
    ReplayDead,
    Session,
    StateCount,
)
from beltline.store.replays import ReplayStore
from beltline.store.schedules import ScheduleStore
from beltline.store.service import ServiceStores
from beltline.store.stacks import StackStore
from beltline.store.steps import StepStore
from beltline.store.triggers import TriggerStore
from beltline.store.upkeep import UpkeepStore
from beltline.store.workflows import WorkflowStore


class JobStore(Protocol):
    """The verbs that write jobs."""

    async def insert(self, params: InsertJobs) -> list[Inserted]:
        """Store jobs, in the order given; one answer for each.

        With an idempotency key: where the key (per namespace and definition) is alive, the same payload hash
        gives `existing` and the job it stands for, another gives `key_reused`. A key is alive while its job
        is unfinished and until the `expires_at` that finishing sets (24 h later, not included); an expired
        one is taken over. Two jobs of one batch with one key: the first is created. With `chosen_id`: where
        the id exists in jobs, dead or history, the same definition and payload hash give `existing`, anything
        else `id_reused`. An id that was not chosen is drawn by chance and not looked for: where a live job
        has it, StoreError is raised and nothing of the call is stored. Concurrent callers with one key or id
        create one job. Counts `submitted` deltas of what was created and hints `queued` where a created job
        is queued. What they wait for is stored with them (see EdgeStore). Raises PrerequisiteCycle,
        PrerequisiteUnknown and ParentEnded; then nothing of the call is stored.
        """
        ...

    async def insert_with(self, conn: object, params: InsertJobs) -> list[Inserted]:
        """Do what `insert` does inside the open transaction of the caller's own connection.

        The jobs exist when it commits.

        Each statement has one JSON argument. Jobs that are tied to others take three, within a savepoint, and
        hold the locks of what they are tied to until the transaction ends: on PostgreSQL the settlement of
        these waits for it, on SQLite every write does.

        On PostgreSQL `conn` is an asyncpg connection, a psycopg 3 connection (either kind) or an SQLAlchemy
        Connection, Session or their asynchronous forms; on SQLite an sqlite3 connection or the same of
        SQLAlchemy. The connection must be one to the store's own database (and schema). Hints are sent with
        the commit where the database can, else the workers' polling finds the jobs. A key or id that a
        concurrent, uncommitted transaction holds raises StoreBusy or waits for it, as the database does.
        Raises InvalidInput for any other kind of connection.
        """
        ...

    async def claim(self, params: ClaimJobs) -> list[ClaimedJob]:
        """Move up to `limit` queued jobs to running for the session.

        The order is that of (order_key, id) across the queues: of the jobs that need nothing of their worker;
        with `ids` of these, whatever they need, for the caller saw that it is there.

        Eligible: state queued, in one of `queues` (or any), queue not paused, not expired (expires_at is None
        or > now, or the job has run before), deadline not passed. A job that another claim holds locked is
        passed over, not waited for. Sets session, started_at = now, runs + 1, fence + 1, reason claimed,
        clears request, error, progress. The list is sorted by (order_key, id). A store that claims without a
        pause may take 0.1 s to see what another process queued in front of what it took last. Raises
        LeaseLost where the session is not open (closed, lost or unknown): nothing is claimed.
        """
        ...

    async def claim_next(self, params: ClaimJobs, until: asyncio.Event) -> list[ClaimedJob]:
        """Wait for a job to be queued, at the longest until the event is set, and do what `claim` does.

        A store may take what is queued through itself in the same transaction, or leave it to the next
        claim and return nothing; hints set the event for what others queue. `now` of the parameters is not
        used. A caller that is cancelled may have been given jobs: it looks at `held`.
        """
        ...

    async def apply(self, params: ApplyChanges) -> list[Miss]:
        """Write decided changes; return those that did not match, in any order.

        A change matches where (id, fence, from_state) equal the live job's and, for a target that is not
        final, `request` too; where `children` names the job, also the number of its children.
        To succeeded or cancelled: the row moves to history; to failed or timed_out: to dead; both with
        finished_at = at and state, reason, result, error, attempts_used, crashes as given;
        all else (session, request, run_at, queued_at, order_key, paused_from, progress) goes along as it was.
        Otherwise the row stays, with session None, request None, and state, reason, run_at, queued_at,
        order_key, attempts_used, crashes, error, paused_from as given. A change from running to a state that
        is not final appends the attempt that ended (run, session, started_at, at, outcome = reason, error,
        ran_version). Final attempts stay on the row itself (outcome = reason, with ran_version). Results and
        errors are written as given.
        Finishing a job sets its idempotency key's expires_at to at + 24 h, unless another job took the key
        over. A job with children is a miss with `has_children` where its body returned; who hears of an end
        is said in EdgeStore and BatchStore. Counts deltas per definition, queue and target state, in the
        minute of `now` (for changes from running, with their times; also for changes that finish a job,
        without) and hints `queued`, `finished`, `linked`. Two changes of one job in one call are an error.
        """
        ...

    async def held(self, namespace: str, session: str) -> list[ClaimedJob]:
        """Return the running jobs of a session, `payload` empty."""
        ...

    async def note_requests(self, params: NoteRequests) -> list[str]:
        """Note a request on running jobs whose (id, fence) match; return the ids noted; hint `requested`.

        A noted cancel is not replaced by a pause, nor taken back.
        """
        ...

    async def replay(self, params: ReplayDead) -> list[str]:
        """Move dead, not discarded jobs back to queued (reason replayed, queued_at = run_at = now).

        Return the ids moved.

        Same id, fence + 1, attempts_used = crashes = 0, deadline, expiry, result, error, session, request,
        progress, paused_from and finished_at cleared; the last attempt is kept as an attempts row (outcome =
        its reason) where it is not one yet; the idempotency key is alive again, unless another job took it
        over.
        """
        ...

    async def discard(self, params: DiscardDead) -> list[str]:
        """Mark dead jobs as discarded; return the ids newly marked. What they remember goes."""
        ...

    async def progress(self, namespace: str, reports: Sequence[Progress]) -> None:
        """Write progress of running jobs whose (id, fence) match; the rest is dropped."""
        ...


class JobReads(Protocol):
    """The verbs that read jobs. They look in jobs, dead and history."""

    async def get(self, namespace: str, job_ids: Sequence[str]) -> list[Job]:
        """Return the jobs with these ids, in the order given, unknown ones left out."""
        ...

    async def page(self, params: ListJobs) -> JobPage:
        """Return a page of jobs, newest first by id, each job once however it moves meanwhile.

        `total` stops counting at 10,000. What is asked for by state, where it is neither queued nor final, is
        found by an index. Definition, queue and labels are not: the jobs are walked, newest first, until the
        page and the count are full. A filter that few jobs match reads all of them (a second a million, and
        several for labels), though nothing waits for it. By finish, dead and history are read by indexes of
        their own; a job that is replayed meanwhile leaves the list. Raises InvalidInput for a foreign cursor.
        """
        ...

    async def counts(self, namespace: str) -> list[StateCount]:
        """Count the jobs of `jobs` and the undiscarded ones of `dead`, by queue and state."""
        ...

    async def known(self, namespace: str, job_ids: Sequence[str]) -> set[str]:
        """Return those of the ids under which there is a job."""
        ...

    async def finished(self, namespace: str, job_ids: Sequence[str]) -> list[Finished]:
        """Return those of the jobs that are final."""
        ...

    async def attempts(self, namespace: str, job_id: str) -> list[Attempt]:
        """Return every run of the job, oldest first.

        The present or last one (which lives on the job's row) included.
        """
        ...

    async def unsettled(self, namespace: str, queues: tuple[str, ...] | None, now: int) -> int:
        """Count what a worker of these queues that runs until idle must still wait for.

        That is: running, queued (in queues that are not paused), and scheduled or retrying with run_at <=
        now. At most 1,000 is reported.
        """
        ...


class SessionStore(Protocol):
    """Worker processes and their leases."""

    async def open(self, params: NewSession) -> None:
        """Store a session that is alive."""
        ...

    async def beat(self, namespace: str, session: str, now: int) -> BeatReply:
        """Raise `beats` by one and set beat_at; report noted requests.

        A closed or lost session is left as it is: alive False.
        """
        ...

    async def lose(self, namespace: str, session: str, beats: int, now: int) -> bool:
        """Mark a session as lost, where it is still open with this number of beats.

        False: it beat meanwhile.
        """
        ...

    async def close(self, namespace: str, session: str, now: int) -> None:
        """Mark a session as closed. Jobs it still holds are rescued like those of a lost one."""
        ...

    async def page(self, namespace: str, *, ended: bool = False, limit: int = 1_000) -> list[Session]:
        """Return open sessions, and ended ones that still hold running jobs; with `ended` all of them.

        Newest first.
        """
        ...


class QueueStore(Protocol):
    """Queues. One is there while it holds unfinished jobs, and from its first setting on."""

    async def set_paused(
        self, namespace: str, queue: str, *, paused: bool, now: int, audit: Sequence[AuditEntry] = ()
    ) -> None:
        """Pause or resume a queue; a resume hints `queued`. Running jobs are not touched."""
        ...

    async def page(self, namespace: str) -> list[QueueInfo]:
        """Return the queues that hold jobs or have a setting, by name."""
        ...


class DefinitionStore(Protocol):
    """Job definitions, every version ever applied."""

    async def apply(self, namespace: str, definitions: Sequence[Definition], now: int) -> list[str]:
        """Store definitions that are new by (name, version) and make each the newest of its name.

        Return the names that changed.

        Applying an older version again makes it the newest. Schema and policies of a stored version are
        replaced.
        """
        ...

    async def page(self, namespace: str) -> list[Definition]:
        """Return the newest version of each definition, by name."""
        ...

    async def get(self, namespace: str, name: str) -> Definition | None:
        """Return the newest version of a definition."""
        ...


class LogStore(Protocol):
    """What jobs write while they run."""

    async def append(
        self, namespace: str, lines: Sequence[NewLogLine], *, keep: LogLimit = DEFAULT_LIMIT
    ) -> None:
        """Append lines, in order; of each of these jobs what is older than `keep` says goes."""
        ...

    async def read(self, namespace: str, job_id: str, *, after: int = 0, limit: int = 1_000) -> list[LogLine]:
        """Return lines with seq > after, oldest first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """What differs between stores in speed or deployment, never in results."""

    multi_host: bool
    name: str


class Store(ServiceStores, Protocol):
    """A durable store, opened on one event loop and used from it alone."""

    jobs: JobStore
    reads: JobReads
    sessions: SessionStore
    queues: QueueStore
    definitions: DefinitionStore
    logs: LogStore
    steps: StepStore
    stacks: StackStore
    fronts: FrontStore
    upkeep: UpkeepStore
    schedules: ScheduleStore
    backfills: BackfillStore
    triggers: TriggerStore
    edges: EdgeStore
    batches: BatchStore
    workflows: WorkflowStore
    artifacts: ArtifactStore
    dead_letters: DeadLetterStore
    replays: ReplayStore
    audit: AuditStore
    wakeups: Wakeups
    traits: Traits
    url: str
    # Where the engine puts what is too large for a row; None refuses it. The verbs above never look there.
    objects: Objects | None

    def now(self) -> int:
        """Return the store's time.

        On PostgreSQL it is the server's, followed by the monotonic clock; elsewhere the injected clock's.
        """
        ...

    async def open(self, *, migrate: bool | None = None) -> None:
        """Connect and check the schema.

        SQLite and an empty PostgreSQL are migrated; `migrate` True or False decides otherwise.

        Tells the objects, where there are some, the store's identity: a random text made with the schema.
        Raises StoreUnavailable, SchemaOutdated (naming the command) or SchemaTooNew.
        """
        ...

    async def close(self) -> None:
        """Finish what was begun and disconnect; may be called twice."""
        ...

    async def facts(self) -> Mapping[str, str]:
        """Return what the database says of itself: `version`, `bytes`, and settings by their own names.

        Where processes connect over a network also `connections`, and `pool`: the most that one store holds.
        """
        ...

    async def migrations(self) -> list[tuple[str, bool]]:
        """Return every known migration by name and whether it is applied."""
        ...
