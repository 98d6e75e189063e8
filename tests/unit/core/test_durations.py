from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given, strategies as st

from beltline.core.clock import DAY, HOUR, MINUTE
from beltline.core.durations import Duration, Moment, micros, moment, moment_text
from beltline.core.errors import InvalidInput


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        (0, 0),
        (90, 90_000_000),
        (0.25, 250_000),
        (0.000_001, 1),
        ("1us", 1),
        ("250ms", 250_000),
        ("1.5s", 1_500_000),
        ("1h30m", HOUR + 30 * MINUTE),
        ("1d2h3m4s", DAY + 2 * HOUR + 3 * MINUTE + 4_000_000),
        (" 5m ", 5 * MINUTE),
        (timedelta(days=1, microseconds=1), DAY + 1),
        ("36500d", 36_500 * DAY),
    ],
)
def test_a_duration_is_understood(given_: Duration, expected: int) -> None:
    assert micros(given_) == expected


@pytest.mark.parametrize(
    "given_",
    [
        "",
        "5",
        "m",
        "5 m",
        "-5m",
        "1h30",
        "5x",
        "1e3s",
        "5m!",
        "1 h 30 m",
        -1,
        -0.1,
        float("nan"),
        float("inf"),
        timedelta(seconds=-1),
        "36501d",
        True,
        False,
        10**400,
        None,
        [1],
        b"5m",
    ],
)
def test_what_is_no_duration_is_refused(given_: Any) -> None:  # noqa: ANN401 - whatever a caller may give
    with pytest.raises(InvalidInput, match=r"retry base .* is not a duration; write seconds"):
        micros(given_, what="retry base")


@given(st.timedeltas(timedelta(0), timedelta(days=36_000)))
def test_a_timedelta_is_exact_to_the_microsecond(value: timedelta) -> None:
    assert micros(value) == value // timedelta(microseconds=1)


@given(hours=st.integers(0, 1_000), minutes=st.integers(0, 59), millis=st.integers(0, 999))
def test_parts_add_up(hours: int, minutes: int, millis: int) -> None:
    text = f"{hours}h{minutes}m{millis}ms"

    assert micros(text) == hours * HOUR + minutes * MINUTE + millis * 1_000


@pytest.mark.parametrize(
    ("given_", "expected"),
    [
        ("1970-01-01T00:00:00+00:00", 0),
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1970-01-01T00:00:00.000001+00:00", 1),
        ("1969-12-31T23:59:59.999999+00:00", -1),
        (datetime(1970, 1, 2, tzinfo=UTC), DAY),
        (datetime(1970, 1, 1, 2, tzinfo=timezone(timedelta(hours=2))), 0),
    ],
)
def test_a_moment_is_understood(given_: Moment, expected: int) -> None:
    assert moment(given_) == expected


@given(st.datetimes(timezones=st.timezones()))
def test_a_moment_is_exact_to_the_microsecond(value: datetime) -> None:
    exact = (value - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)

    assert moment(value) == exact
    assert moment(value.astimezone(UTC).isoformat()) == exact


@given(st.integers(0, 4_000_000_000_000_000))
def test_a_moment_is_written_as_it_is_read(at: int) -> None:
    assert moment(moment_text(at)) == at


@pytest.mark.parametrize("given_", ["2026-11-22T15:04:05", "2026-11-22", datetime(2026, 11, 22)])  # noqa: DTZ001
def test_a_moment_without_a_zone_is_refused(given_: Moment) -> None:
    with pytest.raises(InvalidInput, match=r"run_at .* has no time zone; add one"):
        moment(given_, what="run_at")


@pytest.mark.parametrize("given_", ["", "tomorrow", "15:04", "2026-13-01T00:00:00+00:00"])
def test_what_is_no_moment_is_refused(given_: str) -> None:
    with pytest.raises(InvalidInput, match=r"run_at .* is not an ISO 8601 time; write it like"):
        moment(given_, what="run_at")


@pytest.mark.parametrize("given_", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_a_moment_outside_the_years_of_utc_is_refused(given_: str) -> None:
    with pytest.raises(InvalidInput, match=r"run_at .* lies outside the years 1 to 9999"):
        moment(given_, what="run_at")
