"""Batch types that come with Beltline: each makes a function for `@belt.batch` of what differs in use.

halves = belt.batch(item=thumbnail, name="thumbnails")(splits.halves("path", size=100))
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, TypeAlias

from beltline.core.errors import InvalidInput
from beltline.definitions.batch import Item, Part, Split

# Files below `folder` whose names fit `pattern` (`*.pdf`).
FilesIn: TypeAlias = dict[str, str]
# Days from `first` to `last`, both included, as ISO dates.
Dates: TypeAlias = dict[str, str]
# Whole-number keys from `low` to `high`, both included.
Keys: TypeAlias = dict[str, int]


def halves(field: str = "value", *, size: int = 100) -> Callable[[list[Any]], Iterator[Part]]:
    """Halve a list until a part has at most `size` values, then make an item of each: `{field: value}`."""
    _require(size)

    def halve(definition: list[Any]) -> Iterator[Part]:
        if len(definition) <= size:
            for value in definition:
                yield Item(**{field: value})
        else:
            middle = len(definition) // 2
            yield Split(definition[:middle])
            yield Split(definition[middle:])

    return halve


def files(field: str = "path") -> Callable[[FilesIn], Iterator[Part]]:
    """Make an item of each file below a folder, a batch of each folder: `{"folder": …, "pattern": "*"}`.

    Links to folders are not followed: they may lead back.
    """

    def walk(definition: FilesIn) -> Iterator[Part]:
        with os.scandir(definition["folder"]) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    yield Split({**definition, "folder": entry.path})
                elif entry.is_file() and fnmatch(entry.name, definition["pattern"]):
                    yield Item(**{field: entry.path})

    return walk


def csv_rows(*, rows: int = 10_000) -> Callable[[str], Iterator[Part]]:
    """Cut a CSV file, given by its path, into ranges of rows; the first row is its header.

    Items get `path`, `offset` and `length` (bytes, whole rows), `first` (the number of the first row, from
    0) and `rows`. Line ends within quotes do not end a row.
    """
    _require(rows)

    def cut(definition: str) -> Iterator[Part]:
        with Path(definition).open("rb") as file:
            offset = sum(map(len, _row(file)))
            first = 0
            while True:
                count = length = 0
                while count < rows and (size := sum(map(len, _row(file)))):
                    count, length = count + 1, length + size
                if not count:
                    return
                yield Item(path=definition, offset=offset, length=length, first=first, rows=count)
                offset, first = offset + length, first + count

    return cut


def dates(*, days: int = 1) -> Callable[[Dates], Iterator[Part]]:
    """Halve a range of dates until a part has at most `days` days; items get `first` and `last`."""
    _require(days)

    def halve(definition: Dates) -> Iterator[Part]:
        first, last = date.fromisoformat(definition["first"]), date.fromisoformat(definition["last"])
        length = (last - first).days + 1
        if length < 1:
            return
        if length <= days:
            yield Item(first=first.isoformat(), last=last.isoformat())
            return
        middle = first + timedelta(days=length // 2 - 1)
        yield Split({"first": first.isoformat(), "last": middle.isoformat()})
        yield Split({"first": (middle + timedelta(days=1)).isoformat(), "last": last.isoformat()})

    return halve


def key_ranges(*, size: int = 10_000) -> Callable[[Keys], Iterator[Part]]:
    """Halve a range of whole-number keys of a table until a part has at most `size`; items get `low`, `high`.

    The range comes from your own query of the smallest and the largest key; `WHERE id BETWEEN low AND high`
    reads an item's rows by the index.
    """
    _require(size)

    def halve(definition: Keys) -> Iterator[Part]:
        low, high = definition["low"], definition["high"]
        if high - low < size:
            if low <= high:
                yield Item(low=low, high=high)
            return
        middle = low + (high - low) // 2
        yield Split({"low": low, "high": middle})
        yield Split({"low": middle + 1, "high": high})

    return halve


def partitions() -> Callable[[int], Iterator[Part]]:
    """Make `definition` items, `partition` of `of`; a body takes the keys whose `partition_of` is its own."""

    def number(definition: int) -> Iterator[Part]:
        for partition in range(definition):
            yield Item(partition=partition, of=definition)

    return number


def partition_of(key: str, of: int) -> int:
    """Return the partition of a key, 0 to `of` - 1: the same for ever, in every process."""
    digest = hashlib.blake2b(key.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % of


def _row(file: Any) -> Iterator[bytes]:  # noqa: ANN401 - a binary file
    """Yield the lines of one row: it goes on while a quote is open."""
    is_open = False
    for line in iter(file.readline, b""):
        yield line
        is_open ^= line.count(b'"') % 2 == 1
        if not is_open:
            return


def _require(size: int) -> None:
    if size < 1:
        raise InvalidInput(f"a part of {size} can never be reached; give at least 1")
