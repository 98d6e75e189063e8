from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from beltline.core.calendar import micros_of
from beltline.core.clock import HOUR, MINUTE
from beltline.core.errors import InvalidInput
from beltline.core.schedule import Overlap
from beltline.definitions.schedule import Schedule, schedule_of
from beltline.definitions.timetable import stored_timetable, timetable

HOLIDAYS = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
SUMMARY:A day
 s outing
DTSTART;VALUE=DATE:20261204
DTEND;VALUE=DATE:20261206
END:VEVENT
BEGIN:VEVENT
SUMMARY:New Year
DTSTART;VALUE=DATE:20200101
RRULE:FREQ=YEARLY
END:VEVENT
BEGIN:VEVENT
SUMMARY:Labor Day
DTSTART;TZID=America/New_York:20260907T090000
DTEND;TZID=America/New_York:20260907T170000
RRULE:FREQ=YEARLY;BYMONTH=9;BYDAY=1MO;COUNT=2
END:VEVENT
BEGIN:VEVENT
SUMMARY:Called off
STATUS:CANCELLED
DTSTART;VALUE=DATE:20260505
END:VEVENT
END:VCALENDAR
"""


def at(text: str) -> int:
    return micros_of(datetime.fromisoformat(text))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, ["give one of cron, every and at; none was given"]),
        ({"cron": "0 3 * * *", "every": "1h"}, ["cron, every was given"]),
        ({"cron": "0 25 * * *", "zone": "Europe/Berln"}, ["the hour '25'", "did you mean Europe/Berlin"]),
        ({"cron": "0 3 * * *", "zone": "../etc/passwd"}, ["zone '../etc/passwd' does not exist"]),
        ({"cron": "0 3 * * *", "zone": ""}, ["zone '' does not exist"]),
        ({"every": "10ms"}, ["every '10ms': use a time from 1 to"]),
        ({"at": "2026-11-24T10:00:00"}, ["has no time zone"]),
        ({"every": 60, "start": "2027-01-01T00:00Z", "end": "2026-01-01T00:00Z"}, ["end lies before start"]),
        ({"every": 60, "without": ["2026-13-01", "2026-12-31/2026-12-24"]}, ["is no date", "ends before"]),
        ({"every": 60, "without": ["nowhere.ics"]}, ["'nowhere.ics' cannot be read"]),
        ({"every": 60, "windows": ["25:00-26:00", "xyz 01:00-02:00"]}, ["'25:00-26:00'", "'xyz 01:00"]),
        ({"every": 60, "windows": ["02:00-02:00"]}, ["is empty"]),
        ({"every": 60, "latest": "1h"}, ["latest needs windows"]),
        ({"every": 60, "misfire": "never", "overlap": "kill"}, ["use once, all, skip", "use allow, skip"]),
        ({"every": 60, "misfire_limit": 0, "misfire_grace": "0s"}, ["misfire_limit 0", "misfire_grace '0s'"]),
        ({"every": 60, "jitter": "2d"}, ["jitter '2d'"]),
        ({"every": 60, "misfire": "all"}, ["that needs overlap 'allow'"]),
    ],
)
def test_all_that_is_wrong_is_said_at_once(options: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(InvalidInput) as refusal:
        Schedule(**options)

    assert str(refusal.value).startswith("the schedule was refused:")
    assert all(word in str(refusal.value) for word in words)


def test_a_schedule_is_said_in_several_ways() -> None:
    assert schedule_of("0 3 * * *") == Schedule(cron="0 3 * * *")
    assert schedule_of(timedelta(hours=1)).shape() == {"every": 3600}
    assert schedule_of({"every": "1h", "overlap": "allow"}).shape() == {"every": 3600, "overlap": "allow"}
    assert schedule_of(datetime(2027, 1, 1, tzinfo=UTC)).shape() == {"at": "2027-01-01T00:00:00+00:00"}
    with pytest.raises(InvalidInput, match="unknown fields hourly; known are at, cron"):
        schedule_of({"hourly": True})
    with pytest.raises(InvalidInput, match="give a Schedule, or a cron line"):
        schedule_of(5)


def test_its_text_says_the_same_and_is_equal_for_equal_schedules() -> None:
    schedule = Schedule(
        cron="0 3 * * MON-FRI",
        zone="Europe/Berlin",
        start="2026-01-01T00:00+01:00",
        jitter="90s",
        without=["12-25", "2026-12-24/2027-01-06"],
        windows=["22:00-06:00"],
        latest=timedelta(hours=4),
        misfire="all",
        misfire_window=86_400,
        overlap="allow",
    )

    again = schedule_of(json.loads(schedule.text()))

    assert again.text() == schedule.text()
    assert "misfire_window" not in schedule.shape()
    stored, made = stored_timetable(schedule.text()), timetable(schedule)
    assert stored._replace(ticks=made.ticks) == made
    assert stored.overlap is Overlap.ALLOW
    assert stored.ticks.after(0) == made.ticks.after(0) == at("2026-01-01T03:00+01:00")


def test_the_job_of_a_tick_starts_when_it_is_cheap_but_no_later_than_its_deadline() -> None:
    tick = at("2026-11-24T18:00+00:00")
    patient = timetable(Schedule(cron="0 18 * * *", windows=["22:00-06:00"], latest="12h"))
    pressed = timetable(Schedule(cron="0 18 * * *", windows=["22:00-06:00"], latest="2h"))

    assert patient.starts_at("default", "report", tick) == tick + 4 * HOUR
    assert pressed.starts_at("default", "report", tick) == tick + 2 * HOUR


def test_jitter_shifts_the_start_not_the_tick() -> None:
    found = timetable(Schedule(every="1h", jitter="5m"))
    starts = [found.starts_at("default", "report", tick * HOUR) - tick * HOUR for tick in range(50)]

    assert found.ticks.after(0) == HOUR
    assert len(set(starts)) > 40
    assert all(0 <= start <= 5 * MINUTE for start in starts)


def test_a_calendar_is_read_once_and_kept_as_dates(tmp_path: Path) -> None:
    file = tmp_path / "days.ics"
    file.write_text(HOLIDAYS, "utf-8")
    expected = ("2026-12-04/2026-12-05", "01-01", "2026-09-07", "2027-09-06")

    assert Schedule(every="1d", without=[file]).without == expected
    assert Schedule(every="1d", without=str(file)).without == expected
    assert Schedule(every="1d", without=[HOLIDAYS]).without == expected


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("RRULE:FREQ=DAILY", "event 'New Year' of the iCalendar: it repeats DAILY"),
        ("RRULE:FREQ=YEARLY;BYWEEKNO=20", "its rule uses BYWEEKNO"),
        ("RRULE:FREQ=YEARLY;BYDAY=9XX", "its BYDAY '9XX' is no day of the week"),
        ("RRULE:FREQ=YEARLY;BYMONTHDAY=-1", "counts from the end of the month"),
    ],
)
def test_a_rule_that_is_not_known_is_refused_by_the_event_s_name(line: str, words: str) -> None:
    text = HOLIDAYS.replace("RRULE:FREQ=YEARLY\n", f"{line}\n", 1)

    with pytest.raises(InvalidInput, match=words):
        Schedule(every="1d", without=[text])


def test_a_calendar_without_events_is_refused() -> None:
    with pytest.raises(InvalidInput, match="has no events"):
        Schedule(every="1d", without=["BEGIN:VCALENDAR\nEND:VCALENDAR\n"])
