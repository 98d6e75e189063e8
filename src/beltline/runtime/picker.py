"""Takes the jobs that need something of their worker, beside the claims of those that need nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from beltline.core.clock import MICROS, Clock
from beltline.core.job import ClaimedJob
from beltline.core.needs import Needs
from beltline.core.offers import Offer
from beltline.engine.capacity import take
from beltline.runtime.run import Run
from beltline.store.contract import Store
from beltline.store.fronts import Lane

# A worker whose every claim is full looks so often for jobs with needs: four small reads a second.
LOOK_US: Final = MICROS // 4
# An idle one looks when it was told that a job is queued and finds none without needs, but no oftener.
SOON_US: Final = MICROS // 20


class Picker:
    """Looks for jobs with needs while there is reason to: workers of other jobs do next to nothing for it.

    `runs` are the runs of the worker: those that were picked hold what they asked for until they leave it.
    """

    def __init__(
        self,
        store: Store,
        namespace: str,
        *,
        queues: tuple[str, ...] | None,
        offer: Offer,
        runs: Mapping[tuple[str, int], Run],
        clock: Clock,
    ) -> None:
        self._clock = clock
        self._store = store
        self._namespace = namespace
        self._queues = queues
        self._offer = offer
        self._runs = runs
        self._held: dict[tuple[str, int], Needs] = {}
        # The first claim is a plain one; where it finds nothing, there may be jobs with needs.
        self._looked_at = clock.monotonic() - SOON_US
        self._told = True
        self._freed = False
        self._waits = False
        self._after: Lane | None = None

    def told(self) -> None:
        """Note that a job was queued, perhaps one with needs."""
        self._told = True

    def freed(self) -> bool:
        """Note that a run ended; return whether jobs wait for what it may have held."""
        self._freed = self._waits and bool(self._held)
        return self._freed

    @property
    def is_due(self) -> bool:
        """Whether to look before the next claim, however many jobs that would find."""
        return self._freed or self._since_look() >= (SOON_US if self._waits and self._told else LOOK_US)

    @property
    def is_missed(self) -> bool:
        """Whether to look after a claim that found nothing."""
        return self._told and self._since_look() >= SOON_US

    def due_in(self, longest: float, *, found: bool) -> float:
        """Return after how many seconds an idle worker should look, at the longest.

        `found`: its last claim found jobs, so what it was told of was most likely these.
        """
        if not (self._told or self._waits or self._after):
            return longest
        wait_us = (SOON_US if self._told and not found else LOOK_US) - self._since_look()
        return min(longest, max(0.001, wait_us / MICROS))

    async def pick(self, session: str, slots: int) -> list[ClaimedJob]:
        """Claim what fits beside what is held, at most `slots`. Raises LeaseLost, StoreError."""
        self._looked_at = self._clock.monotonic()
        self._told = self._freed = False
        self._held = {key: needs for key, needs in self._held.items() if key in self._runs}
        look = await take(
            self._store,
            self._namespace,
            session,
            queues=self._queues,
            offer=self._offer,
            held=self._held.values(),
            slots=slots,
            after=self._after,
        )
        self._waits, self._after = look.waits, look.after
        for job in look.jobs:
            self._held[job.id, job.fence] = look.needs[job.id]
        return look.jobs

    def _since_look(self) -> int:
        return self._clock.monotonic() - self._looked_at
