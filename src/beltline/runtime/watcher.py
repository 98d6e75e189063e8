"""Looks after triggers. Every worker has one; any number may look at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from beltline.core.clock import MICROS
from beltline.core.ids import Random
from beltline.definitions.trigger import Message
from beltline.engine import trigger_looks
from beltline.engine.trigger_looks import Places
from beltline.engine.triggers import everything
from beltline.runtime.loop import AHEAD_S, Loop
from beltline.runtime.receiver import Receivers
from beltline.store.contract import Store
from beltline.triggers.contract import OpenSource
from beltline.triggers.places import open_listing

# A trigger on messages that is made or changed meanwhile is followed that much later.
LOOK_S: Final = 10.0


class Watcher(Loop):
    """Looks when the next trigger is due, and when an outcome was noted.

    A look where nothing is due is one read of the fronts of small indexes. Without `sources` it leaves the
    messages to others.
    """

    def __init__(
        self, store: Store, namespace: str, *, random: Random, sources: Mapping[str, OpenSource] | None = None
    ) -> None:
        super().__init__("watcher", LOOK_S, self._look, random=random)
        self._store = store
        self._namespace = namespace
        self._chance = random
        self._places = Places(open_listing)
        self._receivers = None if sources is None else Receivers(store, namespace, sources, random=random)
        self._watches = False

    def linked(self) -> None:
        """Hear that others wait for what ended: a trigger may."""
        if self._watches:
            self.wake()

    async def is_due(self) -> bool:
        """Return whether there is something to do now."""
        return await trigger_looks.is_due(self._store, self._namespace)

    async def stop(self) -> None:
        """Stop; a look under way is cancelled, and what was received and not stored comes again."""
        await super().stop()
        if self._receivers is not None:
            await self._receivers.stop()

    async def _look(self) -> bool:
        outlook = await self._store.triggers.outlook(self._namespace)
        self._watches = outlook.watches
        if self._receivers is not None:
            await self._receive(self._receivers, is_wanted=outlook.receives)
        wait_s = None if outlook.next_at is None else (outlook.next_at - self._store.now()) / MICROS
        if outlook.has_outcomes or (wait_s is not None and wait_s <= 0):
            turn = trigger_looks.turn(self._store, self._namespace, self._places, random=self._chance)
            return await turn > 0
        if wait_s is not None and wait_s < AHEAD_S:
            self.wake_in(wait_s)
        return False

    async def _receive(self, receivers: Receivers, *, is_wanted: bool) -> None:
        rows = await everything(self._store, self._namespace) if is_wanted else []
        await receivers.follow({row.name: row for row in rows if row.kind == Message.KIND and not row.paused})
