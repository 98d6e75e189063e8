"""Days and hours of a place: dates to leave out, hours in which work may start, and ticks bounded by both."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final, NamedTuple

from beltline.core.schedule import Ticks

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_DAY: Final = timedelta(days=1)
# So many days in a row may be left out; a timetable that names no other day for longer has come to its end.
_MOST_DAYS_OUT: Final = 20_000
MINUTES_A_DAY: Final = 1_440


def micros_of(moment: datetime) -> int:
    """Return a moment that knows its zone as UTC microseconds."""
    return (moment - _EPOCH) // _MICROSECOND


def local(at: int, zone: tzinfo) -> datetime:
    """Return UTC microseconds as the time of a zone."""
    return (_EPOCH + timedelta(microseconds=at)).astimezone(zone)


def begin_of(day: date, zone: tzinfo) -> int:
    """Return when a date begins in a zone."""
    return micros_of(datetime.combine(day, time(), tzinfo=zone))


@dataclass(frozen=True, slots=True)
class Dates:
    """Dates: from one to another, both included; and those of every year, as (month, day)."""

    spans: tuple[tuple[date, date], ...] = ()
    yearly: frozenset[tuple[int, int]] = frozenset()

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self.spans or self.yearly)

    def end_at(self, day: date) -> date | None:
        """Return the last of the dates in a row that holds `day`; None where `day` is not one of them."""
        ends = [last for first, last in self.spans if first <= day <= last]
        if ends:
            return max(ends)
        return day if (day.month, day.day) in self.yearly else None


class Hours(NamedTuple):
    """Hours of some days of the week (Monday is 0), in minutes from midnight.

    An end before the begin is that of the next day.
    """

    weekdays: frozenset[int]
    begin: int
    end: int


def opening(hours: tuple[Hours, ...], zone: tzinfo, at: int) -> int:
    """Return the first moment from `at` on that lies within the hours; `at` where there are none."""
    today = local(at, zone).date()
    found: list[int] = []
    # From yesterday, whose hours may reach into today, for a week.
    for day in (today + _DAY * offset for offset in range(-1, 8)):
        for span in hours:
            if day.weekday() in span.weekdays:
                last = day if span.end > span.begin else day + _DAY
                begin, end = _at(day, span.begin, zone), _at(last, span.end, zone)
                if at < end:
                    found.append(max(at, begin))
    return min(found, default=at)


def _at(day: date, minutes: int, zone: tzinfo) -> int:
    if minutes == MINUTES_A_DAY:
        return begin_of(day + _DAY, zone)
    return micros_of(datetime.combine(day, time(minutes // 60, minutes % 60), tzinfo=zone))


@dataclass(frozen=True, slots=True)
class Every:
    """A tick at each whole multiple of an interval from a first one."""

    anchor: int
    interval_us: int

    def after(self, at: int) -> int | None:
        """Return the first tick later than `at`."""
        return self.anchor + ((at - self.anchor) // self.interval_us + 1) * self.interval_us


@dataclass(frozen=True, slots=True)
class Once:
    """One tick."""

    at: int

    def after(self, at: int) -> int | None:
        """Return the tick where it is later than `at`."""
        return self.at if self.at > at else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounded:
    """The ticks of another timetable from `start` to `end`, both included, without those on some dates."""

    ticks: Ticks
    zone: tzinfo
    start: int | None = None
    end: int | None = None
    without: Dates = Dates()

    def after(self, at: int) -> int | None:
        """Return the first tick later than `at`."""
        tick = self.ticks.after(at if self.start is None else max(at, self.start - 1))
        for _ in range(_MOST_DAYS_OUT):
            if tick is None or (self.end is not None and tick > self.end):
                return None
            last = self.without.end_at(local(tick, self.zone).date()) if self.without else None
            if last is None:
                return tick
            tick = self.ticks.after(begin_of(last + _DAY, self.zone) - 1)
        return None
