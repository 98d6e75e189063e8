"""Every tick of many schedules, across changes of clocks and deaths of schedulers, as calculated."""

from __future__ import annotations

import faulthandler
import random

import pytest

from beltline.core.clock import DAY
from beltline.store.pages import JobFilter, ListJobs
from tests.simulation.year import NAMESPACE, Year, begin_of, drive, expected, mixed, shape


def play(seed: int, numbers: range, since: int, until: int) -> Year:
    chance = random.Random(seed)
    year = Year(seed, [mixed(number, since, until, chance) for number in numbers], since, until)
    year.play()
    return year


def judge(year: Year, seed: int) -> int:
    """Compare each fire with what must have become of its tick; return how many there are."""
    total = 0
    for known in year.known:
        fires = [(fire.tick, fire.outcome, fire.reason) for fire in year.fires(known)]
        assert fires == list(expected(known, year.looks)), f"seed {seed}, {known.name}: {shape(known)}"
        total += sum(fire.job_id is not None for fire in year.fires(known))
    return total


def stored_jobs(year: Year) -> int:
    counted = drive(year.store.reads.counts(NAMESPACE))
    page = drive(year.store.reads.page(ListJobs(namespace=NAMESPACE, where=JobFilter(), limit=1)))
    assert page.total <= sum(count.jobs for count in counted)
    return sum(count.jobs for count in counted)


@pytest.mark.parametrize("seed", range(3))
def test_every_tick_around_a_change_of_clocks_is_as_calculated(seed: int) -> None:
    since = begin_of(2028, *((3, 24), (10, 27), (4, 26))[seed])

    year = play(seed, range(30), since, since + 6 * DAY)

    assert judge(year, seed) == stored_jobs(year)
    assert year.crashes
    year.close()


@pytest.mark.proof
def test_every_tick_of_a_year_of_200_schedules_is_as_calculated() -> None:
    # Half a minute of work: on a loaded machine longer than a test that hangs is given.
    faulthandler.cancel_dump_traceback_later()
    assert _a_year(0, range(200)) > 20_000


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(1, 13))
def test_every_tick_of_other_years_is_as_calculated(seed: int) -> None:
    first = seed % 4 * 50
    assert _a_year(seed, range(first, first + 50)) > 4_000


def _a_year(seed: int, numbers: range) -> int:
    """Play a year of these schedules, of a year that each seed has to itself; return how many ticks fired."""
    since = begin_of(2024 + seed, 1, 1)
    year = play(seed, numbers, since, since + 366 * DAY)
    fired = judge(year, seed)
    assert fired == stored_jobs(year)
    assert year.crashes > 20
    print(f"seed {seed}: {fired:,} ticks, {year.crashes:,} crashes, {len(year.looks):,} looks")  # noqa: T201 - for the record
    year.close()
    return fired
