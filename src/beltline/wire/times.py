"""Times as programs read them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from beltline.core.durations import moment

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def iso(at: int | None) -> str | None:
    """Return a time as ISO 8601 in UTC, to the microsecond."""
    if at is None:
        return None
    return (_EPOCH + timedelta(microseconds=at)).isoformat(timespec="microseconds").replace("+00:00", "Z")


def at_of(text: str | None) -> int | None:
    """Return the time that `iso` wrote."""
    return None if text is None else moment(text)
