"""Fires what schedules say when they say it. Every worker has one; any number may look at once."""

from __future__ import annotations

import asyncio
from typing import Final

from beltline.core.clock import MICROS
from beltline.core.ids import Random
from beltline.engine import backfills, ticking
from beltline.runtime.loop import Loop
from beltline.store.contract import Store
from beltline.store.schedules import Outlook

LOOK_S: Final = 1.0
_GATHER_S: Final = 0.02


class Scheduler(Loop):
    """Looks when the next tick comes, and wakes then.

    Where nothing is due a look is one read of the fronts of small indexes. What is made or edited is seen
    within `look_s` seconds: a tick that comes sooner than that after it may be that late, never early.
    """

    def __init__(self, store: Store, namespace: str, *, random: Random, look_s: float = LOOK_S) -> None:
        super().__init__("scheduler", look_s, self._look, random=random)
        self._look_s = look_s
        self._store = store
        self._namespace = namespace
        self._chance = random
        self._timetables = ticking.Timetables()
        self._waits = False
        self._due: asyncio.TimerHandle | None = None
        self._gathering: asyncio.TimerHandle | None = None

    def finished(self) -> None:
        """Hear that jobs ended: a tick or a backfill may wait for that."""
        if self._waits and self._gathering is None:
            self._gathering = asyncio.get_running_loop().call_later(_GATHER_S, self._gathered)

    async def is_due(self) -> bool:
        """Return whether there is something to do now."""
        outlook = await self._store.schedules.outlook(self._namespace)
        if outlook.next_at is not None and outlook.next_at <= self._store.now():
            return await ticking.is_due(self._store, self._namespace, self._timetables)
        return outlook.backfilling and await backfills.is_due(self._store, self._namespace)

    async def stop(self) -> None:
        """Stop; a look under way is cancelled."""
        for timer in (self._due, self._gathering):
            if timer is not None:
                timer.cancel()
        await super().stop()

    def _gathered(self) -> None:
        self._gathering = None
        self.wake()

    async def _look(self) -> bool:
        outlook = await self._store.schedules.outlook(self._namespace)
        self._waits = outlook.buffering or outlook.backfilling
        wait_s = self._look_s
        if outlook.next_at is not None:
            wait_s = (outlook.next_at - self._store.now()) / MICROS
        done = await self._work(outlook, is_due=wait_s <= 0) if self._waits or wait_s <= 0 else 0
        if done:
            return True
        if 0 < wait_s < 2 * self._look_s:
            if self._due is not None:
                self._due.cancel()
            self._due = asyncio.get_running_loop().call_later(wait_s, self.wake)
        return False

    async def _work(self, outlook: Outlook, *, is_due: bool) -> int:
        """Do what there is to do; return how much was done."""
        given = (self._store, self._namespace, self._timetables)
        done = await ticking.turn(*given, random=self._chance) if is_due else 0
        if outlook.buffering:
            done += await ticking.release(*given, random=self._chance)
        if outlook.backfilling:
            done += await backfills.turn(*given, random=self._chance)
        return done
