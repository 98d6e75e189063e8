"""A wall clock that jumps, both ways, makes nothing negative, loses nothing and kills nobody."""

from __future__ import annotations

import pytest

from beltline.core.clock import DAY
from beltline.core.states import JobState
from tests.conformance.builders import change_to
from tests.conformance.world import World


@pytest.mark.parametrize("jump", [-DAY, DAY])
async def test_a_job_goes_its_way_through_a_jump(world: World, jump: int) -> None:
    await world.insert(world.new())
    world.clock.jump(jump)
    (claimed,) = await world.claim()
    world.clock.jump(-jump)

    assert await world.apply(change_to(claimed, JobState.SUCCEEDED, world.now)) == []

    row = await world.job(claimed.id)
    assert (row.started_at, row.finished_at) == (world.now + jump, world.now)


@pytest.mark.parametrize("target", [JobState.SUCCEEDED, JobState.FAILED, JobState.RETRYING])
async def test_a_jump_back_makes_no_time_negative(world: World, target: JobState) -> None:
    await world.insert(world.new())
    world.clock.jump(-DAY)
    (claimed,) = await world.claim()
    world.clock.jump(-DAY)
    await world.apply(change_to(claimed, target, world.now))

    found = await world.store.upkeep.tallies(world.namespace, 0, 2**62)

    (end,) = [tally for tally in found if tally.event == target]
    assert (end.jobs, end.run_us, end.wait_us) == (1, 0, 0)


async def test_a_jump_does_not_end_a_session(world: World) -> None:
    session = await world.session()
    world.clock.jump(-DAY)
    assert (await world.store.sessions.beat(world.namespace, session, world.now)).alive
    world.clock.jump(3 * DAY)
    assert (await world.store.sessions.beat(world.namespace, session, world.now)).alive
