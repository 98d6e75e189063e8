from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator

import pytest
import uvloop

from beltline.core.backoff import growing
from beltline.core.errors import StoreUnavailable
from beltline.runtime.loop import Loop

HOUR = 3_600.0


class Ticker:
    """A tick that does what the test put in its way: raise an error, or say that there is more."""

    def __init__(self) -> None:
        self.ticks = 0
        self.script: list[Exception | bool] = []
        self.ticked = asyncio.Event()

    async def tick(self) -> bool:
        self.ticks += 1
        self.ticked.set()
        step = self.script.pop(0) if self.script else False
        if isinstance(step, Exception):
            raise step
        return step

    async def has_ticked(self, times: int) -> None:
        async with asyncio.timeout(5):
            while self.ticks < times:
                self.ticked.clear()
                await self.ticked.wait()


@pytest.fixture
def ticker() -> Ticker:
    return Ticker()


@pytest.fixture
async def slow(ticker: Ticker) -> AsyncIterator[Loop]:
    """A loop that ticks once an hour."""
    made = Loop("tester", HOUR, ticker.tick, random=random.Random(1))
    yield made
    await made.stop()


@pytest.fixture
async def quick(ticker: Ticker) -> AsyncIterator[Loop]:
    made = Loop("tester", 0.001, ticker.tick, random=random.Random(1))
    yield made
    await made.stop()


async def turns(number: int = 5) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


async def test_the_first_tick_is_at_once(slow: Loop, ticker: Ticker) -> None:
    slow.start()
    await turns()

    assert ticker.ticks == 1


async def test_while_there_is_more_it_does_not_wait(slow: Loop, ticker: Ticker) -> None:
    ticker.script = [True, True, True]
    slow.start()
    await turns()

    assert ticker.ticks == 4


async def test_a_wake_cuts_the_wait_short(slow: Loop, ticker: Ticker) -> None:
    slow.start()
    await turns()

    slow.wake()
    await turns()

    assert ticker.ticks == 2


async def test_a_wake_during_a_tick_is_not_lost(ticker: Ticker) -> None:
    gate = asyncio.Event()

    async def tick() -> bool:
        await gate.wait()
        return await ticker.tick()

    loop = Loop("tester", HOUR, tick, random=random.Random(1))
    loop.start()
    await turns()
    loop.wake()
    gate.set()
    await turns()

    assert ticker.ticks == 2
    await loop.stop()


async def test_it_ticks_again_after_its_interval(quick: Loop, ticker: Ticker) -> None:
    quick.start()

    await ticker.has_ticked(4)


@pytest.mark.parametrize("error", [StoreUnavailable("away"), ZeroDivisionError("a defect")], ids=str)
async def test_no_error_ends_it(quick: Loop, ticker: Ticker, error: Exception) -> None:
    ticker.script = [error] * 3
    quick.start()

    await ticker.has_ticked(5)


async def test_an_outage_is_told_once_and_its_end_too(
    quick: Loop, ticker: Ticker, caplog: pytest.LogCaptureFixture
) -> None:
    ticker.script = [StoreUnavailable("away")] * 3
    with caplog.at_level(logging.WARNING, "beltline"):
        quick.start()
        await ticker.has_ticked(5)

    assert [record.getMessage() for record in caplog.records] == [
        "tester: away; trying again",
        "tester: works again after 3 failures",
    ]


async def test_a_defect_is_told_with_its_trace(
    quick: Loop, ticker: Ticker, caplog: pytest.LogCaptureFixture
) -> None:
    ticker.script = [ZeroDivisionError("a defect")]
    with caplog.at_level(logging.WARNING, "beltline"):
        quick.start()
        await ticker.has_ticked(2)

    assert caplog.records[0].getMessage() == "tester failed; going on"
    assert caplog.records[0].exc_info is not None


async def test_stopping_cancels_the_tick_under_way() -> None:
    asked = asyncio.Event()

    async def tick() -> bool:
        try:
            await asyncio.Event().wait()
        finally:
            asked.set()
        return False

    loop = Loop("tester", HOUR, tick, random=random.Random(1))
    loop.start()
    await turns()
    await loop.stop()

    assert asked.is_set()


@pytest.mark.parametrize("late", range(5))
async def test_it_stops_also_when_it_was_just_woken(slow: Loop, ticker: Ticker, late: int) -> None:
    slow.start()
    await turns()

    slow.wake()
    await turns(late)
    async with asyncio.timeout(5):
        await slow.stop()
    ticks = ticker.ticks
    await turns()

    assert ticker.ticks == ticks


def test_a_wait_of_nothing_is_over_at_once_on_the_loop_of_workers(ticker: Ticker) -> None:
    async def wakes() -> None:
        loop = Loop("tester", HOUR, ticker.tick, random=random.Random(1))
        loop.start()
        await ticker.has_ticked(1)
        for seconds in (0.0, 0.0002, 0.02):
            loop.wake_in(seconds)
        await ticker.has_ticked(3)
        await loop.stop()

    uvloop.run(wakes())

    assert ticker.ticks == 3


async def test_it_may_be_stopped_before_it_began_and_twice(slow: Loop) -> None:
    await slow.stop()
    slow.start()
    await slow.stop()
    await slow.stop()


def test_pauses_grow_up_to_the_longest() -> None:
    assert [growing(0.05, failures, longest=1.0) for failures in range(1, 7)] == [
        0.1,
        0.2,
        0.4,
        0.8,
        1.0,
        1.0,
    ]


@pytest.mark.parametrize("failures", [31, 1_023, 1_024, 100_000])
def test_a_pause_after_any_number_of_failures_is_the_longest(failures: int) -> None:
    assert growing(0.05, failures, longest=10.0) == 10.0


async def test_an_outage_of_hours_does_not_end_it(quick: Loop, ticker: Ticker) -> None:
    quick._failures = 2_000
    quick._interval = 0.0
    ticker.script = [StoreUnavailable("away")]
    quick.start()

    await ticker.has_ticked(2)


def test_a_pause_is_jittered_by_a_tenth_either_way(ticker: Ticker) -> None:
    loop = Loop("tester", 10.0, ticker.tick, random=random.Random(1))

    pauses = [loop._pause() for _ in range(500)]

    assert 9.0 <= min(pauses) < 9.2
    assert 10.8 < max(pauses) <= 11.0
