from __future__ import annotations

from beltline.core.clock import DAY, HOUR, MICROS, MINUTE, SystemClock


def test_the_machines_clock_counts_microseconds_since_1970() -> None:
    a_day_of_2020 = 1_600_000_000 * MICROS

    assert SystemClock().now() > a_day_of_2020


def test_the_monotonic_clock_never_goes_back() -> None:
    clock = SystemClock()

    readings = [clock.monotonic() for _ in range(100)]

    assert readings == sorted(readings)


def test_the_units_fit_each_other() -> None:
    assert (DAY, HOUR, MINUTE) == (24 * HOUR, 60 * MINUTE, 60 * MICROS)
