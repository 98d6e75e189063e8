"""Claims jobs while there is room for them."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Final, Protocol

from beltline.core.ids import Random
from beltline.core.job import ClaimedJob
from beltline.engine.settle import claim, claim_next
from beltline.runtime.picker import Picker
from beltline.runtime.runner import Runner
from beltline.store.contract import Store

LARGEST_CLAIM: Final = 1_000
POLL_S: Final = 1.0
_GATHER_S: Final = 0.005


class Backlog(Protocol):
    """Where outcomes wait until they are in the store."""

    @property
    def behind(self) -> int:
        """How many there are."""
        ...


class Fetcher:
    """Asks for as many jobs as there are free slots.

    A busy worker waits until a fourth of its slots is free (at most 5 ms) before it asks again, so that
    claims come in batches; an idle one asks at the first hint. Without hints it asks every second. It stops
    asking while outcomes pile up unwritten. Jobs with needs are claimed by the picker, into the same slots.
    """

    def __init__(
        self,
        store: Store,
        namespace: str,
        *,
        queues: tuple[str, ...] | None,
        concurrency: int,
        most: int,
        runner: Runner,
        settler: Backlog,
        random: Random,
        picker: Picker,
    ) -> None:
        self.hinted = asyncio.Event()
        self.room = asyncio.Event()
        self._store = store
        self._namespace = namespace
        self._queues = queues
        self._runner = runner
        self._settler = settler
        self._random = random
        self._most = min(most, LARGEST_CLAIM)
        self._enough = max(1, min(concurrency // 4, LARGEST_CLAIM // 2))
        self._most_behind = 4 * concurrency
        self._asked = 0
        self._picker = picker

    def told(self) -> None:
        """Ask soon: a job was queued."""
        self._picker.told()
        self.hinted.set()

    def freed(self) -> None:
        """Ask again where that was put off: a run ended."""
        if self._runner.free > 0:
            self.room.set()
        if self._picker.freed():
            self.hinted.set()

    def settled(self) -> None:
        """Ask again where that was put off: outcomes were written."""
        self.room.set()

    async def fetch(self, session: str) -> list[ClaimedJob]:
        """Wait for room, then claim once; return what was claimed, perhaps nothing."""
        await self._wait_for_room()
        self.hinted.clear()
        self._asked = min(self._most, self._runner.free)
        picked = await self._picker.pick(session, self._asked) if self._picker.is_due else []
        left = self._asked - len(picked)
        if not left:
            return picked
        jobs = await claim(self._store, self._namespace, session, queues=self._queues, limit=left)
        if not jobs and not picked and self._picker.is_missed:
            return await self._picker.pick(session, left)
        return [*picked, *jobs] if picked else jobs

    async def wait_for_work(self, session: str, claimed: int) -> list[ClaimedJob]:
        """After a claim that left nothing behind, wait for jobs, a hint or the poll interval.

        After a full one return at once. Return what came, perhaps nothing.
        """
        if claimed >= self._asked:
            return []
        pause_s = self._picker.due_in(POLL_S * (0.8 + 0.4 * self._random.random()), found=claimed > 0)
        timer = asyncio.get_running_loop().call_later(pause_s, self.hinted.set)
        try:
            limit = min(self._most, self._runner.free)
            if limit > 0 and self._settler.behind <= self._most_behind:
                return await claim_next(
                    self._store,
                    self._namespace,
                    session,
                    queues=self._queues,
                    limit=limit,
                    until=self.hinted,
                )
            await self.hinted.wait()
        finally:
            timer.cancel()
        return []

    async def _wait_for_room(self) -> None:
        while self._runner.free <= 0 or self._settler.behind > self._most_behind:
            self.room.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_S):
                    await self.room.wait()
        if self._runner.free < self._enough and self._runner.runs:
            await asyncio.sleep(_GATHER_S)
