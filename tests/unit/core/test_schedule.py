from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st

from beltline.core.calendar import Every, Once
from beltline.core.clock import DAY, HOUR, MICROS, MINUTE
from beltline.core.schedule import (
    MOST_COUNTED,
    MOST_TICKS,
    Late,
    Misfire,
    Missed,
    Overlap,
    Verdict,
    overlap,
    plan,
    spread,
)

MISFIRE = Misfire(rule=Late.ONCE, window_us=DAY, limit=3, grace_us=MINUTE)
HOURLY = Every(0, HOUR)
NOON = 12 * HOUR


def test_a_tick_in_time_fires_and_the_next_one_is_known() -> None:
    found = plan(HOURLY, NOON, NOON + 5, MISFIRE)

    assert found == ((NOON,), None, NOON + HOUR)


def test_nothing_is_done_before_the_tick() -> None:
    assert plan(HOURLY, NOON, NOON - 1, MISFIRE) == ((), None, NOON)


@pytest.mark.parametrize("rule", list(Late))
def test_ticks_within_the_grace_all_fire_whatever_the_rule(rule: Late) -> None:
    found = plan(Every(0, 20 * MICROS), NOON, NOON + 45 * MICROS, replace(MISFIRE, rule=rule))

    assert found.ticks == (NOON, NOON + 20 * MICROS, NOON + 40 * MICROS)
    assert found.missed is None


@pytest.mark.parametrize(
    ("rule", "late", "missed"),
    [
        (Late.ONCE, (16,), Missed(12 * HOUR, 16 * HOUR, 4)),
        (Late.ALL, (14, 15, 16), Missed(12 * HOUR, 14 * HOUR, 2)),
        (Late.SKIP, (), Missed(12 * HOUR, 16 * HOUR + 29 * MINUTE, 5)),
    ],
)
def test_late_ticks_fire_by_the_rule(rule: Late, late: tuple[int, ...], missed: Missed) -> None:
    found = plan(HOURLY, NOON, 16 * HOUR + 30 * MINUTE, replace(MISFIRE, rule=rule))

    assert found.ticks == tuple(hour * HOUR for hour in late)
    assert found.missed == missed
    assert found.next_at == 17 * HOUR


def test_the_one_that_is_in_time_fires_after_the_late_one() -> None:
    found = plan(HOURLY, NOON, 15 * HOUR, MISFIRE)

    assert found.ticks == (14 * HOUR, 15 * HOUR)
    assert found.missed == Missed(12 * HOUR, 14 * HOUR, 2)


def test_what_is_older_than_the_window_never_fires() -> None:
    few = replace(MISFIRE, rule=Late.ALL, window_us=2 * HOUR, limit=100)

    found = plan(HOURLY, NOON, 20 * HOUR + 30 * MINUTE, few)

    assert found.ticks == (19 * HOUR, 20 * HOUR)
    assert found.missed == Missed(12 * HOUR, 19 * HOUR, 7)


def test_a_year_of_missed_seconds_is_counted_as_many() -> None:
    found = plan(Every(0, MICROS), 0, 365 * DAY, MISFIRE)

    assert found.missed is not None
    assert found.missed.ticks == MOST_COUNTED
    assert found.ticks[0] == 365 * DAY - MINUTE - MICROS
    assert found.next_at == 365 * DAY + MICROS


def test_more_ticks_than_fit_follow_later() -> None:
    lax = replace(MISFIRE, grace_us=HOUR)

    first = plan(Every(0, MICROS), HOUR, 2 * HOUR, lax)
    second = plan(Every(0, MICROS), first.next_at or 0, 2 * HOUR, lax)

    assert len(first.ticks) == MOST_TICKS
    assert second.ticks[0] == first.ticks[-1] + MICROS


def test_one_moment_fires_late_and_never_again() -> None:
    assert plan(Once(NOON), NOON, NOON + HOUR, MISFIRE) == ((NOON,), None, None)


@settings(deadline=None)
@given(
    step=st.integers(1, 7_200),
    due=st.integers(0, 50),
    steps=st.lists(st.integers(0, 6_000), min_size=1, max_size=6),
    rule=st.sampled_from(list(Late)),
    window=st.integers(0, 50_000),
    grace=st.integers(1, 3_600),
)
def test_every_tick_fires_or_is_missed_once(
    *, step: int, due: int, steps: list[int], rule: Late, window: int, grace: int
) -> None:
    ticks = Every(0, step * MICROS)
    misfire = Misfire(rule=rule, window_us=window * MICROS, limit=5, grace_us=grace * MICROS)
    first = next_at = due * step * MICROS
    now, fired, dropped = 0, list[int](), list[int]()
    for seconds in steps:
        now += seconds * MICROS
        found = plan(ticks, next_at, now, misfire)
        assert found.next_at is not None
        if found.missed is not None:
            gone = range(found.missed.first, found.missed.until, step * MICROS)
            assert min(len(gone), MOST_COUNTED) == found.missed.ticks
            assert all(now - tick > misfire.grace_us for tick in gone)
            dropped += gone
        fired += found.ticks
        next_at = found.next_at

    assert sorted(fired + dropped) == list(range(first, next_at, step * MICROS))
    assert fired == sorted(set(fired))


def test_jitter_is_the_same_for_one_tick_and_spreads_others() -> None:
    found = [spread("default", "nightly", tick * HOUR, 10 * MINUTE) for tick in range(200)]

    assert found == [spread("default", "nightly", tick * HOUR, 10 * MINUTE) for tick in range(200)]
    assert all(0 <= each <= 10 * MINUTE for each in found)
    assert min(found) < MINUTE
    assert max(found) > 9 * MINUTE
    assert spread("default", "nightly", HOUR, 0) == 0


@pytest.mark.parametrize(
    ("policy", "ticks", "is_open", "buffered", "verdict"),
    [
        (Overlap.ALLOW, (1, 2), True, None, Verdict((1, 2), None, ())),
        (Overlap.ALLOW, (), False, 1, Verdict((1,), None, ())),
        (Overlap.SKIP, (1, 2), False, None, Verdict((1,), None, (2,))),
        (Overlap.SKIP, (1, 2), True, None, Verdict((), None, (1, 2))),
        (Overlap.BUFFER, (1, 2, 3), False, None, Verdict((1,), 2, (3,))),
        (Overlap.BUFFER, (1, 2), True, None, Verdict((), 1, (2,))),
        (Overlap.BUFFER, (2, 3), True, 1, Verdict((), 1, (2, 3))),
        (Overlap.BUFFER, (2, 3), False, 1, Verdict((1,), 2, (3,))),
        (Overlap.BUFFER, (), False, 1, Verdict((1,), None, ())),
        (Overlap.BUFFER, (), True, 1, Verdict((), 1, ())),
        (Overlap.CANCEL, (1, 2), False, None, Verdict((2,), None, (1,))),
        (Overlap.CANCEL, (2,), True, 1, Verdict((), 2, (1,), cancels=True)),
        (Overlap.CANCEL, (), False, 1, Verdict((1,), None, ())),
        (Overlap.CANCEL, (2,), False, 1, Verdict((2,), None, (1,))),
        (Overlap.CANCEL, (), True, None, Verdict((), None, ())),
    ],
)
def test_ticks_meet_an_earlier_job_by_the_policy(
    *, policy: Overlap, ticks: tuple[int, ...], is_open: bool, buffered: int | None, verdict: Verdict
) -> None:
    assert overlap(policy, ticks, is_open=is_open, buffered=buffered) == verdict
