"""Lets go on what waited: dependents of jobs that ended."""

from __future__ import annotations

from typing import Final

from beltline.core.ids import Random
from beltline.engine import upkeep
from beltline.runtime.loop import Loop
from beltline.store.contract import Store

LOOK_S: Final = 1.0


class Releaser(Loop):
    """Is woken by the hint that others wait for what ended; without hints it looks every second."""

    def __init__(self, store: Store, namespace: str, *, random: Random) -> None:
        super().__init__("releaser", LOOK_S, self._release, random=random)
        self._store = store
        self._namespace = namespace

    async def _release(self) -> bool:
        return await upkeep.release(self._store, self._namespace) > 0
