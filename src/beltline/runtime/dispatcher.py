"""Queues jobs when they fall due: delays, retries, snoozes."""

from __future__ import annotations

import asyncio
from typing import Final

from beltline.core.clock import MICROS
from beltline.core.ids import Random
from beltline.engine import upkeep
from beltline.runtime.loop import Loop
from beltline.store.contract import Store

LOOK_S: Final = 1.0
_GATHER_S: Final = 0.02


class Dispatcher(Loop):
    """Looks when the next job falls due, and wakes then.

    A hint makes it look again, at most fifty times a second. Without hints it looks every `look_s` seconds:
    what was stored meanwhile may start that much late, never early.
    """

    def __init__(self, store: Store, namespace: str, *, random: Random, look_s: float = LOOK_S) -> None:
        super().__init__("dispatcher", look_s, self._stage, random=random)
        self._look_s = look_s
        self._store = store
        self._namespace = namespace
        self._due: asyncio.TimerHandle | None = None
        self._gathering: asyncio.TimerHandle | None = None

    def hinted(self) -> None:
        """Look soon: a job was stored or moved that falls due later."""
        if self._gathering is None:
            self._gathering = asyncio.get_running_loop().call_later(_GATHER_S, self._gathered)

    async def stop(self) -> None:
        """Stop; a tick under way is cancelled."""
        for timer in (self._due, self._gathering):
            if timer is not None:
                timer.cancel()
        await super().stop()

    def _gathered(self) -> None:
        self._gathering = None
        self.wake()

    async def _stage(self) -> bool:
        due = await self._store.upkeep.next_due(self._namespace)
        if due is None:
            return False
        wait_s = (due - self._store.now()) / MICROS
        if wait_s <= 0:
            return await upkeep.stage(self._store, self._namespace) > 0
        if wait_s < self._look_s:
            if self._due is not None:
                self._due.cancel()
            self._due = asyncio.get_running_loop().call_later(wait_s, self.wake)
        return False
