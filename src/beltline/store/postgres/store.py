"""The PostgreSQL store."""

from __future__ import annotations

from collections.abc import Mapping

from beltline.core.clock import Clock
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
from beltline.store.postgres.address import Address, address_of
from beltline.store.postgres.answers import PostgresAnswers
from beltline.store.postgres.api_keys import PostgresApiKeys
from beltline.store.postgres.artifacts import PostgresArtifacts
from beltline.store.postgres.audit import PostgresAudit
from beltline.store.postgres.batches import PostgresBatches
from beltline.store.postgres.bulk_actions import PostgresBulkActions
from beltline.store.postgres.connection import POOL_SIZE, Pool
from beltline.store.postgres.dead_letters import PostgresDeadLetters
from beltline.store.postgres.definitions import PostgresDefinitions
from beltline.store.postgres.edges import PostgresEdges
from beltline.store.postgres.fronts import PostgresFronts
from beltline.store.postgres.jobs import PostgresJobs
from beltline.store.postgres.logs import PostgresLogs
from beltline.store.postgres.migrations import MIGRATIONS, applied, prepare
from beltline.store.postgres.queues import PostgresQueues
from beltline.store.postgres.reads import PostgresReads
from beltline.store.postgres.replays import PostgresReplays
from beltline.store.postgres.revisions import PostgresRevisions
from beltline.store.postgres.schedules import PostgresBackfills, PostgresSchedules
from beltline.store.postgres.servertime import ServerTime
from beltline.store.postgres.sessions import PostgresSessions
from beltline.store.postgres.stacks import PostgresStacks
from beltline.store.postgres.steps import PostgresSteps
from beltline.store.postgres.subscriptions import PostgresSubscriptions
from beltline.store.postgres.totals import PostgresTotals
from beltline.store.postgres.triggers import PostgresTriggers
from beltline.store.postgres.upkeep import PostgresUpkeep
from beltline.store.postgres.wakeups import PostgresWakeups
from beltline.store.postgres.workflows import PostgresWorkflows
from beltline.store.replays import ReplayStore
from beltline.store.revisions import RevisionStore
from beltline.store.schedules import ScheduleStore
from beltline.store.stacks import StackStore
from beltline.store.steps import StepStore
from beltline.store.subscriptions import SubscriptionStore
from beltline.store.totals import TotalStore
from beltline.store.triggers import TriggerStore
from beltline.store.upkeep import UpkeepStore
from beltline.store.workflows import WorkflowStore


class PostgresStore:
    """A store in one schema of a PostgreSQL database; many processes on many machines may share it."""

    def __init__(
        self,
        address: Address,
        *,
        clock: Clock,
        pool_size: int = POOL_SIZE,
        objects: Objects | None = None,
    ) -> None:
        self.objects = objects
        self.url = address.url
        self.traits = Traits(multi_host=True, name="postgresql")
        self._pool = Pool(address, size=pool_size)
        self._pool_size = pool_size
        self._time = ServerTime(clock)
        self._is_open = False
        self._hints = PostgresWakeups(self._pool)
        self.wakeups: Wakeups = self._hints
        self.jobs: JobStore = PostgresJobs(self._pool, self._hints, clock)
        self.reads: JobReads = PostgresReads(self._pool)
        self.sessions: SessionStore = PostgresSessions(self._pool, self._time)
        self.queues: QueueStore = PostgresQueues(self._pool, self._hints)
        self.definitions: DefinitionStore = PostgresDefinitions(self._pool)
        self.logs: LogStore = PostgresLogs(self._pool)
        self.steps: StepStore = PostgresSteps(self._pool)
        self.fronts: FrontStore = PostgresFronts(self._pool)
        self.stacks: StackStore = PostgresStacks(self._pool)
        self.upkeep: UpkeepStore = PostgresUpkeep(self._pool, self._hints, clock)
        self.schedules: ScheduleStore = PostgresSchedules(self._pool, self._hints)
        self.backfills: BackfillStore = PostgresBackfills(self._pool, self._hints)
        self.triggers: TriggerStore = PostgresTriggers(self._pool, self._hints)
        self.edges: EdgeStore = PostgresEdges(self._pool, self._hints)
        self.batches: BatchStore = PostgresBatches(self._pool)
        self.workflows: WorkflowStore = PostgresWorkflows(self._pool, self._hints)
        self.artifacts: ArtifactStore = PostgresArtifacts(self._pool)
        self.dead_letters: DeadLetterStore = PostgresDeadLetters(self._pool)
        self.replays: ReplayStore = PostgresReplays(self._pool, self._hints)
        self.audit: AuditStore = PostgresAudit(self._pool)
        self.revisions: RevisionStore = PostgresRevisions(self._pool)
        self.api_keys: ApiKeyStore = PostgresApiKeys(self._pool)
        self.subscriptions: SubscriptionStore = PostgresSubscriptions(self._pool)
        self.answers: AnswerStore = PostgresAnswers(self._pool)
        self.bulk_actions: BulkActionStore = PostgresBulkActions(self._pool)
        self.totals: TotalStore = PostgresTotals(self._pool)

    @classmethod
    def from_url(cls, url: str, *, clock: Clock, objects: Objects | None = None) -> PostgresStore:
        """Return the store of `postgresql://user@host:port/database?schema=name`. Raises ConfigError."""
        return cls(address_of(url), clock=clock, objects=objects)

    def now(self) -> int:
        """Return the server's time."""
        return self._time.now()

    async def open(self, *, migrate: bool | None = None) -> None:
        """Connect, check the schema, apply migrations where that is allowed, ask the server for the time."""
        if self._is_open:
            return
        await self._pool.open()
        try:
            await prepare(self._pool, migrate=migrate)
            await self._time.measure(self._pool)
            if self.objects is not None:
                self.objects.owner = await self._pool.value("identity")
        except BaseException:
            await self._pool.close()
            raise
        self._is_open = True

    async def close(self) -> None:
        """Finish what was begun and disconnect; may be called twice."""
        if self._is_open:
            self._is_open = False
            await self._hints.close()
            await self._pool.close()
            if self.objects is not None:
                self.objects.close()

    async def facts(self) -> Mapping[str, str]:
        """Return the server's settings, and how many connections are open and one store may open."""
        found = {row[0]: row[1] for row in await self._pool.scan("facts")}
        return {**found, "pool": str(self._pool_size + 1)}

    async def migrations(self) -> list[tuple[str, bool]]:
        """Return every known migration and whether it is applied; also of a store that is not open."""
        if not self._is_open:
            await self._pool.open()
        try:
            done, _ = await self._pool.transaction(lambda statements: applied(statements, self._pool.address))
        finally:
            if not self._is_open:
                await self._pool.close()
        return [(step.name, step.number in done) for step in MIGRATIONS]
