"""A busy store looks behind what it took, and still finds what was queued in front of that."""

from __future__ import annotations

import asyncio
from collections import Counter
from random import Random
from typing import Final

import pytest

from beltline.core.job import ClaimedJob
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


QUEUES: Final = 300


@pytest.fixture
async def spread(single: World) -> World:
    """A store that has just claimed much, with three jobs in each of many queues, older ones first."""
    await single.insert(
        *(
            single.new(queue=f"q{queue:03}", order_key=FIRST + number * QUEUES + queue)
            for number in range(3)
            for queue in range(QUEUES)
        )
    )
    single.clock.advance(SPAN_US)
    assert len(await taken(single, limit=100)) == 100
    return single


async def test_many_queues_are_drained_whole_a_round_of_the_oldest_fronts_at_a_time(spread: World) -> None:
    claims: list[list[ClaimedJob]] = []
    async with counted(spread) as statements:
        while found := await spread.claim(limit=100):
            claims.append(found)

    assert sorted(Counter(job.queue for claim in claims for job in claim).values()) == [2] * 100 + [3] * 200
    assert len({job.id for claim in claims for job in claim}) == 3 * QUEUES - 100
    # What was in front of all is not passed over: the first claims take the oldest job of each queue.
    firsts = [job.queue for claim in claims[:2] for job in claim]
    assert firsts == [f"q{queue:03}" for queue in range(100, QUEUES)]
    names = Counter(statements)
    assert names[pool_of(spread).text("filled")] == 1


async def test_what_the_same_store_queues_among_many_queues_is_taken_in_its_turn(spread: World) -> None:
    urgent = [spread.new(queue=queue, order_key=number) for number, queue in enumerate(("q299", "new"))]
    await taken(spread, limit=100)
    await spread.insert(*urgent)

    assert (await taken(spread, limit=100))[:2] == [job.id for job in urgent]


async def test_queues_that_hold_no_more_are_asked_no_more_until_they_do(spread: World) -> None:
    async with spread.another() as other:
        while await other.claim(limit=1_000):
            pass
        late = other.new(queue="q007", order_key=0)
        await other.insert(late)

    assert await taken(spread, limit=100) == [late.id]
    assert await taken(spread, limit=100) == []


async def test_what_comes_into_many_queues_while_others_claim_is_never_lost(spread: World) -> None:
    chance = Random(7)
    expected = 3 * QUEUES - 100
    found: list[str] = []
    async with spread.another() as other:
        for turn in range(30):
            store = (spread, other)[turn % 2]
            fresh = [
                store.new(queue=f"q{chance.randrange(2 * QUEUES):03}") for _ in range(chance.randrange(40))
            ]
            await store.insert(*fresh)
            expected += len(fresh)
            claims = (spread.claim(limit=30), other.claim(limit=30))
            found += [job.id for claim in await asyncio.gather(*claims) for job in claim]
            spread.clock.advance(chance.randrange(SPAN_US))
        while more := await spread.claim(limit=500) + await other.claim(limit=500):
            found += [job.id for job in more]

    assert len(found) == len(set(found)) == expected
