from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import islice
from zoneinfo import ZoneInfo

import pytest

from beltline.core.calendar import Bounded, Dates, Every, Hours, Once, micros_of, opening
from beltline.core.clock import DAY, HOUR
from beltline.core.schedule import walk

BERLIN = ZoneInfo("Europe/Berlin")
ALL_DAYS = frozenset(range(7))
NIGHT = Hours(ALL_DAYS, 22 * 60, 6 * 60)
WEEKEND = Hours(frozenset({5, 6}), 0, 24 * 60)


def at(text: str) -> int:
    return micros_of(datetime.fromisoformat(text))


@pytest.mark.parametrize(
    ("asked", "opened"),
    [
        ("2026-11-24T18:00+01:00", "2026-11-24T22:00+01:00"),
        ("2026-11-24T23:00+01:00", "2026-11-24T23:00+01:00"),
        ("2026-11-25T05:59+01:00", "2026-11-25T05:59+01:00"),
        ("2026-11-25T06:00+01:00", "2026-11-25T22:00+01:00"),
        # Saturday is open all day.
        ("2026-11-28T12:00+01:00", "2026-11-28T12:00+01:00"),
        ("2026-11-29T23:59+01:00", "2026-11-29T23:59+01:00"),
    ],
)
def test_the_next_moment_within_hours_is_found(asked: str, opened: str) -> None:
    assert opening((NIGHT, WEEKEND), BERLIN, at(asked)) == at(opened)


def test_hours_follow_the_clocks_of_the_zone() -> None:
    early = Hours(ALL_DAYS, 4 * 60, 5 * 60)

    assert opening((early,), BERLIN, at("2026-03-28T12:00+01:00")) == at("2026-03-29T04:00+02:00")


def test_hours_that_come_once_a_week_are_found() -> None:
    mondays = Hours(frozenset({0}), 60, 120)

    assert opening((mondays,), UTC, at("2026-11-23T02:00+00:00")) == at("2026-11-30T01:00+00:00")


def test_without_hours_every_moment_is_open() -> None:
    assert opening((), UTC, 5) == 5


def test_an_interval_counts_from_its_first_tick() -> None:
    assert list(islice(walk(Every(HOUR, 2 * HOUR), 0), 3)) == [HOUR, 3 * HOUR, 5 * HOUR]
    assert list(islice(walk(Every(HOUR, 2 * HOUR), 3 * HOUR), 2)) == [3 * HOUR, 5 * HOUR]


def test_ticks_stay_between_start_and_end() -> None:
    bounded = Bounded(ticks=Every(0, HOUR), zone=UTC, start=HOUR, end=3 * HOUR)

    assert list(walk(bounded, -DAY)) == [HOUR, 2 * HOUR, 3 * HOUR]


def test_dates_are_left_out_in_the_zone() -> None:
    daily = Every(at("2026-12-23T23:30+00:00"), DAY)
    without = Dates(((date(2026, 12, 24), date(2026, 12, 26)),), frozenset({(1, 1)}))

    utc = list(islice(walk(Bounded(ticks=daily, zone=UTC, without=without), at("2026-12-23T00:00+00:00")), 3))
    berlin = Bounded(ticks=daily, zone=BERLIN, without=without)

    assert utc == [at("2026-12-23T23:30+00:00"), at("2026-12-27T23:30+00:00"), at("2026-12-28T23:30+00:00")]
    # Half past eleven in London is the next day in Berlin: the 23rd is left out, the 26th is not.
    assert next(walk(berlin, at("2026-12-23T00:00+00:00"))) == at("2026-12-26T23:30+00:00")
    new_year = berlin.after(at("2026-12-30T23:30+00:00"))
    assert new_year == at("2027-01-01T23:30+00:00")


def test_a_calendar_that_leaves_out_everything_ends() -> None:
    never = Dates(((date(1970, 1, 1), date(2100, 1, 1)),))

    assert Bounded(ticks=Once(DAY), zone=UTC, without=never).after(0) is None
