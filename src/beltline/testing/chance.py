"""Chance that a test can repeat."""

from __future__ import annotations

import random
from typing import Final

# An id has 80 bits, of which those of one draw share the first 60.
_COUNTED_IN: Final = 60


class CountingRandom:
    """Ids count upwards in the order in which they are made, so jobs run in the order of their submits.

    Fractions (the jitter of retries) follow the seed.
    """

    def __init__(self, seed: int = 0) -> None:
        self._fractions = random.Random(seed)  # noqa: S311 - it decides jitter, and must repeat
        self._count = 0

    def getrandbits(self, k: int, /) -> int:
        """Return the next number, in front of the bits that ids of one draw count in."""
        self._count += 1
        return (self._count << max(0, k - _COUNTED_IN)) % (1 << k)

    def random(self) -> float:
        """Return the next fraction of the seed."""
        return self._fractions.random()
