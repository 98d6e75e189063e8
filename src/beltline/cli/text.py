"""Times, ages, sizes and foreign texts as people read them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from beltline.core.clock import DAY, HOUR, MICROS, MINUTE

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MILLI: Final = 1_000
# What a job wrote may hold codes that move the cursor or retitle a terminal; they are shown, not obeyed.
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def stamp(at: int | None) -> str:
    """Return a time as a person reads it, in UTC, to the millisecond."""
    if at is None:
        return "-"
    return (_EPOCH + timedelta(microseconds=at)).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + "Z"


def span(micros: int) -> str:
    """Return a length of time in its two largest units: 3ms, 4.2s, 5m12s, 3h5m, 2d4h."""
    if micros < MICROS:
        return f"{micros / _MILLI:.3g}ms"
    if micros < MINUTE:
        return f"{micros / MICROS:.3g}s"
    for unit, name, smaller, small in (
        (DAY, "d", HOUR, "h"),
        (HOUR, "h", MINUTE, "m"),
        (MINUTE, "m", MICROS, "s"),
    ):
        if micros >= unit:
            rest = micros % unit // smaller
            return f"{micros // unit}{name}" + (f"{rest}{small}" if rest else "")
    return f"{micros}us"


def age(at: int | None, now: int) -> str:
    """Return how long ago a time is, or how far ahead."""
    if at is None:
        return "-"
    return f"{span(now - at)} ago" if at <= now else f"in {span(at - now)}"


def clean(text: str) -> str:
    """Return a text with its control characters made visible; line ends and tabs stay."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def cut(text: str, limit: int) -> str:
    """Return at most `limit` characters, saying how many there were."""
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text):,} characters; --full shows all)"


def one_line(text: str, limit: int) -> str:
    """Return the first line, cut short."""
    line = clean(text.split("\n", 1)[0])
    return line if len(line) <= limit else line[: limit - 1] + "…"
