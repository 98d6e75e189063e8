"""Geohash: a place on the globe as a short text; places with a long common beginning are near each other."""

from __future__ import annotations

from typing import Final

LENGTH: Final = 8
ALPHABET: Final = "0123456789bcdefghjkmnpqrstuvwxyz"
_BITS: Final = 5


def geohash(latitude: float, longitude: float) -> str:
    """Return the geohash of a place: its halves of the globe, east or west and north or south in turn."""
    ranges = [(-180.0, 180.0), (-90.0, 90.0)]
    letters = []
    number = 0
    for bit in range(LENGTH * _BITS):
        axis = bit % 2
        low, high = ranges[axis]
        middle = (low + high) / 2
        upper = (longitude, latitude)[axis] >= middle
        ranges[axis] = (middle, high) if upper else (low, middle)
        number = 2 * number + upper
        if bit % _BITS == _BITS - 1:
            letters.append(ALPHABET[number])
            number = 0
    return "".join(letters)
