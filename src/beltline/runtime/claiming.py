"""How a worker comes by its jobs: claim, start, wait for more, under one session after another."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Final

from beltline.config import WorkerConfig
from beltline.core.backoff import growing
from beltline.core.errors import LeaseLost, StoreError
from beltline.core.ids import Random
from beltline.core.job import ClaimedJob
from beltline.runtime.fetcher import Fetcher
from beltline.runtime.lease import Lease
from beltline.runtime.run import Cause
from beltline.runtime.runner import Runner
from beltline.runtime.stower import Stower
from beltline.runtime.upkeep import Upkeep
from beltline.store.contract import Store

_SHORTEST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 5.0
_LOG: Final = "beltline"


class Claiming:
    """Claims jobs and starts them until the worker stops.

    Where the store fails it tries again after longer and longer pauses, and says so once. Where others have
    ended the session, what runs under it is dropped, and a new one is opened.
    """

    def __init__(
        self,
        store: Store,
        namespace: str,
        config: WorkerConfig,
        *,
        lease: Lease,
        fetcher: Fetcher,
        runner: Runner,
        settler: Stower,
        upkeep: Upkeep,
        random: Random,
        stopping: asyncio.Event,
    ) -> None:
        self._store = store
        self._namespace = namespace
        self._config = config
        self._lease = lease
        self._fetcher = fetcher
        self._runner = runner
        self._settler = settler
        self._upkeep = upkeep
        self._random = random
        self._stopping = stopping

    async def run(self) -> None:
        """Claim until `stopping` is set; return before only where all is done and the worker ends then."""
        failures = 0
        while not self._stopping.is_set():
            try:
                is_done = await self._claim_once()
            except StoreError as error:
                # A claim whose reply was lost may have taken jobs: they are given back before the next claim.
                self._lease.doubtful = True
                failures += 1
                if failures == 1:
                    logging.getLogger(_LOG).warning("claiming: %s; trying again", error)
                pause = growing(_SHORTEST_PAUSE, failures, longest=_LONGEST_PAUSE)
                await asyncio.sleep(pause * (0.5 + self._random.random()))
                continue
            failures = 0
            if is_done:
                return

    async def reconcile(self) -> None:
        """Give back what the store says is held here, of which nobody here knows. Raises StoreError."""
        await self._lease.reconcile(self._runner.runs.keys() | self._settler.pending)

    async def _claim_once(self) -> bool:
        """Claim once, start what came and wait for more; return whether all is done."""
        try:
            if self._lease.doubtful:
                await self.reconcile()
            jobs = await self._fetcher.fetch(self._lease.session)
            self._start(jobs)
            if not jobs and self._config.until_idle and await self._is_idle():
                return True
            handed = await self._fetcher.wait_for_work(self._lease.session, len(jobs))
            self._start(handed)
            if handed:
                # What an idle worker is handed begins before it asks for more; a busy one asks ahead.
                await asyncio.sleep(0)
        except LeaseLost:
            await self._begin_anew()
        return False

    def _start(self, jobs: Sequence[ClaimedJob]) -> None:
        for job in jobs:
            self._runner.start(job)

    async def _is_idle(self) -> bool:
        if self._runner.runs or not self._settler.idle:
            return False
        if await self._upkeep.release():
            # What ended may have let others go on, and these more: look again at once.
            self._fetcher.hinted.set()
            return False
        if await self._upkeep.is_due():
            return False
        return await self._store.reads.unsettled(self._namespace, self._config.queues, self._store.now()) == 0

    async def _begin_anew(self) -> None:
        logging.getLogger(_LOG).warning(
            "session %s was ended by others (this process was away for a whole lease?): dropping %d runs",
            self._lease.session,
            len(self._runner.runs),
        )
        self._runner.interrupt_all(Cause.LOST)
        await self._lease.open()
