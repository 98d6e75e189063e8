"""A store with a namespace of its own and a clock that stands still: what nearly every test begins with."""

from __future__ import annotations

import random
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Self

from beltline.core.ids import new_id
from beltline.core.job import Change, ClaimedJob, Job, NewJob
from beltline.core.states import DEAD, FINAL, JobState
from beltline.store.contract import Store
from beltline.store.params import (
    ApplyChanges,
    AuditEntry,
    ClaimJobs,
    Inserted,
    InsertJobs,
    Miss,
    NewSession,
)
from tests.clocks import FakeClock
from tests.conformance.builders import change_to, new_job
from tests.conformance.stores import Place

LEASE: Final = 30_000_000


class World:
    """The verbs, with namespace and time filled in."""

    def __init__(
        self, place: Place, store: Store, clock: FakeClock, namespace: str, *, seed: int | None = None
    ) -> None:
        self.place = place
        self.store = store
        self.clock = clock
        self.namespace = namespace
        self.random = random.Random(seed)
        self._session: str | None = None

    @property
    def now(self) -> int:
        return self.clock.now()

    def new(self, **fields: Any) -> NewJob:
        """Return a job to insert, with an id of its own."""
        job_id = fields.pop("id", None) or new_id(self.now, self.random)
        return new_job(job_id, self.now, **fields)

    async def insert(self, *jobs: NewJob, all_or_none: bool = True) -> list[Inserted]:
        params = InsertJobs(namespace=self.namespace, jobs=jobs, all_or_none=all_or_none, now=self.now)
        return await self.store.jobs.insert(params)

    async def session(
        self,
        name: str = "worker",
        *,
        queues: tuple[str, ...] | None = None,
        definitions: tuple[str, ...] | None = None,
        versions: tuple[str, ...] | None = None,
        offer: str | None = None,
        process: str | None = None,
    ) -> str:
        """Open a session and return its id."""
        params = NewSession(
            namespace=self.namespace,
            id=new_id(self.now, self.random),
            name=name,
            host="host-1",
            pid=4_711,
            lease_us=LEASE,
            queues=queues,
            concurrency=8,
            now=self.now,
            definitions=definitions,
            versions=versions,
            offer=offer,
            process=process,
        )
        await self.store.sessions.open(params)
        return params.id

    async def claim(
        self,
        *,
        session: str | None = None,
        limit: int = 100,
        queues: tuple[str, ...] | None = None,
        ids: tuple[str, ...] | None = None,
    ) -> list[ClaimedJob]:
        """Claim, for the world's own session unless another is named."""
        if session is None:
            session = self._session = self._session or await self.session()
        params = ClaimJobs(
            namespace=self.namespace, session=session, queues=queues, ids=ids, limit=limit, now=self.now
        )
        return await self.store.jobs.claim(params)

    async def apply(self, *changes: Change, audit: Sequence[AuditEntry] = ()) -> list[Miss]:
        params = ApplyChanges(namespace=self.namespace, changes=changes, now=self.now, audit=audit)
        return await self.store.jobs.apply(params)

    async def job(self, job_id: str) -> Job:
        (found,) = await self.store.reads.get(self.namespace, [job_id])
        return found

    async def running(self, **fields: Any) -> ClaimedJob:
        """Insert a job and claim it; nothing else may be queued."""
        session = fields.pop("session", None)
        await self.insert(self.new(**fields))
        (claimed,) = await self.claim(session=session)
        return claimed

    async def bring(self, state: JobState, **fields: Any) -> Job:
        """Bring a new job into `state` by the verbs that lead there; nothing else may be queued."""
        if state in {JobState.WAITING, JobState.SCHEDULED, JobState.QUEUED}:
            job = self.new(state=state, **fields)
            await self.insert(job)
            return await self.job(job.id)
        claimed = await self.running(**fields)
        if state is not JobState.RUNNING:
            used = 1 if state in DEAD or state is JobState.RETRYING else 0
            assert not await self.apply(change_to(claimed, state, self.now, attempts_used=used))
        job_now = await self.job(claimed.id)
        assert (job_now.state, job_now.finished_at is not None) == (state, state in FINAL)
        return job_now

    @asynccontextmanager
    async def another(self) -> AsyncIterator[Self]:
        """Open a second store on the same data, as another process would, with this namespace and clock."""
        async with opened(self.place, self.clock) as store:
            yield type(self)(self.place, store, self.clock, self.namespace)


@asynccontextmanager
async def opened(place: Place, clock: FakeClock) -> AsyncIterator[Store]:
    store = place.store(clock)
    await store.open(migrate=True)
    try:
        yield store
    finally:
        await store.close()


def new_world(place: Place, store: Store) -> World:
    """Return a world of its own in an open store."""
    return World(place, store, FakeClock(), f"ns-{uuid.uuid4().hex[:12]}")
