from __future__ import annotations

from typing import Any

import pytest

from beltline.core.clock import DAY
from beltline.core.outcome import Ending, Outcome, succeeded
from beltline.core.reasons import Reason
from beltline.core.states import JobState
from beltline.engine import control, upkeep
from tests.engine.desk import Desk

SECOND = 1_000_000


async def test_jobs_are_queued_when_they_are_due(desk: Desk) -> None:
    early, late = await desk.submit(delay=1), await desk.submit(delay=2)

    desk.clock.advance(SECOND)
    assert await upkeep.stage(desk.store, desk.namespace) == 1

    assert (await desk.job(early.id)).state is JobState.QUEUED
    assert (await desk.job(late.id)).state is JobState.SCHEDULED


async def test_a_deadline_that_passed_ends_a_job_that_waits(desk: Desk) -> None:
    job = await desk.submit(deadline=1)
    desk.clock.advance(SECOND)

    assert await upkeep.end_overdue(desk.store, desk.namespace) == 1

    found = await desk.job(job.id)
    assert (found.state, found.reason) == (JobState.TIMED_OUT, Reason.DEADLINE_PASSED)


async def test_a_job_that_did_not_start_in_time_is_cancelled(desk: Desk) -> None:
    job = await desk.submit(expires=1, delay=5)
    desk.clock.advance(SECOND)

    assert await upkeep.end_overdue(desk.store, desk.namespace) == 1

    found = await desk.job(job.id)
    assert (found.state, found.reason) == (JobState.CANCELLED, Reason.EXPIRED)


async def test_an_expiry_does_not_touch_a_job_that_has_run(desk: Desk) -> None:
    job = await desk.running(expires=1)
    await desk.settle(job, Outcome(Ending.FAILED))
    desk.clock.advance(SECOND)

    assert await upkeep.end_overdue(desk.store, desk.namespace) == 0

    assert (await desk.job(job.id)).state is JobState.RETRYING


async def test_a_passed_deadline_is_said_where_both_limits_passed(desk: Desk) -> None:
    job = await desk.submit(expires=1, deadline=1)
    desk.clock.advance(SECOND)

    await upkeep.end_overdue(desk.store, desk.namespace)

    assert (await desk.job(job.id)).reason is Reason.DEADLINE_PASSED


@pytest.mark.parametrize("option", ["deadline", "expires"])
async def test_a_limit_also_ends_a_paused_job(desk: Desk, option: str) -> None:
    limit: dict[str, Any] = {option: 1}
    job = await desk.submit(**limit)
    await control.pause(desk.store, desk.namespace, job.id, actor="ada")
    desk.clock.advance(SECOND)

    assert await upkeep.end_overdue(desk.store, desk.namespace) == 1


async def test_a_running_job_is_left_to_its_worker(desk: Desk) -> None:
    job = await desk.running(deadline=1)
    desk.clock.advance(SECOND)

    assert await upkeep.end_overdue(desk.store, desk.namespace) == 0

    assert (await desk.job(job.id)).state is JobState.RUNNING


async def test_nothing_is_ended_before_its_time(desk: Desk) -> None:
    await desk.submit(deadline=1, expires=1)
    desk.clock.advance(SECOND - 1)

    assert await upkeep.end_overdue(desk.store, desk.namespace) == 0


async def test_counts_are_the_same_before_and_after_folding(desk: Desk) -> None:
    job = await desk.running()
    await desk.settle(job, succeeded(None))
    until = desk.now + DAY
    before = await desk.store.upkeep.tallies(desk.namespace, 0, until)

    assert await upkeep.fold(desk.store, desk.namespace) > 0
    assert await upkeep.fold(desk.store, desk.namespace) == 0

    assert sorted(await desk.store.upkeep.tallies(desk.namespace, 0, until)) == sorted(before)
    assert {tally.event: tally.jobs for tally in before} == {"submitted": 1, "succeeded": 1}


async def test_dead_letters_go_when_their_time_is_over(desk: Desk) -> None:
    dead = await desk.bring(JobState.FAILED)

    desk.clock.advance(90 * DAY)
    kept = await upkeep.prune(desk.store, desk.namespace, history_days=7, dead_days=90, ledger_days=90)
    desk.clock.advance(1)
    gone = await upkeep.prune(desk.store, desk.namespace, history_days=7, dead_days=90, ledger_days=90)

    assert (kept["dead"], gone["dead"]) == (0, 1)
    assert await desk.store.reads.get(desk.namespace, [dead.id]) == []


async def test_unfinished_jobs_are_never_pruned(desk: Desk) -> None:
    job = await desk.submit()
    desk.clock.advance(1_000 * DAY)

    await upkeep.prune(desk.store, desk.namespace, history_days=7, dead_days=90, ledger_days=90)

    assert (await desk.job(job.id)).state is JobState.QUEUED
