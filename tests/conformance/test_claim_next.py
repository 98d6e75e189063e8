"""`jobs.claim_next`: who waits for work gets it at once, or learns by a hint that it is there."""

from __future__ import annotations

import asyncio

from beltline.core.states import JobState
from beltline.store.params import ClaimJobs
from tests.conformance.world import World


def asked(world: World, session: str) -> ClaimJobs:
    return ClaimJobs(namespace=world.namespace, session=session, limit=10, now=world.now)


async def test_it_ends_with_nothing_when_it_is_told_to(world: World) -> None:
    session = await world.session()
    until = asyncio.Event()
    waiting = asyncio.create_task(world.store.jobs.claim_next(asked(world, session), until))

    until.set()

    assert await waiting == []


async def test_what_is_queued_meanwhile_is_claimed_once_then_or_by_the_next_claim(world: World) -> None:
    session = await world.session()
    until = asyncio.Event()
    waiting = asyncio.create_task(world.store.jobs.claim_next(asked(world, session), until))
    await asyncio.sleep(0)
    job = world.new()

    await world.insert(job)
    until.set()
    claimed = await waiting + await world.claim(session=session)

    assert [(each.id, each.run, each.started_at) for each in claimed] == [(job.id, 1, world.now)]
    assert (await world.job(job.id)).state is JobState.RUNNING


async def test_one_that_is_cancelled_keeps_nothing_from_others(world: World) -> None:
    session = await world.session()
    waiting = asyncio.create_task(world.store.jobs.claim_next(asked(world, session), asyncio.Event()))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    job = world.new()

    await world.insert(job)

    assert [each.id for each in await world.claim()] == [job.id]
