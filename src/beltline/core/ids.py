"""Time-ordered ids: 26 characters of lower-case base 32, the first ten from the clock, the rest random."""

from __future__ import annotations

import hashlib
from typing import Final, Protocol

ALPHABET: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS: Final = tuple(high + low for high in ALPHABET for low in ALPHABET)
_RANDOM_BITS: Final = 80
_TIME_CHARS: Final = 10
_LENGTH: Final = 26
_COUNTED_BITS: Final = 20
_DRAWN_BITS: Final = _RANDOM_BITS - _COUNTED_BITS
_CHARS: Final = frozenset(ALPHABET)
_FAMILY_CHARS: Final = 4
_PREFIX_PAIRS: Final = (_TIME_CHARS + _FAMILY_CHARS) // 2
_DIGEST: Final = 9


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


def new_ids(now: int, random: Random, count: int) -> list[str]:
    """Return `count` ids of one moment in their order: 60 bits are drawn for all, and 20 count up.

    They lie side by side in the tables, where ids that are drawn one by one touch a page each. The chance
    that two draws of one millisecond are alike is below 1e-18.
    """
    pairs, made = _PAIRS, list[str]()
    while len(made) < count:
        value = (now // 1_000) << _DRAWN_BITS | random.getrandbits(_DRAWN_BITS)
        begun = "".join([pairs[value >> shift & 1023] for shift in range(100, -1, -10)])
        numbers = range(min(count - len(made), 1 << _COUNTED_BITS))
        made += [begun + pairs[number >> 10] + pairs[number & 1023] for number in numbers]
    return made


def created_at(job_id: str) -> int:
    """Return the microsecond (rounded down to the millisecond) at which `new_id` made this id."""
    value = 0
    for char in job_id[:10]:
        value = value << 5 | ALPHABET.index(char)
    return value * 1_000


class ChildIds:
    """The ids of one parent's children: equal ones get the same id again, in whatever order they are asked.

    They begin as their parent's, so that they sort where it does, and go on with four characters of the
    parent's own: siblings lie side by side in the tables, where ids that are drawn by a hash alone would
    touch as many pages as there are jobs. The last 60 bits, of the payload's hash and one of parent,
    definition and number, tell a child from its siblings: the chance that two of a million are alike is
    below 1e-6, and then the second one is refused.
    """

    __slots__ = ("_begun", "_firsts", "_prefix")

    def __init__(self, parent: str) -> None:
        self._begun = hashlib.blake2b(parent.encode() + b"\0", digest_size=_DIGEST)
        self._firsts: dict[str, int] = {}
        family = parent[:_TIME_CHARS] + parent[-_FAMILY_CHARS:]
        self._prefix = family if _is_drawn(parent) else _base_32(self._begun.digest(), _PREFIX_PAIRS)

    def of(self, definition: str, payload_hash: bytes, number: int) -> str:
        """Return the id of the child with this payload that comes after `number` alike."""
        # The first of its kind, as most are, needs no hash of its own: that is half of the time.
        salt = self._firsts.get(definition) if number == 0 else None
        if salt is None:
            salt = self._salt(definition, number)
        value = int.from_bytes(payload_hash[:8], "big") ^ salt
        pairs = _PAIRS
        return (
            self._prefix
            + pairs[value >> 50 & 1023]
            + pairs[value >> 40 & 1023]
            + pairs[value >> 30 & 1023]
            + pairs[value >> 20 & 1023]
            + pairs[value >> 10 & 1023]
            + pairs[value & 1023]
        )

    def _salt(self, definition: str, number: int) -> int:
        begun = self._begun.copy()
        begun.update(f"{definition}\0{number}".encode())
        salt = int.from_bytes(begun.digest()[:8], "big")
        if number == 0:
            self._firsts[definition] = salt
        return salt


def _base_32(digest: bytes, pairs: int) -> str:
    value = int.from_bytes(digest, "big")
    return "".join([_PAIRS[value >> shift & 1023] for shift in range(0, 10 * pairs, 10)])


def _is_drawn(job_id: str) -> bool:
    return len(job_id) == _LENGTH and set(job_id) <= _CHARS
