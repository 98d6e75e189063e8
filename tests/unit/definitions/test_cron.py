from __future__ import annotations

from datetime import UTC, datetime
from itertools import takewhile
from zoneinfo import ZoneInfo

import pytest

from beltline.core.calendar import micros_of
from beltline.core.clock import DAY, MINUTE
from beltline.core.schedule import walk
from beltline.definitions.cron import CronTicks, cron_faults
from tests.almanac import Almanac

# Clocks change by an hour, by half an hour, at midnight, in the south, and never.
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "America/Santiago",
    "Asia/Kolkata",
    "UTC",
)
DAILY = (
    "0,20,40 2 * * *",
    "30 0 * * *",
    "*/30 2 * * *",
    "0 12 29 2 *",
    "5 4 1,15 * 1-5",
    "30 1 * 3,4,9-11 0",
)
OFTEN = ("0 3 * * *", "15 0-3 * * *", "0 0 * * *", "0 * * * *", "45 * * * *", "*/15 * * * *", "45 */2 * * *")
YEAR = 2028
BEGIN = micros_of(datetime(YEAR, 1, 1, tzinfo=UTC))
END = micros_of(datetime(YEAR + 1, 1, 1, tzinfo=UTC))


def ticks_between(line: str, zone: str, since: int, until: int) -> list[int]:
    timetable = CronTicks(line, UTC if zone == "UTC" else ZoneInfo(zone))
    return list(takewhile(lambda tick: tick < until, walk(timetable, since)))


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe", "UTC"])
def test_a_year_of_ticks_is_what_the_local_times_and_the_zone_say(zone: str) -> None:
    for line in DAILY:
        assert ticks_between(line, zone, BEGIN, END) == Almanac(line, ZoneInfo(zone)).ticks(BEGIN, END), line


@pytest.mark.parametrize("zone", ZONES)
def test_ticks_are_right_around_each_change_of_clocks(zone: str) -> None:
    for line in (*DAILY, *OFTEN):
        for day in days_of_change(zone):
            since, until = day - DAY // 2, day + 2 * DAY
            expected = Almanac(line, ZoneInfo(zone)).ticks(since, until)
            assert ticks_between(line, zone, since, until) == expected, line


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Australia/Lord_Howe"])
@pytest.mark.parametrize("line", ["30 2 * * *", "0,45 2,3 * * *", "*/20 * * * *"])
def test_the_next_tick_does_not_depend_on_where_one_asks(zone: str, line: str) -> None:
    timetable = CronTicks(line, ZoneInfo(zone))
    for day in days_of_change(zone):
        begin, end = day - DAY // 6, day + DAY // 2
        expected = Almanac(line, ZoneInfo(zone)).ticks(begin, end + 2 * DAY)

        for at in range(begin, end, 7 * MINUTE + 1):
            assert timetable.after(at) == next(tick for tick in expected if tick > at)


def days_of_change(zone: str) -> list[int]:
    """Return the beginnings (UTC) of the days of a year on which the clocks of a zone change."""
    place = ZoneInfo(zone)

    def offset(at: int) -> object:
        return datetime.fromtimestamp(at / 1e6, UTC).astimezone(place).utcoffset()

    return [day for day in range(BEGIN, END, DAY) if offset(day) != offset(day + DAY)]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("61 * * * *", "the minute '61' is not possible; use 0 to 59"),
        ("* 24 * * *", "the hour '24' is not possible; use 0 to 23"),
        ("* * 0 * *", "the day of month '0'"),
        ("* * * 13 *", "the month '13' is not possible; use 1 to 12 or JAN to DEC"),
        ("* * * * FOO", "the day of week 'FOO'"),
        ("*/0 * * * *", "the minute '*/0'"),
        ("* * * * 5-1", "the day of week '5-1'"),
        ("L * * * *", "the minute 'L'"),
        ("1,, * * * *", "the minute '1,,'"),
        ("* * * *", "has 4 fields; give minute, hour, day of month, month and day of week"),
        ("70 * * * * *", "the second '70'"),
        ("@reboot", "known are @hourly, @daily"),
        ("0 0 31 2 *", "the day of month comes in none of its months"),
        ("1 " * 200, "give a text of at most 256 characters"),
        (7, "give a text"),
    ],
)
def test_a_bad_line_says_which_field(line: object, words: str) -> None:
    [fault] = cron_faults(line)

    assert words in fault


def test_every_bad_field_is_told_at_once() -> None:
    assert len(cron_faults("60 24 32 13 8")) == 5


@pytest.mark.parametrize("line", ["@daily", "0 12 29 2 *", "0 9 * * MON#1", "0 9 LW * *", "*/10 * * * * *"])
def test_a_good_line_has_no_faults(line: str) -> None:
    assert cron_faults(line) == []
