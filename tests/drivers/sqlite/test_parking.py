"""A claim that waits runs in the transaction that queues a job."""

from __future__ import annotations

import asyncio

import pytest

from beltline.core.errors import LeaseLost, StoreError
from beltline.core.job import ClaimedJob
from beltline.core.states import JobState
from beltline.store.params import ClaimJobs
from tests.conformance.world import World


async def parked(
    world: World, *, limit: int = 10, queues: tuple[str, ...] | None = None
) -> asyncio.Task[list[ClaimedJob]]:
    """Return a claim that waits on the writer's thread."""
    params = ClaimJobs(
        namespace=world.namespace, session=await world.session(), queues=queues, limit=limit, now=world.now
    )
    waiting = asyncio.create_task(world.store.jobs.claim_next(params, asyncio.Event()))
    await asyncio.sleep(0)
    return waiting


async def test_a_job_that_is_queued_is_running_when_its_submit_returns(world: World) -> None:
    waiting = await parked(world)
    job = world.new()

    await world.insert(job)

    assert (await world.job(job.id)).state is JobState.RUNNING
    assert [each.id for each in await waiting] == [job.id]


async def test_the_time_of_the_claim_is_that_of_the_transaction(world: World) -> None:
    waiting = await parked(world)
    world.clock.advance(1_000)

    await world.insert(world.new())

    assert [each.started_at for each in await waiting] == [world.now]


async def test_it_waits_on_where_nothing_that_came_is_for_it(world: World) -> None:
    waiting = await parked(world, queues=("mine",))

    await world.insert(world.new(queue="other"))
    assert not waiting.done()
    await world.insert(world.new(queue="mine"))

    assert len(await waiting) == 1


async def test_two_that_wait_get_different_jobs(world: World) -> None:
    first, second = await parked(world, limit=1), await parked(world, limit=1)

    await world.insert(world.new(), world.new(), world.new())

    (one,), (other,) = await first, await second
    assert one.id != other.id
    assert len(await world.claim()) == 1


async def test_one_whose_session_has_ended_hears_it_and_the_submit_stands(world: World) -> None:
    session = await world.session()
    params = ClaimJobs(namespace=world.namespace, session=session, limit=10, now=world.now)
    waiting = asyncio.create_task(world.store.jobs.claim_next(params, asyncio.Event()))
    await asyncio.sleep(0)
    await world.store.sessions.close(world.namespace, session, world.now)
    job = world.new()

    await world.insert(job)

    with pytest.raises(LeaseLost):
        await waiting
    assert (await world.job(job.id)).state is JobState.QUEUED


async def test_one_that_waits_while_the_store_closes_hears_it(world: World) -> None:
    waiting = await parked(world)

    await world.store.close()

    with pytest.raises(StoreError, match="closed"):
        await waiting
