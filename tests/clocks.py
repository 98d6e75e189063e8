"""A clock that stands still until a test moves it."""

from __future__ import annotations

from typing import Final

# A Tuesday noon, UTC: far from any midnight, and after whatever day the tests run on.
NOON: Final = 1_893_499_200_000_000


class FakeClock:
    """Both clocks in one: `advance` moves them together, `jump` moves the wall clock alone."""

    def __init__(self, now: int = NOON) -> None:
        self._now = now
        self._monotonic = 0

    def now(self) -> int:
        return self._now

    def monotonic(self) -> int:
        return self._monotonic

    def advance(self, micros: int) -> int:
        """Let `micros` pass; return the new wall time."""
        self._now += micros
        self._monotonic += micros
        return self._now

    def jump(self, micros: int) -> int:
        """Move the wall clock, back too; return the new wall time."""
        self._now += micros
        return self._now
