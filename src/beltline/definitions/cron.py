"""Cron lines: what is wrong with one, and its ticks in a zone.

cronsim does what Debian's cron does when clocks change: a line that names its hours fires once in an hour
that comes twice, and right after one that is left out; a line with a star for minute or hour goes by real
time.
"""

from __future__ import annotations

from copy import copy
from datetime import UTC, datetime, timedelta, tzinfo
from types import MappingProxyType
from typing import Final

from cronsim.cronsim import CronSim, CronSimError, Field

from beltline.core.calendar import local, micros_of
from beltline.core.clock import MICROS

LONGEST_LINE: Final = 256
_ALIASES: Final = MappingProxyType(
    {
        "@hourly": "0 * * * *",
        "@daily": "0 0 * * *",
        "@midnight": "0 0 * * *",
        "@weekly": "0 0 * * 0",
        "@monthly": "0 0 1 * *",
        "@yearly": "0 0 1 1 *",
        "@annually": "0 0 1 1 *",
    }
)
_FIELDS: Final = (
    (Field.SECOND, "second", "0 to 59"),
    (Field.MINUTE, "minute", "0 to 59"),
    (Field.HOUR, "hour", "0 to 23"),
    (Field.DAY, "day of month", "1 to 31, L for the last day, LW for the last weekday"),
    (Field.MONTH, "month", "1 to 12 or JAN to DEC"),
    (Field.DOW, "day of week", "0 to 7 or SUN to SAT, MON#1 for the first Monday, 5L for the last Friday"),
)
_WITHOUT_SECONDS: Final = 5
_MINUTE_S: Final = 60
_HOUR_S: Final = 3_600
_HOUR: Final = timedelta(hours=1)
_NONE: Final = timedelta()
_FORM: Final = "single values, lists (1,3), ranges (1-5), steps (*/15) and *"


def cron_faults(line: object) -> list[str]:
    """Return every fault of a cron line, each with the field that has it."""
    if not isinstance(line, str) or len(line) > LONGEST_LINE:
        return [f"cron {line!r}: give a text of at most {LONGEST_LINE} characters, like '0 3 * * MON-FRI'"]
    if line.startswith("@"):
        known = ", ".join(_ALIASES)
        return [] if line in _ALIASES else [f"cron {line!r} is unknown; known are {known}"]
    parts = line.upper().split()
    if len(parts) not in {_WITHOUT_SECONDS, len(_FIELDS)}:
        return [
            f"cron {line!r} has {len(parts)} fields; give minute, hour, day of month, month and day of week"
        ]
    fields = _FIELDS[len(_FIELDS) - len(parts) :]
    faults = [
        f"cron {line!r}: the {name} {part!r} is not possible; use {values}: {_FORM}"
        for part, (field, name, values) in zip(parts, fields, strict=True)
        if not _is_field(field, part)
    ]
    return faults or _line_faults(line)


class _Walk(CronSim):
    """cronsim, also where clocks change by less than an hour (Australia/Lord_Howe).

    It steps by whole hours or to a minute of the next hour, and such a change carries it past a tick: from
    there on it goes by minutes.

    A walk from another moment is made of one that was parsed before: that is a third of the cost of a tick.
    """

    def starting(self, dt: datetime) -> _Walk:
        """Return a walk along the same line that starts at a moment of the same zone."""
        made = copy(self)
        made.dt = dt if self.fixup_tz is None else dt.replace(tzinfo=None)
        return made

    def tick(self, seconds: int = 1) -> None:
        if seconds <= _MINUTE_S or self.dt.tzinfo in (None, UTC):
            super().tick(seconds)
            return
        before = self.dt
        super().tick(seconds - _MINUTE_S * before.minute if seconds == _HOUR_S else seconds)
        if (self.dt.utcoffset() or _NONE) % _HOUR != (before.utcoffset() or _NONE) % _HOUR:
            self.dt = before
            super().tick(_MINUTE_S)


class CronTicks:
    """The ticks of a cron line in a zone. Raises CronSimError for a line with faults."""

    __slots__ = ("_parsed", "_zone")

    def __init__(self, line: str, zone: tzinfo) -> None:
        self._parsed = _Walk(_ALIASES.get(line, line), datetime(2000, 1, 1, tzinfo=zone))
        self._zone = zone

    def after(self, at: int) -> int | None:
        """Return the first tick later than `at`; None where there is none for fifty years."""
        # Of a part of a second before the asked moment its whole second is not a tick that is later.
        found = self._parsed.starting(local(at - at % MICROS, self._zone))
        for moment in found:
            tick = micros_of(moment)
            # Asked in the second half of an hour that comes twice, cronsim begins with the first half.
            if tick > at:
                return tick
        return None


def _is_field(field: Field, part: str) -> bool:
    try:
        field.parse(part)
    except (CronSimError, AssertionError, IndexError):
        return False
    return True


def _line_faults(line: str) -> list[str]:
    try:
        found = next(CronSim(line, datetime(2000, 1, 1, tzinfo=UTC)), None)
    except (CronSimError, AssertionError):
        return [f"cron {line!r}: the day of month comes in none of its months"]
    return [] if found else [f"cron {line!r} names a day that never comes"]
