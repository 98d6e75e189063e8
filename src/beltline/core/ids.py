"""Time-ordered ids: 26 characters of lower-case base 32, the first ten from the clock, the rest random."""

from __future__ import annotations

import base64
import hashlib
from types import MappingProxyType
from typing import Final, Protocol

ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS: Final = tuple(high + low for high in ALPHABET for low in ALPHABET)
_RANDOM_BITS: Final = 80
_TIME_CHARS: Final = 10
_LENGTH: Final = 26
_CHARS: Final = frozenset(ALPHABET)
_FROM_BASE_32: Final = MappingProxyType(str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", ALPHABET))


class Random(Protocol):
    """The source of randomness; `random.Random` and `random.SystemRandom` fit."""

    def getrandbits(self, k: int, /) -> int:
        """Return an int of `k` random bits."""
        ...

    def random(self) -> float:
        """Return a float from 0 (included) to 1 (excluded)."""
        ...


def new_id(now: int, random: Random) -> str:
    """Return an id that sorts after the ids made in earlier milliseconds, in byte order.

    80 random bits: the chance that one million ids of one millisecond collide is below 1e-12.
    """
    value = (now // 1_000) << _RANDOM_BITS | random.getrandbits(_RANDOM_BITS)
    pairs = _PAIRS
    return (
        pairs[value >> 120 & 1023]
        + pairs[value >> 110 & 1023]
        + pairs[value >> 100 & 1023]
        + pairs[value >> 90 & 1023]
        + pairs[value >> 80 & 1023]
        + pairs[value >> 70 & 1023]
        + pairs[value >> 60 & 1023]
        + pairs[value >> 50 & 1023]
        + pairs[value >> 40 & 1023]
        + pairs[value >> 30 & 1023]
        + pairs[value >> 20 & 1023]
        + pairs[value >> 10 & 1023]
        + pairs[value & 1023]
    )


def created_at(job_id: str) -> int:
    """Return the microsecond (rounded down to the millisecond) at which `new_id` made this id."""
    value = 0
    for char in job_id[:10]:
        value = value << 5 | ALPHABET.index(char)
    return value * 1_000


def child_id(parent: str, *words: bytes) -> str:
    """Return the id of a child that is what these words say: the same again for the same words.

    It begins as its parent's, so that both sort alike; 80 bits of a hash tell it from its siblings.
    """
    digest = hashlib.blake2b(b"\0".join((parent.encode(), *words)), digest_size=20).digest()
    chars = base64.b32encode(digest).decode().translate(_FROM_BASE_32)[:_LENGTH]
    return parent[:_TIME_CHARS] + chars[_TIME_CHARS:] if _is_drawn(parent) else chars


def _is_drawn(job_id: str) -> bool:
    return len(job_id) == _LENGTH and set(job_id) <= _CHARS
