"""How many jobs wait in a namespace: a count that is looked up rarely, with what was added here since."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from beltline.core.clock import MICROS, Clock
from beltline.core.states import JobState
from beltline.store.contract import Store
from beltline.wire.problems import Refused

# Near the limit the count is looked up as often as the overshoot of other processes must stay small.
NEAR_US: Final = 250_000
FAR_US: Final = 10 * MICROS
_NEAR: Final = 0.9


class Depth:
    """Refuses submits to a namespace in which too much waits."""

    def __init__(self, store: Store, namespace: str, *, most: int, clock: Clock) -> None:
        self._store = store
        self._namespace = namespace
        self._most = most
        self._clock = clock
        self._queued = 0
        self._looked_at: int | None = None

    async def admit(self, jobs: int) -> None:
        """Count jobs that are about to be stored. Raises Refused where they would be too many."""
        await self._look()
        if self._queued + jobs > self._most:
            raise Refused(
                HTTPStatus.TOO_MANY_REQUESTS,
                "queue_full",
                f"{self._queued:,} jobs wait in this namespace, and {self._most:,} may: submit again later",
                retry_after=1,
            )
        self._queued += jobs

    async def _look(self) -> None:
        now = self._clock.monotonic()
        allowed = NEAR_US if self._queued >= self._most * _NEAR else FAR_US
        if self._looked_at is None or now - self._looked_at >= allowed:
            # Before the query: those who come meanwhile go by the count that there is.
            self._looked_at = now
            counts = await self._store.reads.counts(self._namespace)
            self._queued = sum(count.jobs for count in counts if count.state is JobState.QUEUED)
