"""`edges`: whatever happens at the same moment, nobody is stranded and no cycle is stored."""

from __future__ import annotations

import asyncio
from typing import Final

import pytest

from beltline.core.reasons import Reason
from beltline.core.states import JobState
from tests.conformance.builders import change_to
from tests.conformance.linking import dependent, edge, end, release, standing, store, waiting
from tests.conformance.world import World

READY: Final = (JobState.QUEUED, Reason.DUE)


async def test_two_last_prerequisites_at_once_strand_nobody(shared_world: World) -> None:
    await race(shared_world, 60)


@pytest.mark.proof
async def test_two_last_prerequisites_at_once_strand_nobody_ten_thousand_times(shared_world: World) -> None:
    await race(shared_world, 10_000)


async def race(world: World, times: int) -> None:
    """Two stores settle the two prerequisites of one job at the same moment, and look at once."""
    async with world.another() as other:
        for _ in range(times):
            left, right = world.new(), world.new()
            await world.insert(left, right)
            job = await dependent(world, left, right)

            async def settle(mine: World, each: str) -> None:
                found = await world.job(each)
                assert await mine.apply(change_to(found, JobState.SUCCEEDED, mine.now)) == []
                await release(mine)

            await asyncio.gather(settle(world, left.id), settle(other, right.id))

            assert await standing(world, job) == READY
            await end(world, job, JobState.CANCELLED)


async def test_a_job_that_is_stored_while_its_prerequisite_ends_is_not_stranded(shared_world: World) -> None:
    world = shared_world
    async with world.another() as other:
        for _ in range(30):
            first = world.new()
            await world.insert(first)
            found = await world.job(first.id)

            [job, misses] = await asyncio.gather(
                dependent(world, first), other.apply(change_to(found, JobState.SUCCEEDED, world.now))
            )
            await release(world)

            assert misses == []
            assert await standing(world, job) == READY
            await end(world, job, JobState.CANCELLED)


async def test_a_cycle_that_arises_from_two_inserts_at_once_is_refused(shared_world: World) -> None:
    world = shared_world
    async with world.another() as other:
        for number in range(10):
            ids = [f"{name}-{number}" for name in "abcd"]
            jobs = [waiting(world, id=job_id, chosen_id=True) for job_id in ids]
            inserts = [
                store(mine, [job], [edge(job, after)])
                for mine, job, after in zip([world, other] * 2, jobs, [*ids[1:], ids[0]], strict=True)
            ]

            answers = await asyncio.gather(*inserts, return_exceptions=True)

            assert sum(isinstance(answer, BaseException) for answer in answers) == 1
