"""Durations and moments as people write them, turned into microseconds."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final, TypeAlias, cast

from beltline.core.clock import DAY, HOUR, MICROS, MINUTE
from beltline.core.errors import InvalidInput

Duration: TypeAlias = str | int | float | timedelta
Moment: TypeAlias = str | datetime

_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(us|ms|s|m|h|d)")
_LONGEST: Final = 36_500 * DAY


def _unit(name: str) -> int:
    return {"us": 1, "ms": 1_000, "s": MICROS, "m": MINUTE, "h": HOUR, "d": DAY}[name]


def micros(value: Duration, *, what: str = "duration") -> int:
    """Turn `"1h30m"`, seconds or a timedelta into microseconds, 0 to 100 years.

    Raises InvalidInput, naming `what`, for anything else.
    """
    if isinstance(value, timedelta):
        return _bounded(value.total_seconds() * MICROS, value, what)
    if isinstance(value, bool):
        raise _refusal(value, what)
    if isinstance(value, int | float):
        return _bounded(value * MICROS, value, what)
    text = cast("object", value)
    parts = _PART.findall(text) if isinstance(text, str) else []
    if not parts or "".join(number + unit for number, unit in parts) != value.strip():
        raise _refusal(value, what)
    return _bounded(sum(float(number) * _unit(unit) for number, unit in parts), value, what)


def moment(value: Moment, *, what: str = "time") -> int:
    """Turn an ISO 8601 text or a datetime with a zone into UTC microseconds.

    Raises InvalidInput for a naive time: without a zone it means something else on every machine.
    """
    try:
        parsed = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError as error:
        raise InvalidInput(
            f"{what} {value!r} is not an ISO 8601 time; write it like 2026-11-22T15:04:05+00:00"
        ) from error
    if not isinstance(cast("object", parsed), datetime):
        raise InvalidInput(f"{what} {value!r} is not a time; give a datetime or an ISO 8601 text")
    if parsed.tzinfo is None:
        raise InvalidInput(f"{what} {value!s} has no time zone; add one, for instance +00:00 or tzinfo=UTC")
    try:
        delta = parsed.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    except OverflowError as error:
        raise InvalidInput(f"{what} {value!s} lies outside the years 1 to 9999 of UTC") from error
    return (delta.days * 86_400 + delta.seconds) * MICROS + delta.microseconds


def moment_text(at: int) -> str:
    """Return UTC microseconds as the ISO 8601 text that `moment` reads."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)).isoformat()


def _bounded(value: float, given: object, what: str) -> int:
    # NaN fails both comparisons.
    if not 0 <= value <= _LONGEST:
        raise _refusal(given, what)
    return round(value)


def _refusal(given: object, what: str) -> InvalidInput:
    return InvalidInput(
        f"{what} {given!r} is not a duration; write seconds (90), a text ('1h30m', '250ms') or a timedelta,"
        " from 0 to 100 years"
    )
