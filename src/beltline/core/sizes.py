"""Sizes in bytes as people write them."""

from __future__ import annotations

import re
from typing import Final, TypeAlias

from beltline.core.errors import InvalidInput

Size: TypeAlias = str | int

MEBIBYTE: Final = 1_048_576
LEAST_MEMORY: Final = 16 * MEBIBYTE
MOST_MEMORY: Final = 1 << 44

_TEXT: Final = re.compile(r"([1-9][0-9]{0,14})(Ki|Mi|Gi|Ti)?")


def memory_bytes(value: Size, *, what: str = "memory") -> int:
    """Turn `"256Mi"`, `"2Gi"` or a number of bytes into bytes, 16 MiB to 16 TiB.

    Raises InvalidInput, naming `what`, for anything else: also for 256M and 256MB, which some read as
    millions of bytes and some as mebibytes.
    """
    found = _TEXT.fullmatch(value) if isinstance(value, str) else None
    if found is not None:
        size = int(found[1]) << {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40}.get(found[2] or "", 0)
    else:
        size = value if isinstance(value, int) and not isinstance(value, bool) else 0
    if not LEAST_MEMORY <= size <= MOST_MEMORY:
        raise InvalidInput(
            f"{what} {value!r} is not a size of memory; write a text such as '256Mi' or '2Gi'"
            " (Ki, Mi, Gi and Ti are powers of 1,024) or a number of bytes, from 16Mi to 16Ti"
        )
    return size


def shown_memory(size: int) -> str:
    """Return a size as `memory_bytes` reads it, in the largest unit of which it is a whole number."""
    for unit, shift in (("Ti", 40), ("Gi", 30), ("Mi", 20), ("Ki", 10)):
        if size % (1 << shift) == 0:
            return f"{size >> shift}{unit}"
    return str(size)


def shown_bytes(size: int) -> str:
    """Return a size as a person reads it: `256 MiB`."""
    return f"{size / MEBIBYTE:,.0f} MiB"
