"""What the table must hold, worked out from the file as it is shipped, with exact fractions and no job."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Final

from examples.backfill.geohash import ALPHABET

_LONGITUDE_BITS: Final = 20
_LATITUDE_BITS: Final = 20


def expected_geohashes(source: Path) -> Mapping[str, str]:
    """Return the geohash of each airport by its code."""
    with source.open(encoding="utf-8", newline="") as file:
        return {
            row["iata"]: _geohash(Fraction(float(row["latitude"])), Fraction(float(row["longitude"])))
            for row in csv.DictReader(file)
        }


def _geohash(latitude: Fraction, longitude: Fraction) -> str:
    """Each axis as one whole number of 20 bits, their bits dealt out in turn, five to a letter."""
    east = format(int((longitude + 180) / 360 * 2**_LONGITUDE_BITS), f"0{_LONGITUDE_BITS}b")
    north = format(int((latitude + 90) / 180 * 2**_LATITUDE_BITS), f"0{_LATITUDE_BITS}b")
    bits = "".join(pair for both in zip(east, north, strict=True) for pair in both)
    return "".join(ALPHABET[int(bits[at : at + 5], 2)] for at in range(0, len(bits), 5))
