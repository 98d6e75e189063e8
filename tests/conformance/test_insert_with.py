"""`jobs.insert_with`: jobs that exist when, and only when, the caller's own transaction commits."""

from __future__ import annotations

import pytest

from beltline.core.errors import InvalidInput
from beltline.core.job import NewJob
from beltline.core.states import JobState
from beltline.store.params import Inserted, Insertion, InsertJobs
from tests.conformance.model import row_of
from tests.conformance.stores import CALLERS, Caller, caller
from tests.conformance.world import World

pytestmark = pytest.mark.parametrize("kind", CALLERS)


async def insert_with(world: World, own: Caller, *jobs: NewJob, all_or_none: bool = True) -> list[Inserted]:
    params = InsertJobs(namespace=world.namespace, jobs=jobs, all_or_none=all_or_none, now=world.now)
    return await world.store.jobs.insert_with(own.conn, params)


async def test_jobs_exist_when_the_caller_commits(shared_world: World, kind: str) -> None:
    world = shared_world
    jobs = [
        world.new(labels={"n": "ä"}, payload=b'{"a":"\\u0000"}', needs='{"tags":["eu"]}', backoff="{}"),
        world.new(state=JobState.SCHEDULED),
    ]
    async with caller(world.place, kind) as own:
        answers = await insert_with(world, own, *jobs)
        assert await world.store.reads.get(world.namespace, [job.id for job in jobs]) == []
        await own.commit()

    assert answers == [Inserted(job.id, Insertion.CREATED) for job in jobs]
    found = await world.store.reads.get(world.namespace, [job.id for job in jobs])
    assert found == [row_of(job, world.namespace) for job in jobs]


async def test_jobs_are_gone_when_the_caller_rolls_back(shared_world: World, kind: str) -> None:
    world = shared_world
    job = world.new(idempotency_key="k")
    async with caller(world.place, kind) as own:
        await insert_with(world, own, job)
        await own.roll_back()

    assert await world.store.reads.get(world.namespace, [job.id]) == []
    assert await world.store.upkeep.tallies(world.namespace, 0, 2**62) == []
    assert await world.insert(job) == [Inserted(job.id, Insertion.CREATED)]


async def test_jobs_of_a_caller_are_claimed_and_counted(shared_world: World, kind: str) -> None:
    world = shared_world
    jobs = [world.new() for _ in range(3)]
    async with caller(world.place, kind) as own:
        await insert_with(world, own, *jobs)
        await own.commit()

    (tally,) = await world.store.upkeep.tallies(world.namespace, 0, 2**62)
    assert (tally.event, tally.jobs) == ("submitted", 3)
    assert {job.id for job in await world.claim()} == {job.id for job in jobs}


async def test_keys_and_ids_mean_what_they_always_do(shared_world: World, kind: str) -> None:
    world = shared_world
    keyed, named = world.new(idempotency_key="k"), world.new(id="invoice-17", chosen_id=True)
    await world.insert(keyed, named)
    again = [world.new(idempotency_key="k"), world.new(id="invoice-17", chosen_id=True)]
    other = [each._replace(payload=b"{}", payload_hash=b"x" * 16) for each in again]
    async with caller(world.place, kind) as own:
        answers = await insert_with(world, own, *again, *other, all_or_none=False)
        await own.commit()

    assert answers == [
        Inserted(keyed.id, Insertion.EXISTING),
        Inserted("invoice-17", Insertion.EXISTING),
        Inserted(keyed.id, Insertion.KEY_REUSED),
        Inserted("invoice-17", Insertion.ID_REUSED),
    ]


async def test_one_reused_key_keeps_the_whole_batch_out(shared_world: World, kind: str) -> None:
    world = shared_world
    await world.insert(world.new(idempotency_key="k"))
    good, bad = world.new(), world.new(idempotency_key="k", payload=b"{}")
    async with caller(world.place, kind) as own:
        answers = await insert_with(world, own, good, bad)
        await own.commit()

    assert answers[1].outcome is Insertion.KEY_REUSED
    assert await world.store.reads.get(world.namespace, [good.id]) == []


async def test_a_key_of_a_caller_is_known_after_the_commit(shared_world: World, kind: str) -> None:
    world = shared_world
    first = world.new(idempotency_key="k")
    async with caller(world.place, kind) as own:
        await insert_with(world, own, first)
        await own.commit()

    assert await world.insert(world.new(idempotency_key="k")) == [Inserted(first.id, Insertion.EXISTING)]


async def test_another_kind_of_connection_is_refused(shared_world: World, kind: str) -> None:
    world = shared_world
    params = InsertJobs(namespace=world.namespace, jobs=[world.new()], now=world.now)

    with pytest.raises(InvalidInput):
        await world.store.jobs.insert_with(object(), params)
