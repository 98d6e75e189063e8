"""Values of settings as files, variables and flags hold them.

Each reader raises ValueError or InvalidInput, which say what would do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from types import MappingProxyType
from typing import Final, cast

from beltline.core.clock import MICROS
from beltline.core.durations import micros
from beltline.core.sizes import Size, memory_bytes

LONGEST_TEXT: Final = 4_096
KIB: Final = 1_024
MIB: Final = KIB * KIB

_UNITS: Final = MappingProxyType({"": 1, "KiB": KIB, "MiB": MIB, "GiB": 1_024 * MIB})
_SIZE: Final = re.compile(r"(\d{1,12}) ?(|KiB|MiB|GiB)")


def as_text(value: object) -> str:
    """Return a text of printable characters."""
    if not isinstance(value, str) or not value.isprintable() or len(value) > LONGEST_TEXT:
        raise ValueError(f"{value!r} is not a text of printable characters")
    return value


def as_number(lowest: int, highest: int) -> Callable[[object], int]:
    """Return what reads a whole number between two."""

    def read(value: object) -> int:
        try:
            number = int(value) if isinstance(value, str) else value
        except ValueError:
            number = None
        if isinstance(number, bool) or not isinstance(number, int) or not lowest <= number <= highest:
            raise ValueError(f"{value!r} is not a whole number from {lowest:,} to {highest:,}")
        return number

    return read


def as_duration(lowest: int, highest: int) -> Callable[[object], int]:
    """Return what reads a time, in microseconds, between two in seconds."""

    def read(value: object) -> int:
        # A text without a unit means seconds, as a number does: variables and flags know only texts.
        text = str(value) if isinstance(value, str | int | float) else ""
        found = micros(float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else text)
        if not lowest * MICROS <= found <= highest * MICROS:
            raise ValueError(f"{value!r} is not a duration from {lowest} to {highest:,} seconds")
        return found

    return read


def as_size(lowest: int, highest: int) -> Callable[[object], int]:
    """Return what reads a number of bytes, with or without a unit."""

    def read(value: object) -> int:
        found = _SIZE.fullmatch(str(value)) if not isinstance(value, bool) else None
        size = int(found[1]) * _UNITS[found[2]] if found else -1
        if not lowest <= size <= highest:
            raise ValueError(
                f"{value!r} is not a size from {lowest:,} to {highest:,} bytes, like 64KiB or 8MiB"
            )
        return size

    return read


def as_memory(value: object) -> int:
    """Return a size of memory in bytes."""
    return memory_bytes(cast("Size", value))


def as_items(value: object) -> Sequence[object]:
    """Return a list as it is, and nothing in place of anything else."""
    return value if isinstance(value, list | tuple) else ()
