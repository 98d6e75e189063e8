"""`upkeep.agenda`: one read tells what there is to see to, and for whom."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

import pytest

from beltline.core.clock import MINUTE
from beltline.core.prerequisites import LONGEST_UNKNOWN_US
from beltline.core.states import JobState
from beltline.store.batches import Family, Seen
from beltline.store.bulk_actions import StoredBulkAction
from beltline.store.params import InsertJobs
from beltline.store.triggers import Watch
from beltline.store.upkeep import Agenda
from tests.conformance.builders import DELAY
from tests.conformance.letters import begin
from tests.conformance.linking import dependent, end, release
from tests.conformance.schedules import advance, fire, made, started
from tests.conformance.test_trigger_turns import make
from tests.conformance.world import World

NOTHING: Final = Agenda(
    due_at=None,
    tick_at=None,
    trigger_at=None,
    ticks_wait=False,
    releases=False,
    outcomes=False,
    overdue=False,
    folds=False,
    replays=False,
    bulk=False,
    vacuum=False,
)


async def agenda(world: World) -> Agenda:
    """Return the agenda of a namespace whose deltas are folded."""
    await world.store.upkeep.fold(world.namespace, 1_000)
    return await world.store.upkeep.agenda(world.namespace, world.now)


async def buffered(world: World) -> None:
    await fire(world, advance(await made(world, "nightly", world.now), next_at=None, buffered=world.now))


async def backfilling(world: World) -> None:
    await started(world, "b1")


async def prerequisite_ended(world: World) -> None:
    first = world.new()
    await world.insert(first)
    await dependent(world, first)
    await end(world, first, JobState.SUCCEEDED)


async def prerequisite_unknown_for_long(world: World) -> None:
    await dependent(world, "ghost")
    world.clock.advance(LONGEST_UNKNOWN_US)


async def deadline_passed(world: World) -> None:
    await world.bring(JobState.WAITING, deadline_at=world.now + 10)
    world.clock.advance(10)


async def expired(world: World) -> None:
    await world.bring(JobState.WAITING, expires_at=world.now + 10)
    world.clock.advance(10)


async def replaying(world: World) -> None:
    await begin(world)


async def bulk_due(world: World) -> None:
    action = StoredBulkAction("a1", "cancel", "{}", "me", "why", world.now, world.now)
    await world.store.bulk_actions.add(world.namespace, action)


async def outcome_noted(world: World) -> None:
    await make(world, watch=Watch("", "succeeded", roots=False))
    await world.bring(JobState.SUCCEEDED)


async def test_with_nothing_to_do_it_is_empty(world: World) -> None:
    for state in (JobState.RUNNING, JobState.SUCCEEDED, JobState.FAILED, JobState.WAITING, JobState.QUEUED):
        await world.bring(state)

    assert await agenda(world) == NOTHING


@pytest.mark.parametrize(
    ("bring_about", "field"),
    [
        (buffered, "ticks_wait"),
        (backfilling, "ticks_wait"),
        (prerequisite_unknown_for_long, "releases"),
        (deadline_passed, "overdue"),
        (expired, "overdue"),
        (outcome_noted, "outcomes"),
        (replaying, "replays"),
        (bulk_due, "bulk"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
async def test_it_tells_of_what_is_to_be_done_and_nothing_else(
    world: World, bring_about: Callable[[World], Awaitable[None]], field: str
) -> None:
    await bring_about(world)

    assert await agenda(world) == NOTHING._replace(**{field: True})
    assert await world.store.upkeep.agenda(f"{world.namespace}-b", world.now) == NOTHING


async def test_what_was_released_is_not_told_any_more(world: World) -> None:
    await prerequisite_ended(world)
    await release(world)

    assert await agenda(world) == NOTHING


async def test_it_tells_of_children_that_ended(world: World) -> None:
    parent, child = await world.running(), world.new()
    family = Family(parent=parent.id)
    await world.store.jobs.insert(
        InsertJobs(namespace=world.namespace, jobs=[child], now=world.now, family=family)
    )
    await world.store.batches.seen(world.namespace, [Seen(parent.id, 0)])
    await end(world, child, JobState.SUCCEEDED)

    assert (await agenda(world)).releases


async def test_it_tells_when_the_next_job_tick_and_trigger_come(world: World) -> None:
    await world.bring(JobState.RETRYING)
    await world.insert(world.new(state=JobState.SCHEDULED, run_at=world.now + 2 * DELAY))
    await made(world, "nightly", world.now + MINUTE)
    await made(world, "paused", world.now + 5, paused=True)
    await make(world, due_at=world.now + 7)

    found = await agenda(world)

    assert found == NOTHING._replace(
        due_at=world.now + DELAY, tick_at=world.now + MINUTE, trigger_at=world.now + 7
    )


async def test_it_tells_of_deltas_until_they_are_folded(world: World) -> None:
    await world.insert(world.new())

    assert (await world.store.upkeep.agenda(world.namespace, world.now)).folds
    assert await agenda(world) == NOTHING
