"""What the output must be, worked out from the input as it is shipped, without any job."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Final, NamedTuple

from examples.demo.inputs import DAMAGED, PHOTOGRAPHS, TABLE
from examples.demo.photograph import SIZES, TURNS, Turn, encode, read_photograph, shrink, thumbnail_name
from examples.stage.shipped import shipped

_AT_ONCE: Final = 2


class ExpectedDay(NamedTuple):
    """A row of the table as the database must hold it."""

    date: str
    precipitation: float
    warmest: float
    coldest: float
    wind: float
    weather: str


def orders() -> Sequence[tuple[str, Turn]]:
    """Return what is ordered: each photograph in each turn.

    The damaged one is ordered once, so that one dead letter is what to expect.
    """
    return [(name, turn) for name in PHOTOGRAPHS for turn in (TURNS[:1] if name == DAMAGED else TURNS)]


def expected_thumbnails() -> Mapping[str, str]:
    """Return the checksums of all thumbnails by file name."""
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        made = threads.map(lambda order: _thumbnails(*order), orders())
        return {name: checksum for thumbnails in made for name, checksum in thumbnails.items()}


def expected_days() -> Sequence[ExpectedDay]:
    """Return the days in order."""
    with shipped("vega_datasets", f"_data/{TABLE}").open(encoding="utf-8", newline="") as file:
        [_, *rows] = csv.reader(file)
    return sorted(
        ExpectedDay(when.replace("/", "-"), float(rain), float(warmest), float(coldest), float(wind), weather)
        for when, rain, warmest, coldest, wind, weather in rows
    )


def expected_rain() -> Mapping[str, float]:
    """Return the precipitation by month, summed as exact decimals."""
    sums: dict[str, Decimal] = {}
    for day in expected_days():
        month = day.date[:7]
        sums[month] = sums.get(month, Decimal(0)) + Decimal(str(day.precipitation))
    return {month: float(total) for month, total in sums.items()}


def _thumbnails(name: str, turn: Turn) -> Mapping[str, str]:
    photograph = shipped("skimage", f"data/{name}")
    image = read_photograph(photograph, turn)
    return {
        thumbnail_name(photograph, turn, size): hashlib.sha256(encode(shrink(image, size))).hexdigest()
        for size in SIZES
    }
