"""A schedule made ready: its ticks, its policies, and when the job of a tick starts."""

from __future__ import annotations

import json
from datetime import date, tzinfo
from typing import NamedTuple, cast

from beltline.core.calendar import Bounded, Dates, Every, Hours, Once, opening
from beltline.core.durations import Moment, micros, moment
from beltline.core.schedule import Late, Misfire, Overlap, Ticks, spread
from beltline.definitions.cron import CronTicks
from beltline.definitions.schedule import Schedule, schedule_of
from beltline.definitions.schedule_faults import WEEKDAYS, WINDOW, spans_of, zone_of


class Timetable(NamedTuple):
    """What a scheduler needs of a schedule."""

    ticks: Ticks
    zone: tzinfo
    misfire: Misfire
    overlap: Overlap
    jitter_us: int
    windows: tuple[Hours, ...]
    latest_us: int | None

    def starts_at(self, namespace: str, schedule: str, tick: int) -> int:
        """Return when the job of a tick may start."""
        at = tick + spread(namespace, schedule, tick, self.jitter_us)
        if not self.windows:
            return at
        opened = opening(self.windows, self.zone, at)
        return opened if self.latest_us is None else min(opened, max(at, tick + self.latest_us))


def timetable(schedule: Schedule) -> Timetable:
    """Return a schedule made ready."""
    zone = zone_of(schedule.zone)
    bounds = [None if each is None else moment(each) for each in (schedule.start, schedule.end)]
    return Timetable(
        ticks=_bounded(_ticks(schedule, zone, bounds[0]), schedule, zone, bounds),
        zone=zone,
        misfire=Misfire(
            rule=Late(schedule.misfire),
            window_us=micros(schedule.misfire_window),
            limit=schedule.misfire_limit,
            grace_us=micros(schedule.misfire_grace),
        ),
        overlap=Overlap(schedule.overlap),
        jitter_us=micros(schedule.jitter),
        windows=tuple(map(_hours, schedule.windows)),
        latest_us=None if schedule.latest is None else micros(schedule.latest),
    )


def stored_timetable(text: str) -> Timetable:
    """Return the timetable of a schedule's JSON text."""
    return timetable(schedule_of(json.loads(text)))


def _ticks(schedule: Schedule, zone: tzinfo, start: int | None) -> Ticks:
    if schedule.cron is not None:
        return CronTicks(schedule.cron, zone)
    if schedule.every is not None:
        return Every(start or 0, micros(schedule.every))
    return Once(moment(cast("Moment", schedule.at)))


def _bounded(ticks: Ticks, schedule: Schedule, zone: tzinfo, bounds: list[int | None]) -> Ticks:
    start, end = bounds
    if not schedule.without and start is None and end is None:
        return ticks
    found = list(spans_of(cast("tuple[str, ...]", schedule.without)))
    without = Dates(
        tuple((first, last) for first, last in found if isinstance(first, date) and isinstance(last, date)),
        frozenset((month, day) for month, day in found if isinstance(month, int) and isinstance(day, int)),
    )
    return Bounded(ticks=ticks, zone=zone, start=start, end=end, without=without)


def _hours(text: str) -> Hours:
    parts = WINDOW.fullmatch(text.lower())
    if parts is None:
        raise ValueError(text)
    days = range(7)
    if parts[1] is not None:
        first = WEEKDAYS.index(parts[1])
        last = WEEKDAYS.index(parts[2] or parts[1])
        days = range(first, last + 1 if last >= first else last + 8)
    begin, end = (int(parts[index]) * 60 + int(parts[index + 1]) for index in (3, 5))
    return Hours(frozenset(day % 7 for day in days), begin, end)
