"""Opening a store: the schema is made once, however many begin at the same time."""

from __future__ import annotations

import asyncio

import pytest

from beltline.core.errors import SchemaOutdated, StoreError
from beltline.core.states import JobState
from tests.clocks import FakeClock
from tests.conformance.builders import change_to
from tests.conformance.racer import Race
from tests.conformance.stores import Place
from tests.conformance.world import World, opened


async def test_an_empty_store_is_migrated_by_opening_it(fresh_place: Place) -> None:
    clock = FakeClock()
    store = fresh_place.store(clock)

    await store.open()

    try:
        migrations = await store.migrations()
        assert migrations
        assert all(applied for _, applied in migrations)
        assert await World(fresh_place, store, clock, "default").claim() == []
    finally:
        await store.close()


async def test_an_empty_store_may_be_opened_without_migrating(fresh_place: Place) -> None:
    store = fresh_place.store(FakeClock())
    try:
        with pytest.raises(SchemaOutdated, match="beltline db migrate"):
            await store.open(migrate=False)
    finally:
        await store.close()


async def test_what_was_stored_is_there_after_opening_again(fresh_shared_place: Place) -> None:
    clock = FakeClock()
    async with opened(fresh_shared_place, clock) as store:
        job = await World(fresh_shared_place, store, clock, "default").running()

    async with opened(fresh_shared_place, clock) as store:
        again = World(fresh_shared_place, store, clock, "default")
        assert (await again.job(job.id)).fence == job.fence
        assert await again.apply(change_to(job, JobState.SUCCEEDED, again.now)) == []


async def test_a_migrated_store_opens_without_migrating(fresh_shared_place: Place) -> None:
    async with opened(fresh_shared_place, FakeClock()):
        pass
    store = fresh_shared_place.store(FakeClock())

    await store.open(migrate=False)

    await store.close()


async def test_ten_stores_open_an_empty_place_at_once(fresh_shared_place: Place) -> None:
    clock = FakeClock()
    stores = [fresh_shared_place.store(clock) for _ in range(10)]

    await asyncio.gather(*(store.open() for store in stores))

    try:
        worlds = [World(fresh_shared_place, store, clock, "default") for store in stores]
        await asyncio.gather(*(world.insert(world.new()) for world in worlds))
        assert len(await worlds[0].claim()) == 10
        listed = [await store.migrations() for store in stores]
        assert all(each == listed[0] for each in listed)
    finally:
        await asyncio.gather(*(store.close() for store in stores))


async def test_several_processes_open_an_empty_place_at_once(fresh_shared_place: Place) -> None:
    clock = FakeClock()
    race = Race(World(fresh_shared_place, fresh_shared_place.store(clock), clock, "default"))

    answers = await race.run([race.task("insert", keys=["k"]) for _ in range(4)])

    assert len({job_id for ((job_id, _),) in answers}) == 1


async def test_a_store_closes_twice_and_serves_no_more(fresh_place: Place) -> None:
    clock = FakeClock()
    store = fresh_place.store(clock)
    await store.open()
    world = World(fresh_place, store, clock, "default")

    await store.close()
    await store.close()

    with pytest.raises(StoreError):
        await world.insert(world.new())


async def test_closing_finishes_what_was_begun(fresh_shared_place: Place) -> None:
    clock = FakeClock()
    store = fresh_shared_place.store(clock)
    await store.open()
    world = World(fresh_shared_place, store, clock, "default")
    jobs = [world.new() for _ in range(20)]
    begun = [asyncio.ensure_future(world.insert(job)) for job in jobs]
    await asyncio.sleep(0)

    await store.close()

    answers = await asyncio.gather(*begun, return_exceptions=True)
    async with opened(fresh_shared_place, clock) as again:
        found = {job.id for job in await again.reads.get("default", [job.id for job in jobs])}
    stored = {job.id for job, answer in zip(jobs, answers, strict=True) if isinstance(answer, list)}
    assert found == stored


async def test_a_cancelled_caller_leaves_the_store_usable(world: World) -> None:
    for _ in range(5):
        callers = [asyncio.ensure_future(world.insert(*(world.new() for _ in range(50))))]
        await asyncio.sleep(0)
        callers[0].cancel()
        await asyncio.wait(callers)

    job = world.new()
    await world.insert(job)
    assert (await world.job(job.id)).state is JobState.QUEUED
