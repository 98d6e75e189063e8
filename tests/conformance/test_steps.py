"""`steps`: what a job did and how far it came, kept from run to run under the fence."""

from __future__ import annotations

import asyncio

import pytest

from beltline.core.job import ClaimedJob
from beltline.core.states import FINAL, JobState
from beltline.store.params import DiscardDead, ReplayDead
from beltline.store.steps import Memory, NewPosition, NewStep, Remembered, StepOutcome
from tests.conformance.builders import change_to
from tests.conformance.remembering import memory, record, results, save
from tests.conformance.world import World

RECORDED, TAKEN, LOST = StepOutcome.RECORDED, StepOutcome.TAKEN, StepOutcome.LOST


def step(job: ClaimedJob, name: str = "pay", result: bytes = b"1") -> NewStep:
    return NewStep(job.id, job.fence, name, result)


def position(job: ClaimedJob, value: bytes = b"7", name: str = "rows") -> NewPosition:
    return NewPosition(job.id, job.fence, name, value)


async def again(world: World, job: ClaimedJob) -> ClaimedJob:
    """Give a job back and claim it anew."""
    assert not await world.apply(change_to(job, JobState.QUEUED, world.now))
    (claimed,) = await world.claim()
    return claimed


async def test_what_was_recorded_reads_back_oldest_first(world: World) -> None:
    job = await world.running()
    odd = '{"a":"\\u0000","ü":"\U0001f600"}'.encode()
    await record(world, step(job, "zig ü", odd))
    world.clock.advance(1_000)
    await record(world, step(job, "zag"), step(job, "alpha", b"null"))
    await save(world, position(job))

    assert await memory(world, job.id) == [
        Remembered(job.id, Memory.STEP, "zig ü", job.fence, world.now - 1_000, odd),
        Remembered(job.id, Memory.STEP, "alpha", job.fence, world.now, b"null"),
        Remembered(job.id, Memory.POSITION, "rows", job.fence, world.now, b"7"),
        Remembered(job.id, Memory.STEP, "zag", job.fence, world.now, b"1"),
    ]


async def test_a_job_that_used_no_steps_remembers_nothing(world: World) -> None:
    job = await world.running()

    assert await memory(world, job.id, "unknown") == []
    assert await memory(world) == []
    assert (await record(world), await save(world)) == ([], [])


async def test_steps_of_many_jobs_go_in_together_and_are_answered_in_order(world: World) -> None:
    jobs = [await world.running() for _ in range(3)]
    stale = step(jobs[1])._replace(fence=99)

    answers = await record(world, step(jobs[2]), stale, step(jobs[0]), step(jobs[2], "ship"))

    assert answers == [RECORDED, LOST, RECORDED, RECORDED]
    assert {(each.job_id, each.name) for each in await memory(world, *(job.id for job in jobs))} == {
        (jobs[0].id, "pay"),
        (jobs[2].id, "pay"),
        (jobs[2].id, "ship"),
    }


async def test_a_step_is_remembered_in_the_next_run(world: World) -> None:
    job = await world.running()
    await record(world, step(job))

    later = await again(world, job)

    assert await record(world, step(later, "ship")) == [RECORDED]
    assert set(await results(world, job.id)) == {"pay", "ship"}


async def test_a_repeated_record_is_answered_as_the_first(world: World) -> None:
    job = await world.running()
    await record(world, step(job))

    assert await record(world, step(job, result=b"2")) == [RECORDED]
    assert await results(world, job.id) == {"pay": b"1"}


async def test_a_step_of_an_earlier_run_is_taken_and_stays(world: World) -> None:
    job = await world.running()
    await record(world, step(job))
    later = await again(world, job)

    assert await record(world, step(later, result=b"2")) == [TAKEN]
    assert await results(world, job.id) == {"pay": b"1"}


async def test_a_stale_run_records_nothing(world: World) -> None:
    job = await world.running()
    later = await again(world, job)
    await record(world, step(later, "ship"))

    assert await record(world, step(job), step(job, "ship")) == [LOST, LOST]
    assert set(await results(world, job.id)) == {"ship"}


@pytest.mark.parametrize("state", sorted(set(JobState) - {JobState.RUNNING, JobState.WAITING}))
async def test_a_job_that_does_not_run_records_nothing(world: World, state: JobState) -> None:
    job = await world.bring(state)

    assert await record(world, NewStep(job.id, job.fence, "pay", b"1")) == [LOST]
    assert await record(world, NewStep("unknown", 1, "pay", b"1")) == [LOST]


async def test_a_large_result_is_kept_whole(world: World) -> None:
    job = await world.running()
    large = b'"' + b"x" * 1_000_000 + b'"'

    assert await record(world, step(job, result=large)) == [RECORDED]
    assert await results(world, job.id) == {"pay": large}


async def test_five_hundred_steps_go_in_as_one_batch(world: World) -> None:
    job = await world.running()
    steps = [step(job, f"row-{number}") for number in range(500)]

    assert await record(world, *steps) == [RECORDED] * 500
    assert len(await memory(world, job.id)) == 500


async def test_a_position_is_replaced_by_the_next(world: World) -> None:
    job = await world.running()

    assert await save(world, position(job, b"1"), position(job, b"2"), position(job, b"8", "b")) == [True] * 3
    assert await save(world, position(job, b'{"id":3}')) == [True]
    assert await results(world, job.id) == {"rows": b'{"id":3}', "b": b"8"}


async def test_a_position_of_a_stale_run_is_not_kept(world: World) -> None:
    job = await world.running()
    later = await again(world, job)
    await save(world, position(later, b"5"))

    assert await save(world, position(job, b"9"), position(later, b"6")) == [False, True]
    assert await results(world, job.id) == {"rows": b"6"}


async def test_a_position_may_come_after_the_end_of_its_run(world: World) -> None:
    job = await world.running()
    assert not await world.apply(change_to(job, JobState.RETRYING, world.now))

    assert await save(world, position(job)) == [True]
    assert await results(world, job.id) == {"rows": b"7"}


@pytest.mark.parametrize("state", sorted(FINAL))
async def test_a_job_that_ended_keeps_what_it_remembers_and_takes_no_more(
    world: World, state: JobState
) -> None:
    job = await world.running()
    await record(world, step(job))
    assert not await world.apply(change_to(job, state, world.now))

    assert await save(world, position(job)) == [False]
    assert await results(world, job.id) == {"pay": b"1"}


async def test_a_replayed_dead_letter_remembers_its_steps(world: World) -> None:
    job = await world.running()
    await record(world, step(job))
    assert not await world.apply(change_to(job, JobState.FAILED, world.now))
    await world.store.jobs.replay(ReplayDead(namespace=world.namespace, ids=[job.id], now=world.now))

    (later,) = await world.claim()

    assert await record(world, step(later)) == [TAKEN]
    assert await results(world, later.id) == {"pay": b"1"}


async def test_a_discarded_dead_letter_forgets_its_steps(world: World) -> None:
    jobs = [await world.running() for _ in range(2)]
    await record(world, *map(step, jobs))
    await save(world, *map(position, jobs))
    assert not await world.apply(*(change_to(job, JobState.FAILED, world.now) for job in jobs))

    await world.store.jobs.discard(DiscardDead(namespace=world.namespace, ids=[jobs[0].id], now=world.now))

    assert {each.job_id for each in await memory(world, *(job.id for job in jobs))} == {jobs[1].id}


async def test_steps_belong_to_their_namespace(world: World) -> None:
    job = await world.running()
    await record(world, step(job))

    assert await world.store.steps.load(f"{world.namespace}-b", [job.id]) == []


async def test_a_record_and_the_end_of_its_run_at_once_agree(shared_world: World) -> None:
    world = shared_world
    async with world.another() as other:
        for _ in range(20):
            job = await world.running()
            change = change_to(job, JobState.SUCCEEDED, world.now)
            [answer], misses = await asyncio.gather(record(world, step(job)), other.apply(change))

            assert misses == []
            assert set(await results(world, job.id)) == ({"pay"} if answer is RECORDED else set())
            assert answer is not TAKEN
