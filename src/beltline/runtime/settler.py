"""Writes outcomes in batches: what ended while one batch was on its way goes with the next.

A lone outcome goes at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Final

from beltline.core.errors import StoreError
from beltline.core.ids import Random
from beltline.engine.settle import Settlement, settle
from beltline.store.contract import Store

LARGEST_BATCH: Final = 500
_LONGEST_PAUSE: Final = 5.0


class Settler:
    """Keeps outcomes until the store has them.

    While the store is away they wait here, and no new jobs are claimed (see `behind`).
    """

    def __init__(self, store: Store, namespace: str, *, random: Random, settled: Callable[[], None]) -> None:
        self._store = store
        self._namespace = namespace
        self._random = random
        self._settled = settled
        self._pending: list[Settlement] = []
        self._flushing: asyncio.Task[None] | None = None

    @property
    def behind(self) -> int:
        """How many outcomes are not in the store yet."""
        return len(self._pending)

    @property
    def idle(self) -> bool:
        """Whether every outcome is in the store."""
        return self._flushing is None

    @property
    def pending_ids(self) -> set[str]:
        """The jobs whose outcomes are not in the store yet."""
        return {item.job.id for item in self._pending}

    def put(self, item: Settlement) -> None:
        """Take an outcome; it is written as soon as possible."""
        self._pending.append(item)
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())

    async def close(self, patience_s: float) -> int:
        """Wait until all is written, at most `patience_s`.

        Return how many outcomes are not (their jobs will be rescued).
        """
        if self._flushing is not None:
            await asyncio.wait([self._flushing], timeout=patience_s)
        if self._flushing is not None:
            self._flushing.cancel()
        return len(self._pending)

    async def _flush(self) -> None:
        failures = 0
        try:
            while self._pending:
                batch = self._pending[:LARGEST_BATCH]
                try:
                    settled = await settle(self._store, self._namespace, batch, random=self._random)
                except StoreError as error:
                    failures += 1
                    if failures == 1:
                        logging.getLogger("beltline").warning(
                            "settling: %s; %d outcomes wait", error, len(self._pending)
                        )
                    await asyncio.sleep(
                        min(0.05 * 2**failures, _LONGEST_PAUSE) * (0.5 + self._random.random())
                    )
                    continue
                failures = 0
                del self._pending[: len(batch)]
                if settled.lost:
                    logging.getLogger("beltline").warning(
                        "settling: %d jobs were no longer ours: %s", len(settled.lost), settled.lost[:5]
                    )
                with contextlib.suppress(Exception):
                    self._settled()
        finally:
            self._flushing = None
