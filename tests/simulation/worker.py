"""Actors that work: processes with a heart, runs, and the habits of the real worker."""

from __future__ import annotations

import json
from collections.abc import Coroutine
from typing import Final

from beltline.core.clock import MICROS
from beltline.core.decide import Policy
from beltline.core.errors import LeaseLost, StoreError
from beltline.core.failure import failure
from beltline.core.ids import new_id
from beltline.core.job import ClaimedJob
from beltline.core.needs import Needs
from beltline.core.offers import Offer, free_of
from beltline.core.outcome import Ending, Outcome, released, succeeded
from beltline.core.reasons import Reason
from beltline.core.retry import Retry
from beltline.engine.capacity import take
from beltline.engine.rescue import give_back
from beltline.engine.settle import Settlement, claim, settle
from beltline.store.params import NewSession
from tests.simulation.steps import DEFINITION, Walk, walk
from tests.simulation.world import DEFINITIONS, LEASE_US, NAMESPACE, World

SLOTS: Final = 3
_POLICY: Final = Policy(Retry(max_attempts=3, backoff="fixed", base=2.0))
# Submitters make jobs of version 1 that ask for one or two processors.
_OFFER: Final = Offer({"cpu": 2_000}, versions=dict.fromkeys(DEFINITIONS, "1"))


class _Memory:
    """What dies with the process."""

    def __init__(self) -> None:
        self.session = ""
        self.runs: dict[str, ClaimedJob] = {}
        self.needs: dict[str, Needs] = {}
        self.unwritten: list[Settlement] = []
        self.cancelled: set[str] = set()
        self.suspect = False
        self.draining = False


class Worker:
    """A worker process. Its incarnations share a name and nothing else."""

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._name = name

    def start(self, incarnation: int) -> list[Coroutine[None, None, None]]:
        memory = _Memory()
        return [self._work(memory), self._beat(memory)]

    async def _beat(self, memory: _Memory) -> None:
        world = self._world
        beat_at = world.clock.monotonic()
        while True:
            session = memory.session
            if not session or world.clock.monotonic() - beat_at < LEASE_US // 3:
                await world.simulation.pause()
                continue
            try:
                reply = await world.store.sessions.beat(NAMESPACE, session, world.store.now())
            except StoreError:
                continue
            beat_at = world.clock.monotonic()
            for job_id, fence, request in reply.requests:
                run = memory.runs.get(job_id)
                if run is not None and run.fence == fence and request == "cancel":
                    memory.cancelled.add(job_id)

    async def _work(self, memory: _Memory) -> None:
        await self._open(memory)
        while True:
            try:
                await self._turn(memory)
            except LeaseLost:
                memory.runs.clear()
                await self._open(memory)
            except StoreError:
                memory.suspect = True
            await self._world.simulation.pause()

    async def _turn(self, memory: _Memory) -> None:
        world = self._world
        if memory.unwritten:
            await self._write(memory)
        if memory.suspect:
            await self._reconcile(memory)
        free = SLOTS - len(memory.runs)
        if free and not memory.draining and world.has_needs and world.chance(0.25):
            free -= await self._pick(memory, free)
        if free and not memory.draining:
            for job in await claim(world.store, NAMESPACE, memory.session, queues=None, limit=free):
                memory.runs[job.id] = job
                world.witness.begun(job)
        await world.simulation.pause()
        for job in list(memory.runs.values()):
            if world.calm or world.chance(0.5):
                outcome = await self._end_of(memory, job)
                del memory.runs[job.id]
                memory.unwritten.append(Settlement(job, outcome, _POLICY))
        if not world.calm and world.chance(0.02):
            await self._drain(memory)

    async def _pick(self, memory: _Memory, free: int) -> int:
        """Take jobs with needs that fit beside what is held; return how many."""
        world = self._world
        memory.needs = {job_id: needs for job_id, needs in memory.needs.items() if job_id in memory.runs}
        held = memory.needs.values()
        look = await take(
            world.store, NAMESPACE, memory.session, queues=None, offer=_OFFER, held=held, slots=free
        )
        for job in look.jobs:
            memory.runs[job.id] = job
            memory.needs[job.id] = look.needs[job.id]
            world.witness.begun(job)
        assert min(free_of(_OFFER, memory.needs.values()).values()) >= 0, (
            f"{self._name} took more than it has"
        )
        return len(look.jobs)

    async def _write(self, memory: _Memory) -> None:
        world = self._world
        batch = list(memory.unwritten)
        settled = await settle(world.store, NAMESPACE, batch, random=world.random)
        del memory.unwritten[: len(batch)]
        for change in settled.changes:
            world.witness.written(change)

    async def _reconcile(self, memory: _Memory) -> None:
        """Give back what a claim took whose reply was lost."""
        world = self._world
        held = await world.store.jobs.held(NAMESPACE, memory.session)
        ours = memory.runs.keys() | {item.job.id for item in memory.unwritten}
        strays = [job for job in held if job.id not in ours]
        await give_back(world.store, NAMESPACE, strays, Reason.CLAIM_LOST, random=world.random)
        memory.suspect = False

    async def _drain(self, memory: _Memory) -> None:
        world = self._world
        for job in memory.runs.values():
            memory.unwritten.append(Settlement(job, released(Reason.DRAINED), _POLICY))
        memory.runs.clear()
        await self._write(memory)
        await world.store.sessions.close(NAMESPACE, memory.session, world.store.now())
        await self._open(memory)

    async def _open(self, memory: _Memory) -> None:
        world = self._world
        while True:
            session = f"{self._name}/{new_id(world.store.now(), world.random)}"
            try:
                await world.store.sessions.open(
                    NewSession(
                        namespace=NAMESPACE,
                        id=session,
                        name=self._name,
                        host="simulated",
                        pid=1,
                        lease_us=LEASE_US,
                        queues=None,
                        concurrency=SLOTS,
                        now=world.store.now(),
                    )
                )
            except StoreError:
                continue
            memory.session = session
            return

    async def _end_of(self, memory: _Memory, job: ClaimedJob) -> Outcome:
        """Do the steps of a job that has some; it ends well only when all are done."""
        if job.definition == DEFINITION:
            walked = await walk(self._world, NAMESPACE, job)
            if walked is Walk.TAKEN:
                return Outcome(Ending.SNOOZED, delay_us=MICROS)
            if walked is Walk.FAILED:
                return Outcome(Ending.FAILED, error=failure("LeaseLost", "or the store stays away"))
        return self._outcome(memory, job)

    def _outcome(self, memory: _Memory, job: ClaimedJob) -> Outcome:
        world = self._world
        if job.id in memory.cancelled:
            memory.cancelled.discard(job.id)
            return Outcome(Ending.CANCELLED, reason=Reason.CANCEL_REQUESTED)
        happy = succeeded(json.dumps({"fence": job.fence}).encode())
        troubles = (
            Outcome(Ending.FAILED, error=failure("Boom", "it broke")),
            Outcome(Ending.FAILED, error=failure("Fail", "for good"), reason=Reason.FAILED_BY_HANDLER),
            Outcome(Ending.SNOOZED, delay_us=world.below(8) * MICROS),
            Outcome(Ending.TIMED_OUT, error=failure("Timeout", "too slow")),
            released(Reason.NO_HANDLER, world.below(3) * MICROS),
        )
        return happy if world.calm or world.chance(0.5) else troubles[world.below(len(troubles))]
