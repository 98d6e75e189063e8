"""`upkeep.fold`, `upkeep.tallies`: the minute roll-up counts what happened, folded or not."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from beltline.core.clock import MINUTE
from beltline.core.states import FINAL, JobState
from beltline.store.params import Tally
from tests.conformance.builders import change_to
from tests.conformance.world import World


async def tallies(world: World, since: int = 0, until: int = 2**62) -> list[Tally]:
    return sorted(await world.store.upkeep.tallies(world.namespace, since, until))


async def fold_all(world: World, limit: int = 1_000) -> int:
    total = 0
    while folded := await world.store.upkeep.fold(world.namespace, limit):
        total += folded
    return total


def minute(world: World) -> int:
    return world.now - world.now % MINUTE


def counts(found: Sequence[Tally]) -> dict[str, int]:
    return {tally.event: tally.jobs for tally in found}


async def test_submits_are_counted_by_definition_and_queue(world: World) -> None:
    await world.insert(
        world.new(definition="a", queue="x"),
        world.new(definition="a", queue="x", state=JobState.SCHEDULED),
        world.new(definition="a", queue="y", state=JobState.WAITING),
        world.new(definition="b", queue="x"),
    )

    assert await tallies(world) == [
        Tally(minute(world), "a", "x", "submitted", 2, 0, 0),
        Tally(minute(world), "a", "y", "submitted", 1, 0, 0),
        Tally(minute(world), "b", "x", "submitted", 1, 0, 0),
    ]


async def test_a_submit_that_made_no_job_is_not_counted(world: World) -> None:
    await world.insert(world.new(idempotency_key="k"))
    await world.insert(world.new(idempotency_key="k"))
    await world.insert(world.new(idempotency_key="k", payload=b"{}"), world.new())

    assert counts(await tallies(world)) == {"submitted": 1}


@pytest.mark.parametrize("target", [state for state in JobState if state is not JobState.RUNNING])
async def test_a_run_that_ended_is_counted_with_its_times(world: World, target: JobState) -> None:
    await world.insert(world.new())
    world.clock.advance(30)
    (claimed,) = await world.claim()
    world.clock.advance(200)

    await world.apply(change_to(claimed, target, world.now))

    ends = [tally for tally in await tallies(world) if tally.event != "submitted"]
    assert ends == [Tally(minute(world), claimed.definition, claimed.queue, target, 1, 200, 30)]


async def test_times_of_a_batch_are_summed(world: World) -> None:
    await world.insert(*(world.new(queued_at=world.now - age) for age in (1, 2, 3)))
    claimed = await world.claim()
    world.clock.advance(10)

    await world.apply(*(change_to(job, JobState.SUCCEEDED, world.now) for job in claimed))

    (done,) = [tally for tally in await tallies(world) if tally.event == "succeeded"]
    assert (done.jobs, done.run_us, done.wait_us) == (3, 30, 6)


@pytest.mark.parametrize("target", sorted(FINAL))
@pytest.mark.parametrize("source", [JobState.QUEUED, JobState.RETRYING])
async def test_an_end_without_a_run_is_counted_without_times(
    world: World, source: JobState, target: JobState
) -> None:
    job = await world.bring(source)
    world.clock.advance(50)

    await world.apply(change_to(job, target, world.now))

    (end,) = [tally for tally in await tallies(world) if tally.event == target]
    assert (end.jobs, end.run_us, end.wait_us) == (1, 0, 0)


async def test_moves_between_runs_are_not_counted(world: World) -> None:
    job = await world.bring(JobState.QUEUED)
    await world.apply(change_to(job, JobState.PAUSED, world.now))
    job = await world.job(job.id)
    await world.apply(change_to(job, JobState.SCHEDULED, world.now))
    world.clock.advance(MINUTE)
    await world.store.upkeep.stage(world.namespace, world.now, 10)

    assert counts(await tallies(world)) == {"submitted": 1}


async def test_a_miss_is_not_counted(world: World) -> None:
    await world.insert(*(world.new() for _ in range(6)))
    claimed = await world.claim()
    good = [change_to(job, JobState.SUCCEEDED, world.now) for job in claimed[:2]]
    stale = [change_to(job, JobState.SUCCEEDED, world.now)._replace(fence=9) for job in claimed[2:4]]
    foreign = [change_to(job, JobState.FAILED, world.now)._replace(id=f"x{job.id}") for job in claimed[4:]]

    await world.apply(*good, *stale, *foreign)
    await world.apply(*good)

    assert counts(await tallies(world)) == {"submitted": 6, "succeeded": 2}


async def test_folding_changes_no_sum(world: World) -> None:
    for _ in range(5):
        await world.insert(*(world.new(definition=f"d{n % 2}") for n in range(4)))
        claimed = await world.claim()
        world.clock.advance(20_000_000)
        ends = [JobState.SUCCEEDED, JobState.FAILED, JobState.QUEUED, JobState.CANCELLED]
        pairs = zip(claimed, ends, strict=False)
        await world.apply(*(change_to(job, end, world.now) for job, end in pairs))
    before = await tallies(world)

    during = []
    while await world.store.upkeep.fold(world.namespace, 3):
        during.append(await tallies(world))

    assert during
    assert all(found == before for found in during)
    assert await tallies(world) == before


async def test_what_is_counted_after_folding_is_added(world: World) -> None:
    await world.insert(world.new(), world.new())
    await fold_all(world)
    await world.insert(world.new())

    assert counts(await tallies(world)) == {"submitted": 3}
    await fold_all(world)
    assert counts(await tallies(world)) == {"submitted": 3}


async def test_folding_is_bounded_and_ends(world: World) -> None:
    for _ in range(7):
        await world.insert(world.new())

    rounds = [await world.store.upkeep.fold(world.namespace, 3) for _ in range(4)]

    assert rounds == [3, 3, 1, 0]


async def test_tallies_are_of_the_minutes_asked_for(world: World) -> None:
    starts = []
    for _ in range(4):
        starts.append(minute(world))
        await world.insert(world.new())
        world.clock.advance(MINUTE)
    await world.store.upkeep.fold(world.namespace, 2)

    found = await tallies(world, starts[1], starts[3])

    assert [tally.minute for tally in found] == starts[1:3]


async def test_folding_at_once_counts_everything_once(world: World) -> None:
    for n in range(20):
        await world.insert(*(world.new() for _ in range(n)))
    before = await tallies(world)

    folded = await asyncio.gather(*(world.store.upkeep.fold(world.namespace, 7) for _ in range(6)))
    rest = await fold_all(world)

    assert await tallies(world) == before
    assert sum(folded) + rest == 19


async def test_folding_from_several_connections_counts_everything_once(shared_world: World) -> None:
    world = shared_world
    for _ in range(30):
        await world.insert(world.new(), world.new())
    before = await tallies(world)

    async with world.another() as second:
        for _ in range(5):
            verbs = [world.store.upkeep, second.store.upkeep]
            await asyncio.gather(*(verb.fold(world.namespace, 7) for verb in verbs))
            assert await tallies(world) == before
        await fold_all(second)

    assert await tallies(world) == before


async def test_tallies_belong_to_their_namespace(world: World) -> None:
    await world.insert(world.new())
    other = f"{world.namespace}-b"

    assert await world.store.upkeep.fold(other, 10) == 0
    assert await world.store.upkeep.tallies(other, 0, 2**62) == []
