"""`steps.record_with`: a step that is recorded when, and only when, the caller's own transaction commits."""

from __future__ import annotations

import pytest

from beltline.core.errors import InvalidInput
from beltline.core.job import ClaimedJob
from beltline.core.states import JobState
from beltline.store.steps import NewStep, StepOutcome
from tests.conformance.builders import change_to
from tests.conformance.remembering import memory, record, record_with, results
from tests.conformance.stores import CALLERS, caller
from tests.conformance.world import World

pytestmark = pytest.mark.parametrize("kind", CALLERS)

RECORDED, TAKEN, LOST = StepOutcome.RECORDED, StepOutcome.TAKEN, StepOutcome.LOST


def step(job: ClaimedJob, result: bytes = b'"\\u0000 \xc3\xa4"') -> NewStep:
    return NewStep(job.id, job.fence, "book ü", result)


async def test_a_step_is_recorded_when_the_caller_commits(shared_world: World, kind: str) -> None:
    world = shared_world
    job = await world.running()
    async with caller(world.place, kind) as own:
        answer = await record_with(world, own.conn, step(job))
        before = await memory(world, job.id)
        await own.commit()

    assert (answer, before) == (RECORDED, [])
    assert await results(world, job.id) == {"book ü": step(job).result}


async def test_a_step_is_not_recorded_when_the_caller_rolls_back(shared_world: World, kind: str) -> None:
    world = shared_world
    job = await world.running()
    async with caller(world.place, kind) as own:
        await record_with(world, own.conn, step(job))
        await own.roll_back()

    assert await memory(world, job.id) == []
    assert await record(world, step(job)) == [RECORDED]


async def test_a_stale_run_records_nothing(shared_world: World, kind: str) -> None:
    world = shared_world
    job = await world.running()
    assert not await world.apply(change_to(job, JobState.QUEUED, world.now))
    (later,) = await world.claim()
    async with caller(world.place, kind) as own:
        answer = await record_with(world, own.conn, step(job))
        await own.commit()

    assert answer is LOST
    assert await memory(world, later.id) == []


async def test_what_is_recorded_already_is_taken_whoever_did_it(shared_world: World, kind: str) -> None:
    world = shared_world
    job = await world.running()
    await record(world, step(job, b"1"))
    async with caller(world.place, kind) as own:
        answer = await record_with(world, own.conn, step(job, b"2"))
        await own.roll_back()

    assert answer is TAKEN
    assert await results(world, job.id) == {"book ü": b"1"}


async def test_another_kind_of_connection_is_refused(shared_world: World, kind: str) -> None:
    job = await shared_world.running()

    with pytest.raises(InvalidInput):
        await record_with(shared_world, object(), step(job))
