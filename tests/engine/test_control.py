from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest

from beltline.core.errors import Conflict, InvalidInput, InvalidTransition, NotFound
from beltline.core.job import Job
from beltline.core.order import order_key
from beltline.core.outcome import Ending, Outcome
from beltline.core.reasons import Reason
from beltline.core.states import DEAD, FINAL, PAUSABLE, JobEvent, JobState, targets
from beltline.engine import control
from beltline.store.contract import JobReads, Store
from beltline.store.params import DiscardDead
from tests.engine.desk import Desk

Action = Callable[..., Awaitable[Job]]

ACTIONS: dict[JobEvent, Action] = {
    JobEvent.CANCEL: control.cancel,
    JobEvent.PAUSE: control.pause,
    JobEvent.RESUME: control.resume,
    JobEvent.RETRY: control.retry,
    JobEvent.REPLAY: control.replay,
    JobEvent.DISCARD: control.discard,
}
REACHABLE = [state for state in JobState if state is not JobState.WAITING]


def is_allowed(state: JobState, event: JobEvent) -> bool:
    # A retry of a dead letter is a replay.
    return bool(targets(state, event)) or (event is JobEvent.RETRY and state in DEAD)


class MeddledReads:
    """Reads through, but lets something happen right after a job is read, so many times."""

    def __init__(self, reads: JobReads, meddle: Callable[[], Awaitable[object]], times: int) -> None:
        self._reads = reads
        self._meddle = meddle
        self._times = times

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the store has
        return getattr(self._reads, name)

    async def get(self, namespace: str, job_ids: list[str]) -> list[Job]:
        found = await self._reads.get(namespace, job_ids)
        self._times -= 1
        if self._times >= 0:
            await self._meddle()
        return found


class MeddledStore:
    """A store in which something happens between the reading and the writing of a job."""

    def __init__(self, store: Store, meddle: Callable[[], Awaitable[object]], times: int) -> None:
        self._store = store
        self.reads = MeddledReads(store.reads, meddle, times)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the store has
        return getattr(self._store, name)


def meddled(desk: Desk, meddle: Callable[[], Awaitable[object]], times: int = 1) -> Store:
    return cast("Store", MeddledStore(desk.store, meddle, times))


@pytest.mark.parametrize("name", ["", " ", "a b", "-a", "a" * 129, "a\n", "\ud800"])
async def test_a_queue_that_can_never_be_is_not_paused(desk: Desk, name: str) -> None:
    with pytest.raises(InvalidInput, match="is no queue name"):
        await control.pause_queue(desk.store, desk.namespace, name, paused=True, actor="ada")

    assert await desk.store.queues.page(desk.namespace) == []
    assert await desk.audited() == []


@pytest.mark.parametrize("event", ACTIONS, ids=str)
@pytest.mark.parametrize("state", REACHABLE, ids=str)
async def test_an_action_is_possible_where_the_table_says_so(
    desk: Desk, state: JobState, event: JobEvent
) -> None:
    job = await desk.bring(state)
    act = ACTIONS[event](desk.store, desk.namespace, job.id, actor="ada")

    if is_allowed(state, event):
        assert (await act).id == job.id
    else:
        with pytest.raises(InvalidTransition, match=f"is {state}: {event} is not possible"):
            await act
        assert await desk.job(job.id) == job


@pytest.mark.parametrize("event", ACTIONS, ids=str)
async def test_an_action_on_a_job_that_is_not_there_says_so(desk: Desk, event: JobEvent) -> None:
    with pytest.raises(NotFound, match="there is no job 'nope'; it may have been removed by retention"):
        await ACTIONS[event](desk.store, desk.namespace, "nope", actor="ada")


@pytest.mark.parametrize("state", sorted(PAUSABLE - {JobState.WAITING}))
async def test_a_job_that_does_not_run_is_cancelled_at_once(desk: Desk, state: JobState) -> None:
    job = await desk.bring(state)

    cancelled = await control.cancel(desk.store, desk.namespace, job.id, actor="ada")

    assert (cancelled.state, cancelled.reason) == (JobState.CANCELLED, Reason.CANCEL_REQUESTED)
    assert cancelled.finished_at == desk.now
    assert await desk.claim() == []


async def test_cancelling_a_running_job_is_a_request(desk: Desk) -> None:
    job = await desk.running()

    noted = await control.cancel(desk.store, desk.namespace, job.id, actor="ada")

    assert (noted.state, noted.request) == (JobState.RUNNING, "cancel")


async def test_cancelling_a_running_job_twice_is_one_request(desk: Desk) -> None:
    job = await desk.running()

    for _ in range(2):
        noted = await control.cancel(desk.store, desk.namespace, job.id, actor="ada")
        assert noted.request == "cancel"


@pytest.mark.parametrize("state", sorted(PAUSABLE - {JobState.WAITING}))
async def test_a_resumed_job_is_as_it_was(desk: Desk, state: JobState) -> None:
    job = await desk.bring(state)

    paused = await control.pause(desk.store, desk.namespace, job.id, actor="ada")
    assert (paused.state, paused.paused_from) == (JobState.PAUSED, state)
    desk.clock.advance(90_000_000)
    resumed = await control.resume(desk.store, desk.namespace, job.id, actor="ada")

    assert resumed._replace(reason=job.reason) == job
    assert resumed.reason is Reason.RESUMED


async def test_a_paused_job_is_not_claimed(desk: Desk) -> None:
    await desk.bring(JobState.PAUSED)

    assert await desk.claim() == []


async def test_pausing_a_running_job_parks_it_where_it_would_run_again(desk: Desk) -> None:
    job = await desk.running()
    noted = await control.pause(desk.store, desk.namespace, job.id, actor="ada")
    assert (noted.state, noted.request) == (JobState.RUNNING, "pause")

    await desk.settle(job, Outcome(Ending.FAILED))

    parked = await desk.job(job.id)
    assert (parked.state, parked.paused_from) == (JobState.PAUSED, JobState.RETRYING)


async def test_the_pause_of_a_running_job_can_be_taken_back(desk: Desk) -> None:
    job = await desk.running()
    await control.pause(desk.store, desk.namespace, job.id, actor="ada")

    resumed = await control.resume(desk.store, desk.namespace, job.id, actor="ada")

    assert (resumed.state, resumed.request) == (JobState.RUNNING, None)


@pytest.mark.parametrize("action", [control.pause, control.resume])
async def test_a_cancel_of_a_running_job_is_not_taken_back(desk: Desk, action: Action) -> None:
    job = await desk.running()
    await control.cancel(desk.store, desk.namespace, job.id, actor="ada")

    assert (await action(desk.store, desk.namespace, job.id, actor="ada")).request == "cancel"


@pytest.mark.parametrize("state", [JobState.SCHEDULED, JobState.RETRYING])
async def test_a_retry_runs_what_waits_for_its_time_now(desk: Desk, state: JobState) -> None:
    job = await desk.bring(state)

    queued = await control.retry(desk.store, desk.namespace, job.id, actor="ada")

    assert (queued.state, queued.reason) == (JobState.QUEUED, Reason.RETRY_REQUESTED)
    assert (queued.run_at, queued.queued_at, queued.order_key) == (desk.now, desk.now, order_key(desk.now, 0))
    assert queued.attempts_used == job.attempts_used
    assert [claimed.id for claimed in await desk.claim()] == [job.id]


@pytest.mark.parametrize("action", [control.replay, control.retry])
@pytest.mark.parametrize("state", sorted(DEAD))
async def test_a_replayed_dead_letter_has_all_its_attempts_again(
    desk: Desk, state: JobState, action: Action
) -> None:
    dead = await desk.bring(state)

    queued = await action(desk.store, desk.namespace, dead.id, actor="ada")

    assert (queued.state, queued.reason) == (JobState.QUEUED, Reason.REPLAYED)
    assert (queued.attempts_used, queued.crashes, queued.finished_at) == (0, 0, None)
    assert queued.fence > dead.fence


async def test_a_discarded_dead_letter_is_not_replayed(desk: Desk) -> None:
    dead = await desk.bring(JobState.FAILED)
    await control.discard(desk.store, desk.namespace, dead.id, actor="ada")

    with pytest.raises(Conflict, match="was discarded or replayed meanwhile"):
        await control.replay(desk.store, desk.namespace, dead.id, actor="ada")


async def test_discarding_twice_changes_nothing(desk: Desk) -> None:
    dead = await desk.bring(JobState.FAILED)

    first = await control.discard(desk.store, desk.namespace, dead.id, actor="ada")
    desk.clock.advance(5)
    again = await control.discard(desk.store, desk.namespace, dead.id, actor="ada")

    assert first.discarded_at is not None
    assert again == first


async def test_a_paused_queue_hands_out_nothing_until_it_goes_on(desk: Desk) -> None:
    job = await desk.submit()

    await control.pause_queue(desk.store, desk.namespace, "images", paused=True, actor="ada")
    assert await desk.claim() == []

    await control.pause_queue(desk.store, desk.namespace, "images", paused=False, actor="ada")
    assert [claimed.id for claimed in await desk.claim()] == [job.id]


async def test_each_action_is_audited_with_who_and_why(desk: Desk) -> None:
    job = await desk.submit()
    await control.pause(desk.store, desk.namespace, job.id, actor="ada", why="lunch")
    await control.resume(desk.store, desk.namespace, job.id, actor="bob")
    await control.cancel(desk.store, desk.namespace, job.id, actor="ada", why="wrong file")
    await control.pause_queue(desk.store, desk.namespace, "images", paused=True, actor="bob", why="disk")

    rows = await desk.audited()

    assert [(row.actor, row.action, row.target, row.reason) for row in rows] == [
        ("ada", "job.pause", f"job/{job.id}", "lunch"),
        ("bob", "job.resume", f"job/{job.id}", ""),
        ("ada", "job.cancel", f"job/{job.id}", "wrong file"),
        ("bob", "queue.pause", "queue/images", "disk"),
    ]
    assert rows[0].before == '{"state":"queued","reason":"submitted"}'


async def test_a_job_that_is_claimed_meanwhile_is_asked_to_stop(desk: Desk) -> None:
    job = await desk.submit()

    noted = await control.cancel(meddled(desk, desk.claim), desk.namespace, job.id, actor="ada")

    assert (noted.state, noted.request) == (JobState.RUNNING, "cancel")


async def test_a_job_that_ends_meanwhile_is_not_cancelled(desk: Desk) -> None:
    job = await desk.running()
    store = meddled(desk, lambda: desk.settle(job, Outcome(Ending.SUCCEEDED)))

    with pytest.raises(InvalidTransition, match="is succeeded: cancel is not possible"):
        await control.cancel(store, desk.namespace, job.id, actor="ada")

    assert (await desk.job(job.id)).state is JobState.SUCCEEDED


@pytest.mark.parametrize(("times", "is_done"), [(7, True), (8, False)])
async def test_a_job_that_never_stands_still_is_told_after_some_tries(
    desk: Desk, times: int, is_done: bool
) -> None:
    job = await desk.submit()

    async def moves() -> None:
        paused = (await desk.job(job.id)).state is JobState.PAUSED
        action = control.resume if paused else control.pause
        await action(desk.store, desk.namespace, job.id, actor="bob")

    cancelling = control.cancel(meddled(desk, moves, times), desk.namespace, job.id, actor="ada")

    if is_done:
        assert (await cancelling).state is JobState.CANCELLED
    else:
        with pytest.raises(Conflict, match="moved faster than cancel could follow; try again"):
            await cancelling


async def test_a_dead_letter_that_is_discarded_meanwhile_is_not_replayed(desk: Desk) -> None:
    dead = await desk.bring(JobState.TIMED_OUT)
    params = DiscardDead(namespace=desk.namespace, ids=[dead.id], now=desk.now)
    store = meddled(desk, lambda: desk.store.jobs.discard(params))

    with pytest.raises(Conflict, match="discarded or replayed meanwhile"):
        await control.replay(store, desk.namespace, dead.id, actor="ada")


def test_every_final_state_is_reached_here() -> None:
    assert set(REACHABLE) >= FINAL


async def test_an_action_that_came_too_late_is_not_audited_as_done(desk: Desk) -> None:
    job = await desk.submit()

    await control.cancel(meddled(desk, desk.claim), desk.namespace, job.id, actor="ada")

    assert [row.before for row in await desk.audited()] == ['{"state":"running","reason":"claimed"}']
