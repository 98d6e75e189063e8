"""A clock that stands still until a test moves it."""

from __future__ import annotations

from typing import Final

# 2030-01-01 12:00 UTC: far from any midnight.
NOON: Final = 1_893_499_200_000_000


class StillClock:
    """The injected clock of a test, in UTC microseconds: nothing moves it but `advance` and `move_to`."""

    def __init__(self, now: int = NOON) -> None:
        self._now = now
        self._monotonic = 0

    def now(self) -> int:
        """Return the time in UTC microseconds since 1970."""
        return self._now

    def monotonic(self) -> int:
        """Return the microseconds that the clock was moved since it was made."""
        return self._monotonic

    def advance(self, micros: int) -> None:
        """Let time pass; nothing runs by it. `Kit.advance` also runs what falls due."""
        self._now += micros
        self._monotonic += micros

    def move_to(self, at: int) -> None:
        """Let time pass until `at`; a time that is past changes nothing."""
        self.advance(max(0, at - self._now))
