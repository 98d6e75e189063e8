"""Upkeep for namespaces whose workers may all be remote: whoever serves REST does the chores for them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from beltline.config import RetentionConfig
from beltline.core.clock import MICROS, Clock
from beltline.core.ids import Random
from beltline.runtime.loop import Loop
from beltline.runtime.neighbours import Neighbours
from beltline.runtime.rescuer import Rescuer
from beltline.runtime.upkeep import Upkeep
from beltline.store.contract import Store

LOOK_S: Final = 5.0
RESCUE_S: Final = 1.0
ANSWERS_BATCH: Final = 1_000


class Steward:
    """Runs the loops of upkeep for every namespace that `namespaces` names.

    All of them are safe in many processes.
    """

    def __init__(
        self,
        store: Store,
        namespaces: Callable[[], Awaitable[Sequence[str]]],
        *,
        retention: RetentionConfig,
        clock: Clock,
        random: Random,
    ) -> None:
        self._store = store
        self._namespaces = namespaces
        self._retention = retention
        self._clock = clock
        self._random = random
        self._neighbours = Neighbours()
        self._loops: dict[str, list[Loop]] = {}
        self._unsubscribe: list[Callable[[], None]] = []
        self._looking = Loop("steward", LOOK_S, self.tick, random=random)

    def start(self) -> None:
        """Begin to look for namespaces."""
        self._looking.start()

    async def stop(self) -> None:
        """Stop all loops."""
        await self._looking.stop()
        for unsubscribe in self._unsubscribe:
            unsubscribe()
        for loops in self._loops.values():
            for loop in loops:
                await loop.stop()

    async def tick(self) -> bool:
        """Take up the namespaces that are new."""
        for namespace in await self._namespaces():
            if namespace not in self._loops:
                await self._take_up(namespace)
        return False

    async def _take_up(self, namespace: str) -> None:
        store = self._store
        rescuer = Rescuer(
            store,
            namespace,
            clock=self._clock,
            random=self._random,
            own=lambda: "",
            every_us=int(RESCUE_S * MICROS),
            is_gone=self._neighbours.is_gone,
        )
        upkeep = Upkeep(
            store,
            namespace,
            retention=self._retention,
            rescuer=rescuer,
            rescue_s=RESCUE_S,
            random=self._random,
        )

        async def forget_answers() -> bool:
            return await store.answers.prune(namespace, store.now(), ANSWERS_BATCH) >= ANSWERS_BATCH

        loops = [Loop("answers", 3_600.0, forget_answers, random=self._random), *upkeep.loops]
        self._unsubscribe.append(await store.wakeups.subscribe(namespace, upkeep.hinted))
        self._loops[namespace] = loops
        for loop in loops:
            loop.start()
