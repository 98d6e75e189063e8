"""The system's random bits, drawn a few thousand at a time."""

from __future__ import annotations

import os
import random
from typing import Final

POOL_BYTES: Final = 4_096
_FLOAT_BITS: Final = 53


class Draws:
    """A source of randomness for ids: as good as `random.SystemRandom`, with a hundredth of its system calls.

    For one thread. A forked process draws anew, so that it never repeats what its parent drew. Not for keys
    or passwords: what was drawn ahead lies in memory.
    """

    def __init__(self) -> None:
        self._source = random.SystemRandom()
        self._pool = b""
        self._at = 0
        self._pid = 0

    def getrandbits(self, k: int, /) -> int:
        """Return an int of `k` random bits."""
        size = (k + 7) // 8
        at = self._at
        if at + size > len(self._pool) or self._pid != os.getpid():
            drawn = max(POOL_BYTES, size)
            self._pool = self._source.getrandbits(8 * drawn).to_bytes(drawn)
            self._pid = os.getpid()
            at = 0
        self._at = at + size
        return int.from_bytes(self._pool[at : at + size]) >> (size * 8 - k)

    def random(self) -> float:
        """Return a float from 0 (included) to 1 (excluded)."""
        return self.getrandbits(_FLOAT_BITS) / (1 << _FLOAT_BITS)
