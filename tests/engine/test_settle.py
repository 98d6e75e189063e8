from __future__ import annotations

import json
from itertools import pairwise
from typing import cast

import pytest

from beltline.core.decide import Policy
from beltline.core.errors import LeaseLost
from beltline.core.failure import failure, read_failure
from beltline.core.outcome import Ending, Outcome, released, succeeded
from beltline.core.reasons import Reason
from beltline.core.retry import Retry
from beltline.core.states import JobState
from beltline.engine import control, upkeep
from beltline.engine.settle import Settlement, claim, settle
from beltline.store.contract import Store
from beltline.store.params import ApplyChanges, Miss
from tests.engine.desk import Desk

AT_ONCE = Policy(Retry(backoff="fixed", base=0))


async def test_a_claimed_job_is_counted_before_its_body_runs(desk: Desk) -> None:
    claimed = await desk.running()

    job = await desk.job(claimed.id)
    assert (job.state, job.runs, claimed.run, job.attempts_used) == (JobState.RUNNING, 1, 1, 0)
    assert job.session == await desk.session()


async def test_a_session_that_has_ended_claims_nothing(desk: Desk) -> None:
    await desk.submit()
    await desk.store.sessions.close(desk.namespace, await desk.session(), desk.now)

    with pytest.raises(LeaseLost):
        await desk.claim()


async def test_a_result_is_kept(desk: Desk) -> None:
    job = await desk.running()

    settled = await desk.settle(job, succeeded(b'{"ok":1}'))

    assert ([change.state for change in settled.changes], settled.lost) == ([JobState.SUCCEEDED], [])
    assert (await desk.job(job.id)).result == b'{"ok":1}'


async def test_every_attempt_is_kept_with_how_it_ended(desk: Desk) -> None:
    first = await desk.running(max_attempts=2)
    await desk.settle(first, Outcome(Ending.FAILED, error=failure("E", "one")), AT_ONCE)
    await upkeep.stage(desk.store, desk.namespace)
    [second] = await desk.claim()
    await desk.settle(second, Outcome(Ending.FAILED, error=failure("E", "two")), AT_ONCE)

    attempts = await desk.store.reads.attempts(desk.namespace, first.id)

    assert [(attempt.run, attempt.outcome) for attempt in attempts] == [
        (1, "backoff"),
        (2, "attempts_exhausted"),
    ]
    assert [json.loads(attempt.error or b"")["message"] for attempt in attempts] == ["one", "two"]


async def test_a_fence_only_goes_up(desk: Desk) -> None:
    fences = []
    job = await desk.running()
    for _ in range(3):
        fences.append(job.fence)
        await desk.settle(job, released(Reason.DRAINED))
        [job] = await desk.claim()

    assert all(one < two for one, two in pairwise(fences))


async def test_a_released_job_keeps_its_place_before_later_ones(desk: Desk) -> None:
    job = await desk.running()
    desk.clock.advance(10)
    later = await desk.submit()

    await desk.settle(job, released(Reason.DRAINED))

    assert [claimed.id for claimed in await desk.claim(2)] == [job.id, later.id]


async def test_a_snoozed_job_runs_again_uncharged(desk: Desk) -> None:
    job = await desk.running()
    await desk.settle(job, Outcome(Ending.SNOOZED, delay_us=10))

    desk.clock.advance(10)
    await upkeep.stage(desk.store, desk.namespace)
    [again] = await desk.claim()

    assert (again.run, again.attempts_used) == (2, 0)


@pytest.mark.parametrize(
    "outcome",
    [Outcome(Ending.FAILED), Outcome(Ending.SNOOZED, delay_us=5), released(Reason.DRAINED)],
    ids=lambda outcome: outcome.ending,
)
async def test_a_cancel_that_came_meanwhile_is_obeyed(desk: Desk, outcome: Outcome) -> None:
    job = await desk.running()
    await control.cancel(desk.store, desk.namespace, job.id, actor="ada")
    assert job.request is None

    settled = await desk.settle(job, outcome)

    assert [change.state for change in settled.changes] == [JobState.CANCELLED]
    found = await desk.job(job.id)
    assert (found.state, found.reason) == (JobState.CANCELLED, Reason.CANCEL_REQUESTED)


async def test_a_pause_that_came_meanwhile_is_obeyed(desk: Desk) -> None:
    job = await desk.running()
    await control.pause(desk.store, desk.namespace, job.id, actor="ada")

    await desk.settle(job, Outcome(Ending.SNOOZED, delay_us=5))

    assert (await desk.job(job.id)).state is JobState.PAUSED


async def test_a_result_wins_over_a_cancel_that_came_meanwhile(desk: Desk) -> None:
    job = await desk.running()
    await control.cancel(desk.store, desk.namespace, job.id, actor="ada")

    await desk.settle(job, succeeded(b"1"))

    assert (await desk.job(job.id)).state is JobState.SUCCEEDED


@pytest.mark.parametrize("outcome", [succeeded(b"1"), Outcome(Ending.FAILED)], ids=lambda o: o.ending)
async def test_the_outcome_of_an_older_run_is_lost(desk: Desk, outcome: Outcome) -> None:
    old = await desk.running()
    await desk.settle(old, released(Reason.DRAINED))
    [new] = await desk.claim()

    settled = await desk.settle(old, outcome)

    assert (settled.changes, settled.lost) == ([], [old.id])
    job = await desk.job(new.id)
    assert (job.state, job.fence) == (JobState.RUNNING, new.fence)


async def test_an_outcome_written_twice_is_written_once(desk: Desk) -> None:
    job = await desk.running()
    await desk.settle(job, succeeded(b"1"))
    before = await desk.job(job.id)

    settled = await desk.settle(job, Outcome(Ending.FAILED))

    assert settled.lost == [job.id]
    assert await desk.job(job.id) == before


async def test_in_a_batch_each_job_gets_its_own_decision(desk: Desk) -> None:
    for _ in range(4):
        await desk.submit()
    fine, stale, cancelled, failed = await desk.claim(4)
    await desk.settle(stale, succeeded(None))
    await control.cancel(desk.store, desk.namespace, cancelled.id, actor="ada")
    outcomes = [
        (fine, succeeded(b"1")),
        (stale, succeeded(b"2")),
        (cancelled, released(Reason.DRAINED)),
        (failed, Outcome(Ending.FAILED, error=failure("E", "x"), reason=Reason.NOT_RETRYABLE)),
    ]

    settled = await settle(
        desk.store,
        desk.namespace,
        [Settlement(job, outcome, Policy()) for job, outcome in outcomes],
        random=desk.random,
    )

    assert settled.lost == [stale.id]
    assert {change.id: change.state for change in settled.changes} == {
        fine.id: JobState.SUCCEEDED,
        cancelled.id: JobState.CANCELLED,
        failed.id: JobState.FAILED,
    }
    error = read_failure((await desk.job(failed.id)).error)
    assert error is not None
    assert error["message"] == "x"


class RestlessJobs:
    """The verbs on jobs, but the running one is paused or resumed before each of the first changes."""

    def __init__(self, desk: Desk, job_id: str, times: int) -> None:
        self._desk = desk
        self._job_id = job_id
        self._times = times

    async def apply(self, params: ApplyChanges) -> list[Miss]:
        self._times -= 1
        if self._times >= 0:
            job = await self._desk.job(self._job_id)
            action = control.resume if job.request else control.pause
            await action(self._desk.store, self._desk.namespace, job.id, actor="bob")
        return await self._desk.store.jobs.apply(params)


class RestlessStore:
    def __init__(self, desk: Desk, job_id: str, times: int) -> None:
        self.jobs = RestlessJobs(desk, job_id, times)
        self.now = desk.store.now


async def test_however_often_requests_change_meanwhile_the_job_is_settled(desk: Desk) -> None:
    job = await desk.running()
    store = cast("Store", RestlessStore(desk, job.id, 12))

    settled = await settle(
        store, desk.namespace, [Settlement(job, released(Reason.DRAINED), Policy())], random=desk.random
    )

    assert settled.lost == []
    assert (await desk.job(job.id)).state is JobState.QUEUED


async def test_a_claim_takes_named_queues_only(desk: Desk) -> None:
    await desk.submit(queue="a")
    wanted = await desk.submit(queue="b")
    session = await desk.session()

    claimed = await claim(desk.store, desk.namespace, session, queues=("b", "c"), limit=5)

    assert [job.id for job in claimed] == [wanted.id]
