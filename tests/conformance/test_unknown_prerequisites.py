"""`edges`: what becomes of a job that waits for one that the store does not have."""

from __future__ import annotations

from typing import Final

from beltline.core.clock import DAY
from beltline.core.prerequisites import LONGEST_UNKNOWN_US, Unknown
from beltline.core.reasons import Reason
from beltline.core.states import JobState
from tests.conformance.linking import dependent, edge, end, refused, release, standing, store, waiting
from tests.conformance.world import World

WAITS: Final = (JobState.WAITING, Reason.PREREQUISITES)
READY: Final = (JobState.QUEUED, Reason.DUE)


async def test_a_prerequisite_may_come_later(world: World) -> None:
    second = await dependent(world, "to-come")
    world.clock.advance(LONGEST_UNKNOWN_US - 1)
    await release(world)
    assert await standing(world, second) == WAITS

    first = world.new(id="to-come", chosen_id=True)
    await world.insert(first)
    world.clock.advance(DAY)
    await release(world)
    assert await standing(world, second) == WAITS
    await end(world, first, JobState.SUCCEEDED)
    await release(world)

    assert await standing(world, second) == READY


async def test_nothing_waits_for_ever_for_what_never_comes(world: World) -> None:
    cancelled = await dependent(world, "never")
    failed = await dependent(world, "never", otherwise="fail")
    run = await dependent(world, "never", otherwise="run")
    world.clock.advance(LONGEST_UNKNOWN_US)

    await release(world)

    unknown = Reason.PREREQUISITE_UNKNOWN
    assert await standing(world, cancelled) == (JobState.CANCELLED, unknown)
    assert await standing(world, failed) == (JobState.FAILED, unknown)
    # A job that runs anyway waits for nothing once it must not wait any longer.
    assert await standing(world, run) == READY


async def test_an_unknown_prerequisite_may_count_as_met(world: World) -> None:
    job = waiting(world)
    await store(world, [job], [edge(job, "elsewhere")], Unknown.SATISFIED)

    await release(world)

    assert await standing(world, job) == READY


async def test_an_unknown_prerequisite_may_be_refused(world: World) -> None:
    first, job = world.new(), waiting(world)
    await world.insert(first)

    message = await refused(
        world,
        [job],
        [edge(job, first), edge(job, "one", 1), edge(job, "two", 2)],
        unknown=Unknown.REFUSE,
    )

    assert message.startswith("prerequisite_unknown: there is no job one, two in this namespace to wait for")
    await end(world, first, JobState.SUCCEEDED)
    assert await release(world) == 0


async def test_a_pruned_prerequisite_counts_as_one_that_succeeded(world: World) -> None:
    pruned = world.new().id
    world.clock.advance(2 * DAY)

    first, second = await dependent(world, pruned), await dependent(world, pruned, condition="failed")
    await release(world)

    assert await standing(world, first) == READY
    assert await standing(world, second) == (JobState.CANCELLED, Reason.PREREQUISITE_UNKNOWN)
