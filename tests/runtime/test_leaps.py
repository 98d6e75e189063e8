"""A clock that is set under a worker is told, with what it means."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator

import pytest

from beltline.core.clock import HOUR, MICROS
from beltline.runtime.leaps import Leaps
from beltline.store.contract import Store
from beltline.store.sqlite.store import SqliteStore
from tests.clocks import FakeClock


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
async def store(clock: FakeClock) -> AsyncIterator[Store]:
    made = SqliteStore(None, clock=clock)
    await made.open()
    yield made
    await made.close()


@pytest.mark.parametrize(("leap", "told"), [(HOUR, "forward by 3600 s"), (-HOUR, "back by 3600 s")])
async def test_a_leap_is_told_once_with_what_to_do(
    store: Store, clock: FakeClock, caplog: pytest.LogCaptureFixture, leap: int, told: str
) -> None:
    leaps = Leaps(clock)
    await leaps.look(store)

    clock.jump(leap)
    await leaps.look(store)
    await leaps.look(store)

    [line] = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert told in line
    assert "synchronize the clock (NTP)" in line


async def test_time_that_passes_and_small_corrections_are_not_told(
    store: Store, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    leaps = Leaps(clock)
    await leaps.look(store)

    for correction in (0, MICROS, -MICROS):
        clock.advance(HOUR)
        clock.jump(correction)
        await leaps.look(store)

    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
