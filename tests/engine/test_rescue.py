from __future__ import annotations

import pytest

from beltline.core.failure import read_failure
from beltline.core.outcome import succeeded
from beltline.core.reasons import Reason
from beltline.core.retry import Retry
from beltline.core.states import JobState
from beltline.definitions.definition import define
from beltline.engine import control, upkeep
from beltline.engine.definitions import apply_definitions
from beltline.engine.rescue import give_back, rescue
from beltline.engine.settle import Settled
from beltline.store.params import Session
from tests.engine.desk import Desk


async def seen(desk: Desk) -> Session:
    """The session of the desk's worker as a rescuer sees it."""
    [session] = await desk.store.sessions.page(desk.namespace)
    return session


async def rescued(desk: Desk, session: Session) -> Settled | None:
    return await rescue(desk.store, desk.namespace, session, random=desk.random)


async def test_what_a_lost_worker_held_runs_again_at_once(desk: Desk) -> None:
    job = await desk.running()

    settled = await rescued(desk, await seen(desk))

    assert settled is not None
    assert settled.lost == []
    found = await desk.job(job.id)
    assert (found.state, found.reason, found.run_at) == (JobState.RETRYING, Reason.WORKER_LOST, desk.now)
    assert (found.crashes, found.attempts_used) == (1, 0)
    error = read_failure(found.error)
    assert error is not None
    assert "worker worker (pid 4711 on host-1) stopped renewing its lease" in error["message"]


async def test_how_a_worker_was_lost_is_told_in_the_error(desk: Desk) -> None:
    job = await desk.running()

    await rescue(desk.store, desk.namespace, await seen(desk), random=desk.random, how="died")

    error = read_failure((await desk.job(job.id)).error)
    assert error is not None
    assert error["message"] == "worker worker (pid 4711 on host-1) died while it ran this job"


async def test_a_worker_that_beat_meanwhile_keeps_its_jobs(desk: Desk) -> None:
    job = await desk.running()
    session = await seen(desk)
    await desk.store.sessions.beat(desk.namespace, session.id, desk.now)

    assert await rescued(desk, session) is None

    assert (await desk.job(job.id)).state is JobState.RUNNING


async def test_the_outcome_of_a_lost_worker_comes_too_late(desk: Desk) -> None:
    job = await desk.running()
    await rescued(desk, await seen(desk))

    assert (await desk.settle(job, succeeded(b"1"))).lost == [job.id]


async def test_two_rescuers_rescue_once(desk: Desk) -> None:
    job = await desk.running()
    session = await seen(desk)

    first, second = await rescued(desk, session), await rescued(desk, session)

    assert first is not None
    assert [change.id for change in first.changes] == [job.id]
    assert second is None
    assert (await desk.job(job.id)).crashes == 1


async def test_a_rescue_that_broke_off_is_finished_by_the_next(desk: Desk) -> None:
    job = await desk.running()
    session = await seen(desk)
    await desk.store.sessions.lose(desk.namespace, session.id, session.beats, desk.now)

    settled = await rescued(desk, await seen(desk))

    assert settled is not None
    assert [change.id for change in settled.changes] == [job.id]


async def test_what_a_closed_session_still_holds_is_rescued(desk: Desk) -> None:
    job = await desk.running()
    await desk.store.sessions.close(desk.namespace, await desk.session(), desk.now)

    await rescued(desk, await seen(desk))

    assert (await desk.job(job.id)).state is JobState.RETRYING


async def test_a_session_that_holds_nothing_is_only_marked(desk: Desk) -> None:
    await desk.session()

    assert await rescued(desk, await seen(desk)) == Settled([], [])

    assert await desk.store.sessions.page(desk.namespace) == []


async def test_a_cancel_noted_on_a_lost_job_is_obeyed(desk: Desk) -> None:
    job = await desk.running()
    await control.cancel(desk.store, desk.namespace, job.id, actor="ada")

    await rescued(desk, await seen(desk))

    assert (await desk.job(job.id)).state is JobState.CANCELLED


@pytest.mark.parametrize(("most", "state"), [(1, JobState.FAILED), (2, JobState.RETRYING)])
async def test_the_stored_definition_says_how_many_crashes_are_borne(
    desk: Desk, most: int, state: JobState
) -> None:
    def resize() -> None: ...

    definition = define(resize, max_crashes=most, retry=Retry(max_attempts=7))
    await apply_definitions(desk.store, desk.namespace, [definition])
    job = await desk.running()

    await rescued(desk, await seen(desk))

    assert (await desk.job(job.id)).state is state


async def test_a_job_that_kills_its_workers_ends_as_a_dead_letter(desk: Desk) -> None:
    job = await desk.submit()
    for _ in range(3):
        desk.clock.advance(60_000_000)
        await upkeep.stage(desk.store, desk.namespace)
        session = await desk.world.session()
        await desk.world.claim(session=session)
        [worker] = await desk.store.sessions.page(desk.namespace)
        await rescued(desk, worker)

    dead = await desk.job(job.id)
    assert (dead.state, dead.reason) == (JobState.FAILED, Reason.WORKER_LOST)
    assert (dead.crashes, dead.runs, dead.attempts_used) == (3, 3, 0)


async def test_jobs_given_back_are_queued_uncharged(desk: Desk) -> None:
    job = await desk.running()

    settled = await give_back(desk.store, desk.namespace, [job], Reason.CLAIM_LOST, random=desk.random)

    assert settled.lost == []
    found = await desk.job(job.id)
    assert (found.state, found.reason) == (JobState.QUEUED, Reason.CLAIM_LOST)
    assert (found.attempts_used, found.crashes) == (0, 0)


async def test_nothing_to_give_back_is_fine(desk: Desk) -> None:
    settled = await give_back(desk.store, desk.namespace, [], Reason.CLAIM_LOST, random=desk.random)

    assert settled == Settled([], [])
