"""Reading, deciding and writing once more, where somebody else has written in between."""

from __future__ import annotations

from typing import Final

from beltline.core.errors import Conflict

ROUNDS: Final = 8


def too_fast(what: str, change: str = "this") -> Conflict:
    """Return the error for what was changed by others in each of the rounds."""
    return Conflict(f"{what} moved faster than {change} could follow; try again")
