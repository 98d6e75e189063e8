"""How fast dead letters go back to work: a rate as people write it, and how many a moment allows."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from beltline.core.clock import DAY, HOUR, MICROS, MINUTE
from beltline.core.errors import InvalidInput

MOST_A_SECOND: Final = 1_000
# What was missed while no worker looked is not caught up: a burst is what a rate is to prevent. Workers look
# once a second, more or less.
LONGEST_BURST_US: Final = 2 * MICROS
_TEXT: Final = re.compile(r"([1-9][0-9]{0,8})/(s|m|h|d)")


class Rate(NamedTuple):
    """`number` in `per_us` microseconds, evenly spread."""

    number: int
    per_us: int

    def __str__(self) -> str:
        """Return the rate as `rate_of` reads it."""
        unit = {MICROS: "s", MINUTE: "m", HOUR: "h", DAY: "d"}[self.per_us]
        return f"{self.number}/{unit}"


class Due(NamedTuple):
    """How many may go now, and when the next one may."""

    number: int
    next_at: int


def rate_of(text: str, *, what: str = "rate") -> Rate:
    """Turn `"50/m"` into a rate, at most 1,000 a second. Raises InvalidInput, naming `what`."""
    found = _TEXT.fullmatch(text.strip())
    if found is not None:
        rate = Rate(int(found[1]), {"s": MICROS, "m": MINUTE, "h": HOUR, "d": DAY}[found[2]])
        if rate.number * MICROS <= MOST_A_SECOND * rate.per_us:
            return rate
    raise InvalidInput(
        f"{what} {text!r} is not a rate; write a number and a unit, such as 50/m or 2/s (s, m, h or d),"
        f" from 1 a day to {MOST_A_SECOND:,} a second"
    )


def due(rate: Rate, next_at: int, now: int, *, burst_us: int = LONGEST_BURST_US) -> Due:
    """Return how many are due at `now`, where one was due at `next_at`; at most what `burst_us` allows.

    A `next_at` that the rate cannot have led to is one of a clock that was set back since: then one is due.
    """
    interval = rate.per_us / rate.number
    is_odd = next_at > now + interval + 1
    begin = now if is_odd else max(next_at, now - burst_us)
    if begin > now:
        return Due(0, begin)
    count = int((now - begin) / interval) + 1
    return Due(count, begin + round(count * interval))
