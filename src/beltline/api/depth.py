"""How many jobs wait in a namespace: a count that is looked up rarely, with what was added here since."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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
# A caller may let as many jobs as it likes wait for others; those with a time of their own are not counted.
_WAITING: Final = frozenset({JobState.QUEUED, JobState.WAITING})


class Depth:
    """Refuses submits to a namespace in which too much waits."""

    def __init__(self, store: Store, namespace: str, *, most: int, clock: Clock) -> None:
        self._store = store
        self._namespace = namespace
        self._most = most
        self._clock = clock
        self._counted = 0
        # Stored here since that count began, and let in but not stored yet: the count may not have seen them.
        self._stored = 0
        self._coming = 0
        self._looked_at: int | None = None
        self._is_looking = False

    @asynccontextmanager
    async def room(self, jobs: int) -> AsyncIterator[None]:
        """Hold room for jobs while they are stored. Raises Refused where they would be too many."""
        await self.require_room(jobs)
        self._coming += jobs
        try:
            yield
            self._stored += jobs
        finally:
            self._coming -= jobs

    async def require_room(self, jobs: int) -> None:
        """Raise Refused where so many jobs more would be too many."""
        await self._look()
        waiting = self._waiting()
        if waiting + jobs > self._most:
            raise Refused(
                HTTPStatus.TOO_MANY_REQUESTS,
                "queue_full",
                f"{waiting:,} jobs wait in this namespace, and {self._most:,} may: submit again later",
                retry_after=1,
            )

    def _waiting(self) -> int:
        return self._counted + self._stored + self._coming

    async def _look(self) -> None:
        now = self._clock.monotonic()
        allowed = NEAR_US if self._waiting() >= self._most * _NEAR else FAR_US
        if self._is_looking or (self._looked_at is not None and now - self._looked_at < allowed):
            return
        # One look at a time: an older count that came later would forget what was stored since. Those who
        # come meanwhile go by the count that there is.
        self._is_looking = True
        self._looked_at = now
        seen = self._stored
        try:
            counts = await self._store.reads.counts(self._namespace)
        finally:
            self._is_looking = False
        self._counted = sum(count.jobs for count in counts if count.state in _WAITING)
        self._stored -= seen
