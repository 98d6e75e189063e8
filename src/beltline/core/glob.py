"""Patterns of names below a place: `*` and `?` within a folder, `**` across folders, `[abc]` one of these."""

from __future__ import annotations

import re
from typing import Final

_DEEP: Final = "**"
# As in a shell, a wildcard does not stand for the dot of a hidden name: writers use those for drafts.
_SHOWN: Final = r"(?!\.)"


def compiled(pattern: str) -> re.Pattern[str]:
    """Return the pattern as a regular expression that matches whole names."""
    parts = pattern.split("/")
    found: list[str] = []
    for place, part in enumerate(parts):
        is_last = place == len(parts) - 1
        if part == _DEEP:
            found.append(rf"(?:{_SHOWN}[^/]+/)*")
            if is_last:
                found.append(rf"{_SHOWN}[^/]+")
        else:
            found.append(_within(part) + ("" if is_last else "/"))
    return re.compile("".join(found), re.DOTALL)


def _within(part: str) -> str:
    found = _SHOWN if part[:1] in {"*", "?", "["} else ""
    place = 0
    while place < len(part):
        char = part[place]
        end = part.find("]", place + 2) if char == "[" else -1
        if end > 0:
            inner = part[place + 1 : end].replace("\\", r"\\").replace("[", r"\[")
            found += f"[^{inner[1:]}]" if inner[0] == "!" else f"[{inner}]"
            place = end
        elif char == "*":
            found += "[^/]*"
        elif char == "?":
            found += "[^/]"
        else:
            found += re.escape(char)
        place += 1
    return found
