"""How many bodies in processes a worker claims ahead of their turn."""

from __future__ import annotations

from typing import Final

# So much work for each process is claimed at once; what takes longer is left for whichever worker is free.
AHEAD_US: Final = 40_000
_MOST_AHEAD: Final = 16
_NEWEST: Final = 8


class Pace:
    """Knows how long bodies take here, each new one counting for an eighth.

    Before the first it expects them to be too long to claim ahead.
    """

    def __init__(self, places: int) -> None:
        self._places = places
        self._usual_us = AHEAD_US

    def took(self, duration_us: int) -> None:
        """Note how long a body took."""
        self._usual_us += (duration_us - self._usual_us) // _NEWEST

    @property
    def ahead(self) -> int:
        """How many bodies, beside those that have a place, will have their turn in a moment."""
        return self._places * min(_MOST_AHEAD, AHEAD_US // (self._usual_us + 1))
