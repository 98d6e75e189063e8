"""`wakeups`: hints arrive soon after what they hint at, here and in other stores on the same data."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from beltline.core.states import JobState
from beltline.store.hints import Hint
from beltline.store.params import NoteRequests, ReplayDead
from tests.conformance.builders import DELAY, change_to
from tests.conformance.world import World

SOON = 5.0


class Ear:
    """Notes the hints that it hears."""

    def __init__(self) -> None:
        self._heard = {hint: asyncio.Event() for hint in Hint}

    def hear(self, hint: Hint) -> None:
        self._heard[hint].set()

    async def has_heard(self, hint: Hint) -> None:
        """Wait until the hint was heard; fail where it does not come soon."""
        async with asyncio.timeout(SOON):
            await self._heard[hint].wait()


@asynccontextmanager
async def listening(world: World) -> AsyncIterator[Ear]:
    ear = Ear()
    stop = await world.store.wakeups.subscribe(world.namespace, ear.hear)
    try:
        yield ear
    finally:
        stop()


async def insert(world: World) -> None:
    await world.insert(world.new())


async def stage(world: World) -> None:
    await world.bring(JobState.SCHEDULED)
    world.clock.advance(DELAY)
    assert await world.store.upkeep.stage(world.namespace, world.now, 10) == 1


async def release(world: World) -> None:
    job = await world.bring(JobState.PAUSED)
    assert not await world.apply(change_to(job, JobState.QUEUED, world.now))


async def replay(world: World) -> None:
    job = await world.bring(JobState.FAILED)
    assert await world.store.jobs.replay(ReplayDead(namespace=world.namespace, ids=[job.id], now=world.now))


async def resume(world: World) -> None:
    await world.store.queues.set_paused(world.namespace, "q", paused=True, now=world.now)
    await world.store.queues.set_paused(world.namespace, "q", paused=False, now=world.now)


@pytest.mark.parametrize("act", [insert, stage, release, replay, resume])
async def test_work_that_becomes_ready_is_hinted_at(world: World, act: object) -> None:
    assert callable(act)
    async with listening(world) as ear:
        await act(world)
        await ear.has_heard(Hint.QUEUED)


async def delay(world: World) -> None:
    await world.bring(JobState.SCHEDULED)


async def back_off(world: World) -> None:
    await world.apply(change_to(await world.running(), JobState.RETRYING, world.now))


async def snooze(world: World) -> None:
    await world.apply(change_to(await world.running(), JobState.SCHEDULED, world.now))


@pytest.mark.parametrize("act", [delay, back_off, snooze])
async def test_work_that_falls_due_later_is_hinted_at(world: World, act: object) -> None:
    assert callable(act)
    async with listening(world) as ear:
        await act(world)
        await ear.has_heard(Hint.SCHEDULED)


@pytest.mark.parametrize("end", [JobState.SUCCEEDED, JobState.FAILED, JobState.TIMED_OUT, JobState.CANCELLED])
async def test_an_end_is_hinted_at(world: World, end: JobState) -> None:
    claimed = await world.running()
    async with listening(world) as ear:
        await world.apply(change_to(claimed, end, world.now))
        await ear.has_heard(Hint.FINISHED)


async def test_a_request_is_hinted_at(world: World) -> None:
    claimed = await world.running()
    async with listening(world) as ear:
        params = NoteRequests(
            namespace=world.namespace, jobs=[(claimed.id, claimed.fence)], request="cancel", now=world.now
        )
        await world.store.jobs.note_requests(params)
        await ear.has_heard(Hint.REQUESTED)


async def test_every_listener_hears_a_hint(world: World) -> None:
    async with listening(world) as first, listening(world) as second:
        await insert(world)
        await first.has_heard(Hint.QUEUED)
        await second.has_heard(Hint.QUEUED)


async def test_a_listener_that_stopped_may_stop_again(world: World) -> None:
    stop = await world.store.wakeups.subscribe(world.namespace, Ear().hear)
    stop()
    stop()

    await insert(world)


async def test_hints_reach_other_stores_on_the_same_data(shared_world: World) -> None:
    world = shared_world
    async with world.another() as other, listening(other) as ear:
        claimed = await world.running()
        await ear.has_heard(Hint.QUEUED)
        params = NoteRequests(
            namespace=world.namespace, jobs=[(claimed.id, claimed.fence)], request="cancel", now=world.now
        )
        await world.store.jobs.note_requests(params)
        await ear.has_heard(Hint.REQUESTED)
        await world.apply(change_to(claimed, JobState.CANCELLED, world.now))
        await ear.has_heard(Hint.FINISHED)


async def test_what_was_hinted_at_is_there(shared_world: World) -> None:
    world = shared_world
    async with world.another() as other, listening(other) as ear:
        await insert(world)
        await ear.has_heard(Hint.QUEUED)

        assert len(await other.claim()) == 1
