"""How many submits are in work at once: a flood of them waits in line, and everything else goes first."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Final

from beltline.core.clock import MICROS, Clock
from beltline.wire.problems import Refused

# Whatever else is asked waits, in each turn of the event loop, for all submits that go on in it, and a read
# takes several turns. So there are few of them while others ask, and enough for good batches else.
FEW: Final = 4
MANY: Final = 64
QUIET_US: Final = MICROS // 10
# Who is refused and comes again at once makes each turn as long as it takes to read and refuse a request on
# each of its connections, 0.2 ms each; a read waits for two such turns.
HOLD_S: Final = 0.1
MOST_WAITING: Final = 2_000
# Larger bodies do not stand in line: their jobs may wait for an object store, which would hold up the others.
LARGE: Final = 65_536


class Turnstile:
    """Lets submits begin, first come first served. Belongs to one event loop."""

    def __init__(self, *, clock: Clock, most_waiting: int = MOST_WAITING) -> None:
        self._clock = clock
        self._most_waiting = most_waiting
        self._inside = 0
        self._held = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._other_at: int | None = None

    def note_other(self) -> None:
        """Note a request that is no submit: for a moment few submits are in work at once."""
        self._other_at = self._clock.monotonic()

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for a place, and hold it. Raises Refused (429) where too many wait already."""
        if self._waiting or self._inside >= self._most:
            await self._wait()
        else:
            self._inside += 1
        try:
            yield
        finally:
            self._inside -= 1
            self._let_in()

    async def hold(self) -> None:
        """Keep who is refused for a moment while others ask, unless too many are kept already."""
        if self._is_quiet or self._held >= self._most_waiting:
            return
        self._held += 1
        try:
            await asyncio.sleep(HOLD_S)
        finally:
            self._held -= 1

    @property
    def _is_quiet(self) -> bool:
        return self._other_at is None or self._clock.monotonic() - self._other_at >= QUIET_US

    @property
    def _most(self) -> int:
        return MANY if self._is_quiet else FEW

    async def _wait(self) -> None:
        if len(self._waiting) >= self._most_waiting:
            raise Refused(
                HTTPStatus.TOO_MANY_REQUESTS,
                "too_many_submits",
                f"{self._most_waiting:,} submits wait here already: submit again later, many in one request",
                retry_after=1,
            )
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            # Whoever gives up when its place was just given passes it on.
            if place.done() and not place.cancelled():
                self._inside -= 1
                self._let_in()
            raise

    def _let_in(self) -> None:
        while self._waiting and self._inside < self._most:
            place = self._waiting.popleft()
            if not place.done():
                self._inside += 1
                place.set_result(None)
