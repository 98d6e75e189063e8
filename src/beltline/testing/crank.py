"""A worker that is turned by hand: one job at a time, in the order in which a worker would take them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, cast

from beltline.config import WorkerConfig
from beltline.core.clock import MICROS
from beltline.core.errors import Unsupported
from beltline.core.ids import Random
from beltline.core.job import ClaimedJob
from beltline.core.offers import Offer
from beltline.definitions.definition import JobDefinition, natural_mode
from beltline.definitions.registry import Registry
from beltline.engine import backfills, ticking, trigger_looks, upkeep
from beltline.engine.capacity import take
from beltline.engine.objects import NewArtifact
from beltline.engine.settle import Settlement, claim, settle
from beltline.engine.trigger_looks import Places
from beltline.executors.inline import InlineExecutor
from beltline.executors.thread import ThreadExecutor
from beltline.runtime.lease import Lease
from beltline.runtime.memory import RunMemory
from beltline.runtime.recorder import Recorder
from beltline.runtime.reporter import Reporter
from beltline.runtime.run import Run
from beltline.runtime.runner import Runner
from beltline.store.contract import Store
from beltline.store.params import Finished
from beltline.triggers.places import open_listing

LEASE_US: Final = 15 * MICROS
_GRACE_US: Final = MICROS
_PLACES: Final = 100


class Crank:
    """The worker's own parts without its loops and timers.

    A job runs to the end of its run before the next is taken. Only where its body awaits the result of
    another job is the next one taken meanwhile, for else it would wait for ever.
    """

    def __init__(self, store: Store, namespace: str, registry: Registry, *, random: Random) -> None:
        self._store = store
        self._namespace = namespace
        self._random = random
        self._registry = registry
        config = WorkerConfig(name="testing", lease_us=LEASE_US)
        self._lease = Lease(store, namespace, config, random=random, offer=self._offer)
        self._reporter = Reporter(store, namespace, now=store.now, stow=_refused)
        self._recorder = Recorder(store, namespace, random=random)
        self._threads = ThreadExecutor(_PLACES, grace_us=_GRACE_US)
        self._timetables = ticking.Timetables()
        self._places = Places(open_listing)
        self._settlements: list[Settlement] = []
        self._stalled: asyncio.Future[None] | None = None
        self._looked_in_vain = False
        self._runner = Runner(
            _Here(registry),
            {"async": InlineExecutor(), "thread": self._threads},
            concurrency=_PLACES,
            grace_us=_GRACE_US,
            reports=self._reporter,
            remember=lambda run: RunMemory(run, self._recorder),
            settle=self._settlements.append,
            freed=_nothing,
            now=store.now,
        )

    async def open(self) -> None:
        """Open the session."""
        await self._lease.open()

    async def close(self) -> None:
        """Close the session; what was logged is written."""
        await self._recorder.close()
        await self._reporter.close()
        await self._lease.close()
        self._threads.close()

    def stop(self) -> None:
        """Stop at once, as a killed process does: nothing more is written."""
        # A body in a thread would wait for ever for a step whose recording never began.
        self._recorder.stop()
        self._threads.close()

    async def turn(self) -> bool:
        """Run the first job that is due, once; return whether there was one."""
        while await upkeep.release(self._store, self._namespace):
            continue
        while await upkeep.end_overdue(self._store, self._namespace):
            continue
        while await self._tick():
            continue
        while await upkeep.stage(self._store, self._namespace):
            continue
        jobs = await self._claimed()
        for job in jobs:
            await self._run(job)
        return bool(jobs)

    @property
    def _offer(self) -> Offer:
        """What a job asks of its worker is there, whatever the machine of the test has."""
        return Offer(versions={each.name: each.version for each in self._registry}, everything=True)

    async def _claimed(self) -> list[ClaimedJob]:
        store, namespace, session = self._store, self._namespace, self._lease.session
        look = await take(store, namespace, session, queues=None, offer=self._offer, held=(), slots=1)
        return look.jobs or await claim(store, namespace, session, queues=None, limit=1)

    async def _tick(self) -> int:
        """Do what schedules, backfills and triggers say; return how much was done."""
        given = (self._store, self._namespace, self._timetables)
        fired = await ticking.turn(*given, random=self._random)
        fired += await ticking.release(*given, random=self._random)
        fired += await backfills.turn(*given, random=self._random)
        return fired + await trigger_looks.turn(*given[:2], self._places, random=self._random)

    def watch(self, verb: str, arguments: Sequence[object], answer: object) -> None:
        """Be told of the store's verbs: where a body waits for a job that does not run, the next is taken.

        Raises Unsupported where no body runs at all, and where nothing is due, so that whoever waits does not
        do it for ever.
        """
        if verb != "reads.finished":
            return
        asked = cast("Sequence[str]", arguments[1])
        missing = set(asked) - {ended.id for ended in cast("Sequence[Finished]", answer)}
        if missing and not self._runner.runs:
            raise Unsupported(
                f"job {min(missing)} is not final, and under test nothing runs by itself:"
                " `await kit.run(job)`, or `await kit.drain()` first"
            )
        running = {job_id for job_id, _ in self._runner.runs}
        if missing - running and self._looked_in_vain:
            self._looked_in_vain = False
            raise Unsupported(
                f"a body awaits job {min(missing - running)}, which is not due, and time stands still here"
                " while a body runs: do not delay it, or do not await it"
            )
        if missing - running and self._stalled is not None and not self._stalled.done():
            self._stalled.set_result(None)

    async def _run(self, job: ClaimedJob) -> None:
        self._runner.start(job)
        run = self._runner.runs.get((job.id, job.fence))
        task = run.task if run is not None else None
        while task is not None and not task.done():
            before, self._stalled = self._stalled, asyncio.get_running_loop().create_future()
            stalled = self._stalled
            await asyncio.wait([task, stalled], return_when=asyncio.FIRST_COMPLETED)
            self._stalled = before
            if not task.done():
                self._looked_in_vain = not await self.turn()
        await self._reporter.flush()
        batch = [item for item in self._settlements if item.job.id == job.id]
        self._settlements[:] = [item for item in self._settlements if item.job.id != job.id]
        await settle(self._store, self._namespace, batch, random=self._random)


class _Here(Registry):
    """The definitions with no body in a process of its own: such a body would not see what a test patches."""

    def __init__(self, registry: Registry) -> None:
        super().__init__()
        self._registry = registry

    def get(self, name: str) -> JobDefinition | None:
        found = self._registry.get(name)
        if found is None or found.mode != "process":
            return found
        return replace(found, mode=natural_mode(found.handler))


def _nothing() -> None:
    return


def _refused(_: Run, artifact: NewArtifact) -> None:
    raise Unsupported(f"under test there is no place for artifacts: {artifact.name!r} cannot be kept")
