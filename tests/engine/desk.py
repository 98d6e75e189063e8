"""The engine's verbs, with store, namespace, chance and a worker's session filled in."""

from __future__ import annotations

import random
from typing import Any, Final

from beltline.core.decide import Policy
from beltline.core.job import ClaimedJob, Job
from beltline.core.outcome import Ending, Outcome
from beltline.core.states import JobState
from beltline.engine.control import pause
from beltline.engine.settle import Settled, Settlement, claim, settle
from beltline.engine.submit import DEFAULTS, JobOptions, accepted, insert, new_job
from beltline.engine.template import Template
from beltline.store.contract import Store
from beltline.store.params import AuditRow, Inserted
from tests.conformance.world import World

TEMPLATE: Final = Template(name="resize", version="1", queue="images", max_attempts=2)
PAYLOAD: Final = b'{"width":256}'


class Desk:
    """A store with one submitter and one worker, driven by hand."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.clock = world.clock
        self.store: Store = world.store
        self.namespace = world.namespace
        self.random = random.Random(1)
        self._session: str | None = None

    @property
    def now(self) -> int:
        return self.store.now()

    async def submitted(
        self, payload: bytes = PAYLOAD, *, template: Template = TEMPLATE, **options: Any
    ) -> Inserted:
        """Submit a job; return what the store answered. Raises what a refused submit raises."""
        chosen = JobOptions(**options) if options else DEFAULTS
        job = new_job(template, payload, chosen, now=self.now, random=self.random)
        [answer] = await insert(self.store, self.namespace, [job], all_or_none=True)
        accepted(job, answer)
        return answer

    async def submit(self, payload: bytes = PAYLOAD, **options: Any) -> Job:
        """Submit a job and return it as it stands."""
        return await self.job((await self.submitted(payload, **options)).id)

    async def job(self, job_id: str) -> Job:
        [found] = await self.store.reads.get(self.namespace, [job_id])
        return found

    async def session(self) -> str:
        """The session of the desk's worker."""
        self._session = self._session or await self.world.session()
        return self._session

    async def claim(self, limit: int = 1) -> list[ClaimedJob]:
        return await claim(self.store, self.namespace, await self.session(), queues=None, limit=limit)

    async def running(self, **options: Any) -> ClaimedJob:
        """Submit a job and claim it; nothing else may be queued."""
        await self.submitted(**options)
        [job] = await self.claim()
        return job

    async def settle(self, job: ClaimedJob, outcome: Outcome, policy: Policy | None = None) -> Settled:
        batch = [Settlement(job, outcome, policy or Policy())]
        return await settle(self.store, self.namespace, batch, random=self.random)

    async def bring(self, state: JobState) -> Job:
        """Bring a new job into a state by what leads there in life; nothing else may be queued."""
        if state is JobState.SCHEDULED:
            return await self.submit(delay=60)
        if state is JobState.PAUSED:
            job = await self.submit()
            return await pause(self.store, self.namespace, job.id, actor="ada")
        if state is JobState.QUEUED:
            return await self.submit()
        claimed = await self.running(max_attempts=2 if state is JobState.RETRYING else 1)
        endings = {
            JobState.RETRYING: Ending.FAILED,
            JobState.FAILED: Ending.FAILED,
            JobState.TIMED_OUT: Ending.TIMED_OUT,
            JobState.SUCCEEDED: Ending.SUCCEEDED,
            JobState.CANCELLED: Ending.CANCELLED,
        }
        if state in endings:
            await self.settle(claimed, Outcome(endings[state]))
        return await self.job(claimed.id)

    async def audited(self) -> list[AuditRow]:
        return await self.store.audit.page(self.namespace)
