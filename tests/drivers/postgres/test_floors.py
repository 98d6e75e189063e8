"""A busy store looks behind what it took, and still finds what was queued in front of that."""

from __future__ import annotations

from typing import Final

import pytest

from beltline.store.postgres.floors import LONGEST_SPAN_US, SPAN_US, Floors
from tests.conformance.world import World
from tests.drivers.postgres.inside import counted, pool_of

FIRST: Final = 1_000


@pytest.fixture
async def busy(single: World) -> World:
    """A store that has just claimed a job and has three more."""
    await single.insert(*(single.new(order_key=FIRST + number) for number in range(4)))
    single.clock.advance(SPAN_US)
    assert len(await single.claim(limit=1)) == 1
    return single


async def taken(world: World, limit: int = 1) -> list[str]:
    return [job.id for job in await world.claim(limit=limit)]


async def test_what_the_same_store_queues_in_front_is_taken_at_once(busy: World) -> None:
    urgent = busy.new(order_key=0)
    await busy.insert(urgent)

    assert await taken(busy) == [urgent.id]


async def test_what_the_same_store_queues_in_another_queue_is_taken_at_once(busy: World) -> None:
    await taken(busy)
    urgent = busy.new(order_key=0, queue="another")
    await busy.insert(urgent)

    assert await taken(busy) == [urgent.id]


async def test_what_another_process_queues_in_front_is_taken_after_a_tenth_of_a_second(busy: World) -> None:
    async with busy.another() as other:
        urgent = other.new(order_key=0)
        await other.insert(urgent)

    assert await taken(busy) != [urgent.id]
    busy.clock.advance(SPAN_US)
    assert await taken(busy) == [urgent.id]


async def test_what_is_left_in_front_is_found_where_there_is_nothing_behind_it(busy: World) -> None:
    async with busy.another() as other:
        urgent = other.new(order_key=0)
        await other.insert(urgent)

    assert len(await taken(busy, limit=10)) == 3
    assert await taken(busy) == [urgent.id]


async def test_a_clock_that_jumps_back_ends_the_floor(busy: World) -> None:
    async with busy.another() as other:
        urgent = other.new(order_key=0)
        await other.insert(urgent)

    busy.clock.jump(-60_000_000)
    assert await taken(busy) == [urgent.id]


async def test_a_busy_store_asks_once_which_queues_hold_jobs(busy: World) -> None:
    async with counted(busy) as statements:
        await taken(busy)
        await taken(busy)

    assert statements == [pool_of(busy).text(name) for name in ("filled", "claim_front", "claim_front")]


async def test_a_store_that_has_room_left_asks_nothing_more_than_to_claim(busy: World) -> None:
    busy.clock.advance(SPAN_US)
    await taken(busy, limit=10)
    await busy.insert(busy.new(order_key=FIRST + 10))
    async with counted(busy) as statements:
        await taken(busy, limit=10)

    assert statements == [pool_of(busy).text("claim_queues")]


async def test_what_may_have_been_queued_anywhere_is_looked_for_from_the_front_at_once(busy: World) -> None:
    async with busy.another() as other:
        urgent = other.new(order_key=0)
        await other.insert(urgent)
    await busy.store.queues.set_paused(busy.namespace, "another", paused=False, now=busy.now)
    async with counted(busy) as statements:
        assert await taken(busy) == [urgent.id]

    assert statements == [pool_of(busy).text("claim_queues")]


def test_each_of_two_claims_at_once_hears_of_what_is_queued_meanwhile() -> None:
    floors, asked = Floors(), ("here", None)
    first, second = floors.begin(asked, 0), floors.begin(asked, 0)
    floors.end(second, FIRST + 2, 0, took=0, is_busy=False)

    floors.lower("here")
    floors.end(first, FIRST + 1, 0, took=0, is_busy=False)

    assert floors.begin(asked, 0).floor is None


@pytest.mark.parametrize(
    ("took", "span"),
    [(0, SPAN_US), (SPAN_US // 10, SPAN_US), (300_000, 3_000_000), (60_000_000, LONGEST_SPAN_US)],
)
def test_a_look_from_the_front_that_takes_long_is_taken_seldom(took: int, span: int) -> None:
    floors, asked = Floors(), ("here", None)
    floors.end(floors.begin(asked, 0), FIRST, 0, took=took, is_busy=True)

    assert floors.begin(asked, span - 1).floor is not None
    assert floors.begin(asked, span).floor is None
