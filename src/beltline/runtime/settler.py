"""Writes outcomes in batches: what ended while one batch was on its way goes with the next.

A lone outcome goes at once. While bodies run, what ends within a moment after a batch goes together, unless
there are many: a transaction costs SQLite 1 ms of processor time, of which bodies in processes would else
pay one each.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from beltline.core.backoff import growing
from beltline.core.errors import StoreError
from beltline.core.ids import Random
from beltline.engine.settle import Settlement, settle
from beltline.store.contract import Store

LARGEST_BATCH: Final = 1_000
_SHORTEST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 5.0
# So many that wait are worth a transaction at once.
ENOUGH: Final = 64


class Settler:
    """Keeps outcomes until the store has them.

    While the store is away they wait here, and no new jobs are claimed (see `behind`). `gather_s` says how
    long others may still be waited for after a batch; 0 where none are to come.
    """

    def __init__(
        self,
        store: Store,
        namespace: str,
        *,
        random: Random,
        settled: Callable[[], None],
        gather_s: Callable[[], float],
    ) -> None:
        self._store = store
        self._namespace = namespace
        self._random = random
        self._settled = settled
        self._gather_s = gather_s
        # Set where many wait already; None while it waits for no others.
        self._gathering: asyncio.Event | None = None
        self._pending: list[Settlement] = []
        self._flushing: asyncio.Task[None] | None = None

    @property
    def behind(self) -> int:
        """How many outcomes are not in the store yet."""
        return len(self._pending)

    @property
    def idle(self) -> bool:
        """Whether every outcome is in the store."""
        return not self._pending and (self._flushing is None or self._gathering is not None)

    @property
    def pending(self) -> set[tuple[str, int]]:
        """The runs, as (id, fence), whose outcomes are not in the store yet."""
        return {(item.job.id, item.job.fence) for item in self._pending}

    def unwritten(self) -> tuple[Settlement, ...]:
        """Return the outcomes that are not in the store yet; safe from any thread."""
        return tuple(self._pending)

    def put(self, item: Settlement) -> None:
        """Take an outcome; it is written as soon as possible."""
        self._pending.append(item)
        if self._gathering is not None and len(self._pending) >= ENOUGH:
            self._gathering.set()
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush())

    async def close(self, patience_s: float) -> int:
        """Wait until all is written, at most `patience_s`.

        Return how many outcomes are not (their jobs will be rescued).
        """
        flushing = self._flushing
        if flushing is not None:
            await asyncio.wait([flushing], timeout=patience_s)
            flushing.cancel()
            await asyncio.wait([flushing])
        return len(self._pending)

    async def _flush(self) -> None:
        failures = 0
        try:
            while self._pending:
                if await self._write(self._pending[:LARGEST_BATCH], failures):
                    failures = 0
                    self._settled()
                    await self._gather()
                else:
                    failures += 1
                    pause = growing(_SHORTEST_PAUSE, failures, longest=_LONGEST_PAUSE)
                    await asyncio.sleep(pause * (0.5 + self._random.random()))
        finally:
            self._flushing = None

    async def _gather(self) -> None:
        pause = self._gather_s()
        if pause and len(self._pending) < ENOUGH:
            self._gathering = asyncio.Event()
            try:
                with suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await self._gathering.wait()
            finally:
                self._gathering = None

    async def _write(self, batch: list[Settlement], failures: int) -> bool:
        """Write the oldest outcomes; where that fails they stay, and the first failure is told."""
        try:
            settled = await settle(self._store, self._namespace, batch, random=self._random)
        except StoreError as error:
            if not failures:
                logging.getLogger("beltline").warning(
                    "settling: %s; %d outcomes wait", error, len(self._pending)
                )
            return False
        except Exception:
            logging.getLogger("beltline").exception("settling failed; %d outcomes wait", len(self._pending))
            return False
        del self._pending[: len(batch)]
        if settled.lost:
            logging.getLogger("beltline").warning(
                "settling: %d jobs were no longer ours: %s", len(settled.lost), settled.lost[:5]
            )
        return True
