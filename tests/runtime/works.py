"""A store, a Beltline whose jobs it holds, and workers that run them in this process."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, Final

from beltline.client.beltline import Beltline
from beltline.config import Config, StoreConfig, WorkerConfig
from beltline.core.clock import Clock, SystemClock
from beltline.core.job import Job
from beltline.core.states import FINAL, JobState
from beltline.executors.contract import RemoteExecutor
from beltline.runtime.parts import Parts
from beltline.runtime.worker import Worker
from beltline.store.contract import Store
from beltline.store.params import Session
from tests.waiting import eventually_async

QUICK: Final = WorkerConfig(concurrency=8, threads=4, lease_us=300_000, drain_us=2_000_000, grace_us=50_000)


class Works:
    """The store is open, and so must `belt` be: `async with works.belt.on(store, namespace)`."""

    def __init__(
        self,
        store: Store,
        namespace: str = "default",
        *,
        open_heart_store: Callable[[], Store] | None = None,
        belt: Beltline | None = None,
        processes: RemoteExecutor | None = None,
    ) -> None:
        self.store = store
        self.namespace = namespace
        self.belt = belt or Beltline(namespace=namespace)
        self._processes = processes
        self._open_heart_store = open_heart_store
        self._seeds = count(1)

    def worker(self, *, clock: Clock | None = None, **settings: Any) -> Worker:
        """Return a worker that is not yet running."""
        config = Config(
            store=StoreConfig(namespace=self.namespace),
            worker=WorkerConfig(
                **{name: settings.get(name, getattr(QUICK, name)) for name in WorkerConfig.__slots__}
            ),
        )
        return Worker(
            Parts(
                store=self.store,
                registry=self.belt.registry,
                config=config,
                clock=clock or SystemClock(),
                random=random.Random(next(self._seeds)),
                open_heart_store=self._open_heart_store,
                processes=self._processes,
            )
        )

    async def until_idle(self, **settings: Any) -> int:
        """Work until nothing is left; return the exit code."""
        return await self.worker(until_idle=True, **settings).run()

    @asynccontextmanager
    async def working(self, **settings: Any) -> AsyncIterator[Worker]:
        """A worker runs in the block, and drains at its end."""
        worker = self.worker(**settings)
        running = asyncio.create_task(worker.run())
        try:
            yield worker
        finally:
            worker.stop()
            await running

    async def job(self, job_id: str) -> Job:
        [found] = await self.store.reads.get(self.namespace, [job_id])
        return found

    async def in_state(self, job_id: str, *states: JobState) -> Job:
        """Wait until a job is in one of these states; none given means: in a final one."""
        wanted = states or tuple(FINAL)

        async def found() -> Job | None:
            job = await self.job(job_id)
            return job if job.state in wanted else None

        job = await eventually_async(found, what=f"job {job_id} in {wanted}")
        assert job is not None
        return job

    async def sessions(self, *, ended: bool = False) -> list[Session]:
        return await self.store.sessions.page(self.namespace, ended=ended)
