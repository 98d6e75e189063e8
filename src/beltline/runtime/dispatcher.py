"""Queues jobs when they fall due: delays, retries, snoozes."""

from __future__ import annotations

from typing import Final

from beltline.core.clock import MICROS
from beltline.core.ids import Random
from beltline.engine import upkeep
from beltline.runtime.loop import AHEAD_S, REST_S, Loop
from beltline.store.contract import Store

_GATHER_S: Final = 0.02


class Dispatcher(Loop):
    """Looks when the next job falls due, and wakes then.

    A hint makes it look again, at most fifty times a second. It is woken for jobs that fall due within two
    seconds; a job is queued that much late where no one woke it, never early.
    """

    def __init__(self, store: Store, namespace: str, *, random: Random) -> None:
        super().__init__("dispatcher", REST_S, self._stage, random=random)
        self._store = store
        self._namespace = namespace

    def hinted(self) -> None:
        """Look soon: a job was stored or moved that falls due later."""
        self.wake_in(_GATHER_S)

    async def _stage(self) -> bool:
        due = await self._store.upkeep.next_due(self._namespace)
        if due is None:
            return False
        wait_s = (due - self._store.now()) / MICROS
        if wait_s <= 0:
            return await upkeep.stage(self._store, self._namespace) > 0
        if wait_s < AHEAD_S:
            self.wake_in(wait_s)
        return False
