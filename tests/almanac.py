"""An independent calculation of what a cron line means, from local times and the zone's rules alone.

For each local date that fits, each hour and minute that fit are looked up as a local time: it exists once,
twice or not at all. It knows numbers, lists, ranges, steps and stars; nothing of it is shared with the code
under test.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo

MICROS = 1_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def micros_of(moment: datetime) -> int:
    return round((moment - EPOCH).total_seconds()) * MICROS


def numbers(field: str, least: int, most: int) -> set[int]:
    """Return what a field of a cron line names."""
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        if span == "*":
            first, last = least, most
        elif "-" in span:
            first, last = map(int, span.split("-"))
        else:
            first, last = int(span), most if step else int(span)
        found |= set(range(first, last + 1, int(step or 1)))
    return found


class Almanac:
    """The ticks of a cron line of five fields in a zone."""

    def __init__(self, line: str, zone: tzinfo) -> None:
        minute, hour, day, month, weekday = line.split()
        self.zone = zone
        self.minutes, self.hours = sorted(numbers(minute, 0, 59)), sorted(numbers(hour, 0, 23))
        self.days, self.months = numbers(day, 1, 31), numbers(month, 1, 12)
        self.weekdays = {number % 7 for number in numbers(weekday, 0, 7)}
        self.both_days = day.startswith("*") or weekday.startswith("*")
        # Debian's cron treats a star for minute or hour as "all the time", whatever clocks show.
        self.by_real_time = minute.startswith("*") or hour.startswith("*")

    def ticks(self, since: int, until: int) -> list[int]:
        """Return the ticks from `since` (included) to `until` (not included), in UTC microseconds."""
        first = (EPOCH + timedelta(microseconds=since)).astimezone(self.zone).date() - timedelta(days=1)
        last = (EPOCH + timedelta(microseconds=until)).astimezone(self.zone).date() + timedelta(days=1)
        found: set[int] = set()
        day = first
        while day <= last:
            if self.fits(day):
                for hour in self.hours:
                    for minute in self.minutes:
                        found.update(self.moments(datetime(day.year, day.month, day.day, hour, minute)))  # noqa: DTZ001 - a local time, looked up below
            day += timedelta(days=1)
        return sorted(tick for tick in found if since <= tick < until)

    def fits(self, day: date) -> bool:
        by_date, by_weekday = day.day in self.days, (day.weekday() + 1) % 7 in self.weekdays
        fits = by_date and by_weekday if self.both_days else by_date or by_weekday
        return day.month in self.months and fits

    def moments(self, wall: datetime) -> Iterator[int]:
        """Yield the moments at which clocks show this, or what stands for a time that they leave out."""
        folds = [wall.replace(tzinfo=self.zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
        shown = [moment for moment in folds if moment.astimezone(self.zone).replace(tzinfo=None) == wall]
        if shown:
            yield from map(micros_of, shown if self.by_real_time else shown[:1])
        elif not self.by_real_time:
            yield micros_of(self.after_gap(wall))

    def after_gap(self, wall: datetime) -> datetime:
        """Return the first moment after the gap in which a local time lies."""
        while True:
            wall += timedelta(minutes=1)
            moment = wall.replace(tzinfo=self.zone).astimezone(UTC)
            if moment.astimezone(self.zone).replace(tzinfo=None) == wall:
                return moment
