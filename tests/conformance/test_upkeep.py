"""`upkeep.stage`, `next_due`, `overdue`: what time brings about."""

from __future__ import annotations

import pytest

from beltline.core.clock import DAY
from beltline.core.states import FINAL, JobState
from tests.conformance.builders import DELAY, change_to
from tests.conformance.model import staged_row
from tests.conformance.world import World


async def stage(world: World, limit: int = 1_000) -> int:
    return await world.store.upkeep.stage(world.namespace, world.now, limit)


async def overdue(world: World, limit: int = 1_000) -> set[str]:
    return {job.id for job in await world.store.upkeep.overdue(world.namespace, world.now, limit)}


@pytest.mark.parametrize("state", [JobState.SCHEDULED, JobState.RETRYING])
async def test_a_due_job_is_queued_as_of_when_it_was_due(world: World, state: JobState) -> None:
    before = await world.bring(state, priority=2)
    world.clock.advance(DELAY + 12_345)

    assert await stage(world) == 1

    assert await world.job(before.id) == staged_row(before)


@pytest.mark.parametrize("state", [JobState.SCHEDULED, JobState.RETRYING])
async def test_a_job_is_due_at_its_moment_and_not_before(world: World, state: JobState) -> None:
    job = await world.bring(state)
    world.clock.advance(DELAY - 1)
    assert await stage(world) == 0

    world.clock.advance(1)

    assert await stage(world) == 1
    assert (await world.job(job.id)).state is JobState.QUEUED


@pytest.mark.parametrize(
    "state", [state for state in JobState if state not in {JobState.SCHEDULED, JobState.RETRYING}]
)
async def test_time_stages_nothing_else(world: World, state: JobState) -> None:
    job = await world.bring(state)
    world.clock.advance(DAY)

    assert await stage(world) == 0
    assert await world.job(job.id) == job


async def test_staging_is_bounded_and_goes_on_where_it_stopped(world: World) -> None:
    await world.insert(*(world.new(state=JobState.SCHEDULED, run_at=world.now) for _ in range(12)))

    assert [await stage(world, 5) for _ in range(4)] == [5, 5, 2, 0]


async def test_late_staging_does_not_change_the_order(world: World) -> None:
    first = world.new(state=JobState.SCHEDULED, run_at=world.now + 10)
    await world.insert(first)
    world.clock.advance(20)
    second = world.new(id=f"00{first.id[2:]}")
    await world.insert(second)
    await stage(world)

    assert [job.id for job in await world.claim()] == [first.id, second.id]


async def test_the_next_due_is_the_smallest_moment(world: World) -> None:
    assert await world.store.upkeep.next_due(world.namespace) is None
    await world.bring(JobState.RETRYING)
    await world.bring(JobState.PAUSED)
    await world.insert(world.new(state=JobState.SCHEDULED, run_at=world.now + 2 * DELAY), world.new())

    assert await world.store.upkeep.next_due(world.namespace) == world.now + DELAY
    world.clock.advance(DELAY)
    await stage(world)
    assert await world.store.upkeep.next_due(world.namespace) == world.now + DELAY


async def test_staging_leaves_other_namespaces_alone(world: World) -> None:
    await world.bring(JobState.SCHEDULED)
    other = f"{world.namespace}-b"

    assert await world.store.upkeep.stage(other, world.now + DAY, 10) == 0
    assert await world.store.upkeep.next_due(other) is None


LIVE = [state for state in JobState if state not in FINAL and state is not JobState.RUNNING]


@pytest.mark.parametrize("state", LIVE)
async def test_a_job_past_its_deadline_is_overdue(world: World, state: JobState) -> None:
    job = await world.bring(state, deadline_at=world.now + 10)
    world.clock.advance(9)
    assert await overdue(world) == set()

    world.clock.advance(1)

    assert await world.store.upkeep.overdue(world.namespace, world.now, 10) == [job]


@pytest.mark.parametrize("state", [*sorted(FINAL), JobState.RUNNING])
async def test_a_job_that_runs_or_ended_is_not_overdue(world: World, state: JobState) -> None:
    await world.bring(state, deadline_at=world.now + 10, expires_at=world.now + 10)
    world.clock.advance(DAY)

    assert await overdue(world) == set()


@pytest.mark.parametrize("state", [JobState.WAITING, JobState.SCHEDULED, JobState.QUEUED])
async def test_a_job_that_never_ran_is_overdue_at_its_expiry(world: World, state: JobState) -> None:
    job = await world.bring(state, expires_at=world.now + 10)
    world.clock.advance(9)
    assert await overdue(world) == set()

    world.clock.advance(1)

    assert await overdue(world) == {job.id}


async def test_a_job_that_was_parked_before_it_ran_is_overdue_at_its_expiry(world: World) -> None:
    job = await world.bring(JobState.QUEUED, expires_at=world.now + 10)
    assert not await world.apply(change_to(job, JobState.PAUSED, world.now))
    world.clock.advance(10)

    assert await overdue(world) == {job.id}


@pytest.mark.parametrize("state", [JobState.WAITING, JobState.SCHEDULED, JobState.QUEUED, JobState.RETRYING])
async def test_a_job_that_has_run_does_not_expire(world: World, state: JobState) -> None:
    claimed = await world.running(expires_at=world.now + 10)
    assert not await world.apply(change_to(claimed, state, world.now))
    world.clock.advance(DAY)

    assert await overdue(world) == set()


async def test_overdue_is_bounded_and_empties(world: World) -> None:
    await world.insert(
        *(world.new(deadline_at=world.now) for _ in range(7)), world.new(deadline_at=world.now + 1)
    )
    rounds = []
    while jobs := await world.store.upkeep.overdue(world.namespace, world.now, 3):
        rounds.append(len(jobs))
        assert not await world.apply(*(change_to(job, JobState.TIMED_OUT, world.now) for job in jobs))

    assert rounds == [3, 3, 1]


async def test_overdue_leaves_other_namespaces_alone(world: World) -> None:
    await world.insert(world.new(deadline_at=world.now))

    assert await world.store.upkeep.overdue(f"{world.namespace}-b", world.now, 10) == []
