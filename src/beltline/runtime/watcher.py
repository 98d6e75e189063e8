"""Looks after triggers. Every worker has one; any number may look at once."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from beltline.core.clock import MICROS
from beltline.core.ids import Random
from beltline.definitions.trigger import Message
from beltline.engine import trigger_looks
from beltline.engine.trigger_looks import Places
from beltline.engine.triggers import everything
from beltline.runtime.loop import Loop
from beltline.runtime.receiver import Receivers
from beltline.store.contract import Store
from beltline.triggers.contract import OpenSource
from beltline.triggers.places import open_listing

LOOK_S: Final = 1.0
# Where no trigger needs a look, so many looks are left out: a new one is seen within ten seconds.
REST_LOOKS: Final = 10


class Watcher(Loop):
    """Looks when the next trigger is due, and when an outcome was noted.

    A look where nothing is due is one read of the fronts of small indexes: each second where there are
    triggers that need looks, else each ten.
    """

    def __init__(
        self,
        store: Store,
        namespace: str,
        *,
        random: Random,
        sources: Mapping[str, OpenSource],
        look_s: float = LOOK_S,
    ) -> None:
        super().__init__("watcher", look_s, self._look, random=random)
        self._store = store
        self._namespace = namespace
        self._chance = random
        self._places = Places(open_listing)
        self._receivers = Receivers(store, namespace, sources, random=random)
        self._look_s = look_s
        self._watches = False
        self._rests = 0
        self._due: asyncio.TimerHandle | None = None

    def linked(self) -> None:
        """Hear that others wait for what ended: a trigger may."""
        if self._watches:
            self.wake()

    def wake(self) -> None:
        """Look soon."""
        self._rests = 0
        super().wake()

    async def is_due(self) -> bool:
        """Return whether there is something to do now."""
        return await trigger_looks.is_due(self._store, self._namespace)

    async def stop(self) -> None:
        """Stop; a look under way is cancelled, and what was received and not stored comes again."""
        if self._due is not None:
            self._due.cancel()
        await super().stop()
        await self._receivers.stop()

    async def _look(self) -> bool:
        loop = asyncio.get_running_loop()
        if self._rests:
            self._rests -= 1
            return False
        outlook = await self._store.triggers.outlook(self._namespace)
        self._watches = outlook.watches
        await self._receive(is_wanted=outlook.receives)
        wait_s = None if outlook.next_at is None else (outlook.next_at - self._store.now()) / MICROS
        if outlook.has_outcomes or (wait_s is not None and wait_s <= 0):
            return (
                await trigger_looks.turn(self._store, self._namespace, self._places, random=self._chance) > 0
            )
        if wait_s is not None and wait_s < 2 * self._look_s:
            if self._due is not None:
                self._due.cancel()
            self._due = loop.call_later(wait_s, self.wake)
        if outlook.next_at is None and not outlook.watches and not outlook.receives:
            self._rests = REST_LOOKS - 1
        return False

    async def _receive(self, *, is_wanted: bool) -> None:
        rows = await everything(self._store, self._namespace) if is_wanted else []
        await self._receivers.follow(
            {row.name: row for row in rows if row.kind == Message.KIND and not row.paused}
        )
