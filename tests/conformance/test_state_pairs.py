"""Every pair of state and event: what TRANSITIONS allows happens, all else leaves the row alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from itertools import product
from types import MappingProxyType

import pytest

from beltline.core.clock import DAY
from beltline.core.job import Job
from beltline.core.states import TRANSITIONS, JobEvent, JobState, targets
from beltline.store.params import DiscardDead, NoteRequests, ReplayDead
from tests.conformance.builders import change_to
from tests.conformance.model import changed_row, claimed_row, replayed_row, staged_row
from tests.conformance.world import World

Expected = Callable[[World, Job], Job]
Verb = Callable[[World, Job], Awaitable[None]]

PAIRS = list(product(JobState, JobEvent))


async def claim(world: World, job: Job) -> None:
    await world.claim(session=await world.session("claimer"))


async def stage(world: World, job: Job) -> None:
    await world.store.upkeep.stage(world.namespace, world.now, 10)


async def replay(world: World, job: Job) -> None:
    await world.store.jobs.replay(ReplayDead(namespace=world.namespace, ids=[job.id], now=world.now))


async def discard(world: World, job: Job) -> None:
    await world.store.jobs.discard(DiscardDead(namespace=world.namespace, ids=[job.id], now=world.now))


def claimed_by(world: World, job: Job, session: str | None) -> Job:
    assert session is not None
    return claimed_row(job, session, world.now)


# The events that verbs of their own bring about; all others are written by `apply`.
VERBS: Mapping[JobEvent, Verb] = MappingProxyType(
    {JobEvent.CLAIM: claim, JobEvent.STAGE: stage, JobEvent.REPLAY: replay, JobEvent.DISCARD: discard}
)
ROWS: Mapping[JobEvent, Expected] = MappingProxyType(
    {
        JobEvent.STAGE: lambda _, job: staged_row(job),
        JobEvent.REPLAY: lambda world, job: replayed_row(job, world.now),
        JobEvent.DISCARD: lambda world, job: job._replace(discarded_at=world.now),
    }
)
REQUESTS: Mapping[JobEvent, str | None] = MappingProxyType(
    {JobEvent.CANCEL: "cancel", JobEvent.PAUSE: "pause", JobEvent.RESUME: None}
)


async def note(world: World, job: Job, request: str | None) -> None:
    params = NoteRequests(
        namespace=world.namespace, jobs=[(job.id, job.fence)], request=request, now=world.now
    )
    await world.store.jobs.note_requests(params)


async def check_verb(world: World, job: Job, event: JobEvent) -> None:
    """Try the event's own verb: the row changes as it must where the event is allowed, else not at all."""
    await VERBS[event](world, job)

    after = await world.job(job.id)
    if not targets(job.state, event):
        assert after == job
    elif event is JobEvent.CLAIM:
        assert after == claimed_by(world, job, after.session)
    else:
        assert after == ROWS[event](world, job)
    assert after.state in targets(job.state, event) | {job.state}


async def check_change(world: World, job: Job, target: JobState) -> None:
    """Write an allowed change: the row is as decided."""
    change = change_to(job, target, world.now)

    assert await world.apply(change) == []

    assert await world.job(job.id) == changed_row(job, change)


async def check_refusal(world: World, job: Job, event: JobEvent) -> None:
    """Try every change that the event could mean in another state: each is a miss, the row stays as it is."""
    elsewhere = [(state, ends) for (state, each), ends in TRANSITIONS.items() if each is event]
    for source, ends in elsewhere:
        for target in ends - {source}:
            change = change_to(job._replace(state=source), target, world.now)
            misses = await world.apply(change)
            assert [miss.current for miss in misses] == [job]
    if event in REQUESTS:
        await note(world, job, REQUESTS[event])
    assert await world.job(job.id) == job


@pytest.mark.parametrize(("state", "event"), PAIRS, ids=[f"{state}-{event}" for state, event in PAIRS])
async def test_a_state_and_an_event_do_what_the_table_says(
    world: World, state: JobState, event: JobEvent
) -> None:
    ends: list[JobState | None] = [*sorted(targets(state, event))] or [None]
    for end in ends:
        job = await world.bring(state)
        world.clock.advance(DAY)
        if event in VERBS:
            await check_verb(world, job, event)
        elif end is None:
            await check_refusal(world, job, event)
        elif end is state:
            await note(world, job, REQUESTS[event])
            assert await world.job(job.id) == job._replace(request=REQUESTS[event])
        else:
            await check_change(world, job, end)
        await clear(world, job)


async def clear(world: World, job: Job) -> None:
    """Take what is queued out of the way of the next job."""
    left = await world.job(job.id)
    if left.state is JobState.QUEUED:
        assert not await world.apply(change_to(left, JobState.WAITING, world.now))
