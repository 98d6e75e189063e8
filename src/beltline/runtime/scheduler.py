"""Fires what schedules say when they say it. Every worker has one; any number may look at once."""

from __future__ import annotations

from typing import Final

from beltline.core.clock import MICROS
from beltline.core.ids import Random
from beltline.engine import backfills, ticking
from beltline.runtime.loop import AHEAD_S, REST_S, Loop
from beltline.store.contract import Store
from beltline.store.schedules import Outlook

_GATHER_S: Final = 0.02


class Scheduler(Loop):
    """Looks when the next tick comes, and wakes then.

    Where nothing is due a look is one read of the fronts of small indexes. It is woken for ticks of the next
    two seconds; a tick is that much late where no one woke it, never early.
    """

    def __init__(self, store: Store, namespace: str, *, random: Random) -> None:
        super().__init__("scheduler", REST_S, self._look, random=random)
        self._store = store
        self._namespace = namespace
        self._chance = random
        self._timetables = ticking.Timetables()
        self._waits = False

    def finished(self) -> None:
        """Hear that jobs ended: a tick or a backfill may wait for that."""
        if self._waits:
            self.wake_in(_GATHER_S)

    async def is_due(self) -> bool:
        """Return whether there is something to do now."""
        outlook = await self._store.schedules.outlook(self._namespace)
        if outlook.next_at is not None and outlook.next_at <= self._store.now():
            return await ticking.is_due(self._store, self._namespace, self._timetables)
        return outlook.backfilling and await backfills.is_due(self._store, self._namespace)

    async def _look(self) -> bool:
        outlook = await self._store.schedules.outlook(self._namespace)
        self._waits = outlook.buffering or outlook.backfilling
        wait_s = AHEAD_S
        if outlook.next_at is not None:
            wait_s = (outlook.next_at - self._store.now()) / MICROS
        done = await self._work(outlook, is_due=wait_s <= 0) if self._waits or wait_s <= 0 else 0
        if done:
            return True
        if 0 < wait_s < AHEAD_S:
            self.wake_in(wait_s)
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
