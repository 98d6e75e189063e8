"""Only what is short is claimed ahead of its turn."""

from __future__ import annotations

from beltline.runtime.pace import Pace

MS = 1_000


def test_before_anything_ran_nothing_is_claimed_ahead() -> None:
    assert Pace(2).ahead == 0


def test_short_bodies_are_claimed_ahead_for_each_place_up_to_a_bound() -> None:
    pace = Pace(2)

    for _ in range(100):
        pace.took(1 * MS)

    assert pace.ahead == 2 * 16


def test_a_body_of_five_milliseconds_has_few_before_it() -> None:
    pace = Pace(2)

    for _ in range(100):
        pace.took(5 * MS)

    assert 2 * 6 <= pace.ahead <= 2 * 8


def test_long_bodies_are_left_for_whichever_worker_is_free() -> None:
    pace = Pace(2)
    for _ in range(100):
        pace.took(1 * MS)

    pace.took(10_000 * MS)

    assert pace.ahead == 0
