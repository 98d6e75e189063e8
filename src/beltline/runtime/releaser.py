"""Lets go on what waited: dependents of jobs that ended."""

from __future__ import annotations

from beltline.core.ids import Random
from beltline.engine import upkeep
from beltline.engine.batches import look
from beltline.runtime.loop import REST_S, Loop
from beltline.store.contract import Store


class Releaser(Loop):
    """Is woken where others wait for what ended."""

    def __init__(self, store: Store, namespace: str, *, random: Random) -> None:
        super().__init__("releaser", REST_S, self._release, random=random)
        self._store = store
        self._namespace = namespace

    async def _release(self) -> bool:
        # What a release or a look brings about is hinted again; only a full batch leaves something behind.
        released = await self._store.edges.release(self._namespace, self._store.now(), upkeep.BATCH)
        looked = await look(self._store, self._namespace)
        return released >= upkeep.BATCH or looked > 0
