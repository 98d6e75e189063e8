"""Time: UTC microseconds as an int, read from one injected clock. Nothing else in Beltline reads a clock."""

from __future__ import annotations

import time
from typing import Final, Protocol

MICROS: Final = 1_000_000
MINUTE: Final = 60 * MICROS
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR


class Clock(Protocol):
    """The source of time. `now` may jump (it is a wall clock); `monotonic` never goes back."""

    def now(self) -> int:
        """Return the time in UTC microseconds since 1970."""
        ...

    def monotonic(self) -> int:
        """Return microseconds since an arbitrary start, never decreasing; differences are elapsed time."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> int:
        """Return the machine's wall clock in UTC microseconds."""
        return time.time_ns() // 1_000

    def monotonic(self) -> int:
        """Return the machine's monotonic clock in microseconds."""
        return time.monotonic_ns() // 1_000
