"""The SQLite store."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Final

from beltline.core.clock import Clock
from beltline.core.errors import ConfigError
from beltline.objects.objects import Objects
from beltline.store.answers import AnswerStore
from beltline.store.api_keys import ApiKeyStore
from beltline.store.artifact import ArtifactStore
from beltline.store.audit import AuditStore
from beltline.store.backfills import BackfillStore
from beltline.store.batches import BatchStore
from beltline.store.bulk_actions import BulkActionStore
from beltline.store.contract import (
    DefinitionStore,
    JobReads,
    JobStore,
    LogStore,
    QueueStore,
    SessionStore,
    Traits,
)
from beltline.store.dead_letters import DeadLetterStore
from beltline.store.edges import EdgeStore
from beltline.store.fronts import FrontStore
from beltline.store.hints import Wakeups
from beltline.store.replays import ReplayStore
from beltline.store.revisions import RevisionStore
from beltline.store.schedules import ScheduleStore
from beltline.store.sqlite import image
from beltline.store.sqlite.answers import SqliteAnswers
from beltline.store.sqlite.api_keys import SqliteApiKeys
from beltline.store.sqlite.artifacts import SqliteArtifacts
from beltline.store.sqlite.audit import SqliteAudit
from beltline.store.sqlite.batches import SqliteBatches
from beltline.store.sqlite.bulk_actions import SqliteBulkActions
from beltline.store.sqlite.connection import require_version
from beltline.store.sqlite.dead_letters import SqliteDeadLetters
from beltline.store.sqlite.definitions import SqliteDefinitions
from beltline.store.sqlite.edges import SqliteEdges
from beltline.store.sqlite.failures import translating
from beltline.store.sqlite.fronts import SqliteFronts
from beltline.store.sqlite.gates import Hop, InlineGate, ThreadedGate, in_place
from beltline.store.sqlite.jobs import SqliteJobs
from beltline.store.sqlite.logs import SqliteLogs
from beltline.store.sqlite.migrations import MIGRATIONS, applied, migrate
from beltline.store.sqlite.queues import SqliteQueues
from beltline.store.sqlite.reads import SqliteReads
from beltline.store.sqlite.replays import SqliteReplays
from beltline.store.sqlite.revisions import SqliteRevisions
from beltline.store.sqlite.schedules import SqliteBackfills, SqliteSchedules
from beltline.store.sqlite.sessions import SqliteSessions
from beltline.store.sqlite.stacks import SqliteStacks
from beltline.store.sqlite.steps import SqliteSteps
from beltline.store.sqlite.subscriptions import SqliteSubscriptions
from beltline.store.sqlite.totals import SqliteTotals
from beltline.store.sqlite.transaction import Gate, Transaction
from beltline.store.sqlite.triggers import SqliteTriggers
from beltline.store.sqlite.upkeep import SqliteUpkeep
from beltline.store.sqlite.wakeups import Fire, SqliteWakeups
from beltline.store.sqlite.workflows import SqliteWorkflows
from beltline.store.stacks import StackStore
from beltline.store.steps import StepStore
from beltline.store.subscriptions import SubscriptionStore
from beltline.store.totals import TotalStore
from beltline.store.triggers import TriggerStore
from beltline.store.upkeep import UpkeepStore
from beltline.store.workflows import WorkflowStore

PREFIX: Final = "sqlite:///"
MEMORY: Final = ":memory:"


class SqliteStore:
    """A store in one file, or in memory.

    `hop` chooses the inline mode: one connection, no thread, every verb run as `await hop(work)`. A store in
    memory is always inline, for its data belongs to its connection. The file must lie on a local disk:
    network file systems do not lock reliably.
    """

    def __init__(
        self, path: str | None, *, clock: Clock, hop: Hop | None = None, objects: Objects | None = None
    ) -> None:
        self.objects = objects
        self._path = str(Path(path).absolute()) if path is not None else None
        self._clock = clock
        self._open = False
        self.url = f"{PREFIX}{self._path or MEMORY}"
        self.traits = Traits(multi_host=False, name="sqlite")
        wakeups = SqliteWakeups(self._listen)
        self.wakeups: Wakeups = wakeups
        self._gate = self._gate_for(hop, wakeups.fire)
        self.jobs: JobStore = SqliteJobs(self._gate, self._path, clock)
        self.reads: JobReads = SqliteReads(self._gate)
        self.sessions: SessionStore = SqliteSessions(self._gate)
        self.queues: QueueStore = SqliteQueues(self._gate)
        self.definitions: DefinitionStore = SqliteDefinitions(self._gate)
        self.logs: LogStore = SqliteLogs(self._gate)
        self.steps: StepStore = SqliteSteps(self._gate, self._path)
        self.fronts: FrontStore = SqliteFronts(self._gate)
        self.stacks: StackStore = SqliteStacks(self._gate)
        self.upkeep: UpkeepStore = SqliteUpkeep(self._gate)
        self.schedules: ScheduleStore = SqliteSchedules(self._gate)
        self.backfills: BackfillStore = SqliteBackfills(self._gate)
        self.triggers: TriggerStore = SqliteTriggers(self._gate)
        self.edges: EdgeStore = SqliteEdges(self._gate)
        self.batches: BatchStore = SqliteBatches(self._gate)
        self.workflows: WorkflowStore = SqliteWorkflows(self._gate)
        self.artifacts: ArtifactStore = SqliteArtifacts(self._gate)
        self.dead_letters: DeadLetterStore = SqliteDeadLetters(self._gate)
        self.replays: ReplayStore = SqliteReplays(self._gate)
        self.audit: AuditStore = SqliteAudit(self._gate)
        self.revisions: RevisionStore = SqliteRevisions(self._gate)
        self.api_keys: ApiKeyStore = SqliteApiKeys(self._gate)
        self.subscriptions: SubscriptionStore = SqliteSubscriptions(self._gate)
        self.answers: AnswerStore = SqliteAnswers(self._gate)
        self.bulk_actions: BulkActionStore = SqliteBulkActions(self._gate)
        self.totals: TotalStore = SqliteTotals(self._gate)

    @classmethod
    def from_url(cls, url: str, *, clock: Clock, objects: Objects | None = None) -> SqliteStore:
        """Return the store that a `sqlite:///` URL names. Raises ConfigError."""
        path = url.removeprefix(PREFIX)
        if path in {url, ""}:
            raise ConfigError(
                [
                    f"store URL {url!r} names no file; write sqlite:///beltline.db, or sqlite:////var/lib/beltline.db"
                ]
            )
        return cls(None if path == MEMORY else path, clock=clock, objects=objects)

    def now(self) -> int:
        """Return the injected clock's time."""
        return self._clock.now()

    async def open(self, *, migrate: bool | None = None) -> None:
        """Connect and migrate; `migrate` False refuses a file whose schema is not up to date."""
        require_version()
        if not self._open:
            await self._gate.open(partial(self._prepare, allowed=migrate is not False))
            self._open = True

    async def close(self) -> None:
        """Finish what was begun and disconnect; may be called twice."""
        if self._open:
            self._open = False
            await self._gate.close()
            if self.objects is not None:
                self.objects.close()

    async def facts(self) -> Mapping[str, str]:
        return dict(await self._gate.read(lambda transaction: transaction.run("facts", {}).fetchall()))

    async def migrations(self) -> list[tuple[str, bool]]:
        """Return every known migration and whether it is applied; the store need not be open."""
        if self._open:
            done = await self._gate.read(lambda transaction: applied(transaction.connection))
        else:
            done = self._looked_up()
        return [(step.name, step.number in done) for step in MIGRATIONS]

    def _gate_for(self, hop: Hop | None, fire: Fire) -> Gate:
        if self._path is None or hop is not None:
            return InlineGate(self._path, hop=hop or in_place, fire=fire)
        return ThreadedGate(self._path, clock=self._clock, fire=fire)

    def _listen(self, *, wanted: bool) -> None:
        self._gate.listen(wanted=wanted)

    def _prepare(self, connection: sqlite3.Connection, *, allowed: bool) -> None:
        now = self._clock.now()
        if self._path is None and allowed:
            image.begin(connection, now=now)
        migrate(connection, allowed=allowed, url=self.url, now=now)
        if self.objects is not None:
            self.objects.owner = Transaction(connection).value("identity")

    def _looked_up(self) -> Mapping[int, bool]:
        if self._path is None or not Path(self._path).exists():
            return {}
        with translating(self._path):
            connection = sqlite3.connect(f"{Path(self._path).as_uri()}?mode=ro", uri=True)
            try:
                return applied(connection)
            finally:
                connection.close()
