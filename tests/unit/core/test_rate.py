from __future__ import annotations

import pytest

from beltline.core.clock import DAY, MICROS, MINUTE
from beltline.core.errors import InvalidInput
from beltline.core.rate import Due, Rate, due, rate_of

NOW = 1_000_000_000_000


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("50/m", Rate(50, MINUTE)),
        (" 2/s ", Rate(2, MICROS)),
        ("1/d", Rate(1, DAY)),
        ("1000/s", Rate(1_000, MICROS)),
    ],
)
def test_a_rate_is_a_number_and_a_unit(text: str, rate: Rate) -> None:
    assert rate_of(text) == rate
    assert rate_of(str(rate)) == rate


@pytest.mark.parametrize(
    "text",
    [
        "",
        "50",
        "fast",
        "0/m",
        "-1/s",
        "1.5/s",
        "50/w",
        "50/ m",
        "1001/s",
        "60001/m",
        "9999999999/d",
        "1/s\n2/s",
    ],
)
def test_what_is_no_rate_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInput, match="50/m"):
        rate_of(text)


def test_one_is_due_at_once_and_the_next_after_the_interval() -> None:
    first = due(Rate(60, MINUTE), NOW, NOW)

    assert first == Due(1, NOW + MICROS)
    assert due(Rate(60, MINUTE), first.next_at, NOW + MICROS - 1).number == 0
    assert due(Rate(60, MINUTE), first.next_at, NOW + MICROS) == Due(1, NOW + 2 * MICROS)


def test_looking_seldom_loses_nothing_of_a_fast_rate() -> None:
    rate, next_at, replayed = Rate(250, MICROS), NOW, 0
    for tick in range(20):
        allowed = due(rate, next_at, NOW + tick * MICROS // 2)
        next_at, replayed = allowed.next_at, replayed + allowed.number

    assert replayed in range(2_370, 2_382)


def test_what_was_missed_while_nobody_looked_is_not_caught_up() -> None:
    allowed = due(Rate(10, MICROS), NOW, NOW + DAY)

    assert allowed.number == 21
    assert allowed.next_at > NOW + DAY


def test_a_clock_that_was_set_back_does_not_hold_a_run() -> None:
    assert due(Rate(60, MINUTE), NOW, NOW - DAY) == Due(1, NOW - DAY + MICROS)
