"""Tells of a clock that was set while a worker ran."""

from __future__ import annotations

import logging
from typing import Final

from beltline.core.clock import MICROS, Clock
from beltline.store.contract import Store

# What keeps clocks in step moves them by less.
LEAP_US: Final = 5 * MICROS


class Leaps:
    """Compares the store's time with a clock that nobody can set; a difference is told once.

    On SQLite the store's time is this machine's, on PostgreSQL the server's.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._distance: int | None = None

    async def look(self, store: Store) -> None:
        """Look once."""
        distance = store.now() - self._clock.monotonic()
        before, self._distance = self._distance, distance
        leap = 0 if before is None else distance - before
        if abs(leap) >= LEAP_US:
            logging.getLogger("beltline").warning(
                "the store's clock was set %s by %.0f s (or this machine slept): nothing is lost, but what"
                " waits for a time starts that much %s; synchronize the clock (NTP), and look with"
                " `beltline doctor`",
                "forward" if leap > 0 else "back",
                abs(leap) / MICROS,
                "sooner" if leap > 0 else "later",
            )
