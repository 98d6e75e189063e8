"""How long to wait after one failure and after many."""

from __future__ import annotations

from typing import Final

_MOST_DOUBLINGS: Final = 30


def growing(first: float, failures: int, *, longest: float) -> float:
    """Return the pause after this many failures in a row: it doubles each time, up to `longest`."""
    # Bounded before it becomes a float: an outage of an hour counts more doublings than a float can hold.
    return min(first * (1 << min(failures, _MOST_DOUBLINGS)), longest)
