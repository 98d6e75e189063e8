"""What a dead worker held goes on at once; who ended it is charged, the others are not."""

from __future__ import annotations

import pytest

from beltline.core.death import Death
from beltline.core.failure import read_failure
from beltline.core.job import ClaimedJob
from beltline.core.outcome import Ending, Outcome, succeeded
from beltline.core.reasons import Reason
from beltline.core.states import JobState
from beltline.engine import upkeep
from beltline.engine.burial import bury
from tests.engine.desk import Desk


async def buried(desk: Desk, *running: ClaimedJob, is_own_doing: bool = True) -> int:
    death = Death(
        await desk.session(),
        "ended with signal 11",
        is_own_doing,
        tuple((job.id, job.fence) for job in running),
    )
    return await bury(desk.store, desk.namespace, death, random=desk.random)


async def standing(desk: Desk, job: ClaimedJob) -> tuple[JobState, Reason, int]:
    found = await desk.job(job.id)
    return found.state, found.reason, found.crashes


async def suspect(desk: Desk) -> ClaimedJob:
    """A running job that two workers were lost with."""
    await desk.submit()
    for _ in range(2):
        [lost] = await desk.claim()
        await desk.settle(lost, Outcome(Ending.LOST, reason=Reason.WORKER_LOST))
        desk.clock.advance(10_000_000)
        await upkeep.stage(desk.store, desk.namespace)
    [job] = await desk.claim()
    return job


async def test_the_body_that_was_executed_is_a_suspect_and_the_others_are_uncharged(desk: Desk) -> None:
    guilty, neighbour = await desk.running(), await desk.running()

    assert await buried(desk, guilty) == 2

    assert await standing(desk, guilty) == (JobState.RETRYING, Reason.WORKER_LOST, 2)
    assert await standing(desk, neighbour) == (JobState.QUEUED, Reason.WORKER_LOST, 0)
    error = read_failure((await desk.job(guilty.id)).error)
    assert error is not None
    assert "worker worker (pid 4711 on host-1) ended with signal 11 while it ran this job" in error["message"]


async def test_of_several_that_were_executed_none_is_a_suspect_yet(desk: Desk) -> None:
    first, second, neighbour = await desk.running(), await desk.running(), await desk.running()

    await buried(desk, first, second)

    found = [(await standing(desk, job))[2] for job in (first, second, neighbour)]
    assert found == [1, 1, 0]


async def test_where_none_was_executed_all_are_charged(desk: Desk) -> None:
    jobs = [await desk.running(), await desk.running()]

    await buried(desk)

    assert [await standing(desk, job) for job in jobs] == [(JobState.RETRYING, Reason.WORKER_LOST, 1)] * 2


async def test_a_worker_that_was_killed_charges_all(desk: Desk) -> None:
    executed, neighbour = await desk.running(), await desk.running()

    await buried(desk, executed, is_own_doing=False)

    assert [(await standing(desk, job))[2] for job in (executed, neighbour)] == [1, 1]


async def test_a_body_that_is_no_longer_held_is_not_blamed(desk: Desk) -> None:
    settled, held = await desk.running(), await desk.running()
    await desk.settle(settled, succeeded(b"1"))

    await buried(desk, settled)

    assert (await desk.job(settled.id)).state is JobState.SUCCEEDED
    assert (await standing(desk, held))[2] == 1


async def test_a_suspect_that_ran_in_its_own_process_is_not_charged_for_its_worker(desk: Desk) -> None:
    alone = await suspect(desk)
    neighbour = await desk.running()

    await buried(desk)

    assert await standing(desk, alone) == (JobState.QUEUED, Reason.WORKER_LOST, 2)
    assert (await standing(desk, neighbour))[2] == 1


async def test_a_suspect_with_no_other_beside_it_is_charged(desk: Desk) -> None:
    alone = await suspect(desk)

    await buried(desk)

    assert (await standing(desk, alone))[0] is JobState.FAILED


async def test_a_dead_worker_settles_nothing_any_more(desk: Desk) -> None:
    job = await desk.running()

    await buried(desk, job)

    assert (await desk.settle(job, succeeded(b"1"))).lost == [job.id]
    assert not await desk.store.sessions.page(desk.namespace)


async def test_a_burial_that_broke_off_may_be_repeated(desk: Desk) -> None:
    job = await desk.running()
    await buried(desk, job)

    assert await buried(desk, job) == 0
    assert (await standing(desk, job))[2] == 2


@pytest.mark.parametrize("is_own_doing", [True, False])
async def test_a_session_that_is_not_there_is_nothing_to_bury(desk: Desk, is_own_doing: bool) -> None:
    death = Death("nobody", "ended with exit code 3", is_own_doing, ())

    assert await bury(desk.store, desk.namespace, death, random=desk.random) == 0
