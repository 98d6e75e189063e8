"""Values of settings as files, variables and flags hold them.

Each reader raises ValueError or InvalidInput, which say what would do.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple, cast

from beltline.core.clock import MICROS
from beltline.core.durations import micros
from beltline.core.errors import InvalidInput
from beltline.core.needs import Amount, Amounts, amounts_of, resource_faults, shown_amounts, tag_faults
from beltline.core.sizes import Size, memory_bytes

LONGEST_TEXT: Final = 4_096
MOST_OFFERED: Final = 64
AUTO: Final = "auto"
NONE: Final = "none"
EVERYTHING: Final = "everything"
KIB: Final = 1_024
MIB: Final = KIB * KIB

_UNITS: Final = MappingProxyType({"": 1, "KiB": KIB, "MiB": MIB, "GiB": 1_024 * MIB})
_SIZE: Final = re.compile(r"(\d{1,12}) ?(|KiB|MiB|GiB)")


class Offered(NamedTuple):
    """What a worker is told to offer: what it detects, and these amounts in place of that; or everything."""

    is_detected: bool = True
    amounts: Amounts = MappingProxyType({})
    is_everything: bool = False

    def __str__(self) -> str:
        """Return it as `as_offered` reads it."""
        if self.is_everything:
            return EVERYTHING
        amounts = shown_amounts(self.amounts).replace(" ", "")
        return ",".join(filter(None, [AUTO if self.is_detected else "", amounts])) or NONE


OFFERED: Final = Offered()


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


def amounts_in(text: str) -> dict[str, Amount]:
    """Return what a text such as `cpu=4,memory=8Gi` names. Raises ValueError."""
    found: dict[str, Amount] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        kind, equals, value = map(str.strip, part.partition("="))
        if not equals or kind in found:
            raise ValueError(f"{text!r} is no list of resources such as cpu=4,memory=8Gi, each named once")
        found[kind] = value
    return found


def as_offered(value: object) -> Offered:
    """Return what a worker offers: a table, or a text: `auto`, `none`, `cpu=4,memory=8Gi`, `auto,gpu=1`."""
    if value == EVERYTHING:
        return Offered(is_detected=False, is_everything=True)
    asked: Mapping[str, Amount]
    is_detected = False
    if isinstance(value, str):
        words = [word.strip() for word in value.split(",")]
        is_detected = AUTO in words
        asked = amounts_in(",".join(word for word in words if word not in {AUTO, NONE}))
        if NONE in words and (asked or is_detected):
            raise ValueError(f"{value!r}: none goes with nothing else")
    else:
        asked = cast("Mapping[str, Amount]", value)
    _raise(resource_faults(asked, most=MOST_OFFERED))
    return Offered(is_detected, amounts_of(asked))


def as_tags(value: object) -> tuple[str, ...]:
    """Return tags: a list in the file, a text with commas elsewhere."""
    tags = [tag.strip() for tag in value.split(",")] if isinstance(value, str) else value
    _raise(tag_faults(tags if isinstance(tags, list | tuple) else repr(tags), most=MOST_OFFERED))
    return tuple(dict.fromkeys(cast("Sequence[str]", tags)))


def _raise(faults: Iterator[str]) -> None:
    found = list(faults)
    if found:
        raise InvalidInput("; ".join(found))
