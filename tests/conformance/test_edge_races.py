"""`edges`: whatever happens at the same moment, nobody is stranded and no cycle is stored."""

from __future__ import annotations

import asyncio
from typing import Final

import pytest

from beltline.core.reasons import Reason
from beltline.core.states import JobState
from tests.conformance.builders import change_to
from tests.conformance.linking import dependent, edge, end, release, standing, store, waiting
from tests.conformance.meeting import two_enders
from tests.conformance.world import World

READY: Final = (JobState.QUEUED, Reason.DUE)


async def test_two_last_prerequisites_at_once_strand_nobody(shared_world: World) -> None:
    """Two stores settle the two prerequisites of one job at the same moment, and look at once."""
    world = shared_world
    async with world.another() as other:
        for _ in range(60):
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


async def test_two_last_prerequisites_in_two_processes_strand_nobody(shared_world: World) -> None:
    await meet(shared_world, 20, 20)


@pytest.mark.proof
@pytest.mark.parametrize("share", range(5))
async def test_two_last_prerequisites_in_two_processes_strand_nobody_ten_thousand_times(
    shared_world: World,
    share: int,
) -> None:
    await meet(shared_world, 2_000, 100)


async def meet(world: World, times: int, at_once: int) -> None:
    """Two processes end the two prerequisites of each job at the same moment, and tell it at once."""
    async with two_enders(world) as (one, two):
        for _ in range(0, times, at_once):
            pairs = [(world.new(), world.new()) for _ in range(at_once)]
            await world.insert(*(job for pair in pairs for job in pair))
            jobs = [waiting(world) for _ in pairs]
            edges = [
                edge(job, each, part)
                for job, pair in zip(jobs, pairs, strict=True)
                for part, each in enumerate(pair)
            ]
            await store(world, jobs, edges)

            for left, right in pairs:
                await asyncio.gather(one.end(left.id), two.end(right.id))

            found = await world.store.reads.get(world.namespace, [job.id for job in jobs])
            assert [(job.state, job.reason) for job in found] == [READY] * at_once
            ended = [change_to(job, JobState.CANCELLED, world.now) for job in found]
            assert await world.apply(*ended) == []


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
