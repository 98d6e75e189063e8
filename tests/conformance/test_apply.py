"""`jobs.apply`: a change is written where it matches, and nothing else is."""

from __future__ import annotations

from typing import Any

import pytest

from beltline.core.clock import DAY
from beltline.core.job import ClaimedJob, Job
from beltline.core.order import order_key
from beltline.core.outcome import Ending
from beltline.core.reasons import Reason
from beltline.core.states import FINAL, JobState
from beltline.store.params import AuditEntry, Inserted, Insertion, Miss, NoteRequests, Progress, ReplayDead
from tests.conformance.builders import change_to, ended
from tests.conformance.model import changed_row
from tests.conformance.world import World

TARGETS = [state for state in JobState if state is not JobState.RUNNING]


async def note(world: World, job: Job | ClaimedJob, request: str | None) -> None:
    params = NoteRequests(
        namespace=world.namespace, jobs=[(job.id, job.fence)], request=request, now=world.now
    )
    assert await world.store.jobs.note_requests(params) == [job.id]


@pytest.mark.parametrize("target", TARGETS)
async def test_a_change_that_matches_writes_the_row_as_decided(world: World, target: JobState) -> None:
    claimed = await world.running(priority=2, labels={"a": "1"}, idempotency_key="k", owner="media")
    await world.store.jobs.progress(world.namespace, [Progress(claimed.id, claimed.fence, 0.25, "a quarter")])
    before = await world.job(claimed.id)
    world.clock.advance(77)
    change = change_to(claimed, target, world.now, attempts_used=1, crashes=2, error=b'{"type":"E"}')

    assert await world.apply(change) == []

    assert await world.job(claimed.id) == changed_row(before, change)


@pytest.mark.parametrize("target", TARGETS)
async def test_a_result_is_written_as_given(world: World, target: JobState) -> None:
    claimed = await world.running()

    await world.apply(change_to(claimed, target, world.now, result=b"[1]", error=None))

    row = await world.job(claimed.id)
    assert (row.result, row.error) == (b"[1]", None)


async def test_a_result_of_nothing_is_not_a_result_of_null(world: World) -> None:
    nothing = await world.running()
    await world.apply(change_to(nothing, JobState.SUCCEEDED, world.now, result=None))
    null = await world.running()
    await world.apply(change_to(null, JobState.SUCCEEDED, world.now, result=b"null"))

    assert (await world.job(nothing.id)).result is None
    assert (await world.job(null.id)).result == b"null"


async def test_the_moment_of_the_change_is_the_finish(world: World) -> None:
    claimed = await world.running()
    world.clock.advance(100)

    await world.apply(change_to(claimed, JobState.SUCCEEDED, world.now - 30))

    assert (await world.job(claimed.id)).finished_at == world.now - 30


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("stale", [{"fence": 0}, {"fence": 2}, {"from_state": JobState.QUEUED}], ids=str)
async def test_a_stale_change_leaves_the_row_alone(
    world: World, target: JobState, stale: dict[str, Any]
) -> None:
    claimed = await world.running()
    before = await world.job(claimed.id)

    misses = await world.apply(change_to(claimed, target, world.now)._replace(**stale))

    assert misses == [Miss(claimed.id, before)]
    assert await world.job(claimed.id) == before


@pytest.mark.parametrize("target", TARGETS)
async def test_a_change_of_an_unknown_job_is_a_miss_without_a_row(world: World, target: JobState) -> None:
    claimed = await world.running()

    misses = await world.apply(change_to(claimed, target, world.now)._replace(id="unknown"))

    assert misses == [Miss("unknown", None)]


@pytest.mark.parametrize("end", sorted(FINAL))
@pytest.mark.parametrize("target", TARGETS)
async def test_a_final_row_is_never_written_again(world: World, end: JobState, target: JobState) -> None:
    claimed = await world.running()
    await world.apply(change_to(claimed, end, world.now))
    before = await world.job(claimed.id)

    for source in (JobState.RUNNING, end):
        late = change_to(claimed, target, world.now, result=b"late")._replace(from_state=source)
        assert await world.apply(late) == [Miss(claimed.id, before)]

    assert await world.job(claimed.id) == before


@pytest.mark.parametrize("target", [state for state in TARGETS if state not in FINAL])
@pytest.mark.parametrize(("noted", "seen"), [("cancel", None), ("pause", None), ("cancel", "pause")])
async def test_a_request_that_was_not_seen_stops_what_is_not_final(
    world: World, target: JobState, noted: str, seen: str | None
) -> None:
    claimed = await world.running()
    await note(world, claimed, noted)
    before = await world.job(claimed.id)

    misses = await world.apply(change_to(claimed, target, world.now, request=seen))

    assert misses == [Miss(claimed.id, before)]
    assert before.request == noted
    assert await world.job(claimed.id) == before


@pytest.mark.parametrize("target", [state for state in TARGETS if state not in FINAL])
async def test_a_request_that_was_seen_is_done_with(world: World, target: JobState) -> None:
    claimed = await world.running()
    await note(world, claimed, "pause")

    assert await world.apply(change_to(claimed, target, world.now, request="pause")) == []

    row = await world.job(claimed.id)
    assert (row.state, row.request) == (target, None)


async def test_a_pause_taken_back_stops_what_was_decided_with_it(world: World) -> None:
    claimed = await world.running()
    await note(world, claimed, "pause")
    await note(world, claimed, None)

    misses = await world.apply(change_to(claimed, JobState.PAUSED, world.now, request="pause"))

    assert [miss.id for miss in misses] == [claimed.id]


@pytest.mark.parametrize("target", sorted(FINAL))
async def test_a_request_does_not_stop_what_is_final(world: World, target: JobState) -> None:
    claimed = await world.running()
    await note(world, claimed, "cancel")

    assert await world.apply(change_to(claimed, target, world.now, request=None)) == []

    assert (await world.job(claimed.id)).state is target


async def test_a_mixed_batch_writes_what_matches_and_reports_the_rest(world: World) -> None:
    await world.insert(*(world.new() for _ in range(20)))
    claimed = await world.claim()
    changes = [change_to(job, TARGETS[n % len(TARGETS)], world.now) for n, job in enumerate(claimed)]
    stale = {change.id for change in changes[::3]}
    changes = [
        change._replace(fence=change.fence + 7) if change.id in stale else change for change in changes
    ]

    misses = await world.apply(*changes)

    assert {miss.id for miss in misses} == stale
    for change in changes:
        expected = JobState.RUNNING if change.id in stale else change.state
        assert (await world.job(change.id)).state is expected


async def test_an_empty_batch_of_changes_is_nothing(world: World) -> None:
    assert await world.apply() == []


async def test_a_change_of_another_namespace_is_a_miss(world: World) -> None:
    claimed = await world.running()
    elsewhere = World(world.place, world.store, world.clock, f"{world.namespace}-b")

    assert await elsewhere.apply(change_to(claimed, JobState.SUCCEEDED, world.now)) == [
        Miss(claimed.id, None)
    ]
    assert (await world.job(claimed.id)).state is JobState.RUNNING


async def test_changes_and_their_audit_entries_are_one(world: World) -> None:
    claimed = await world.running()
    entry = AuditEntry(actor="ann", action="job.cancel", target=f"job/{claimed.id}", reason="wrong file")

    await world.apply(change_to(claimed, JobState.CANCELLED, world.now), audit=[entry])

    (row,) = await world.store.audit.page(world.namespace)
    assert (row.actor, row.action, row.target, row.reason, row.at) == (
        "ann",
        "job.cancel",
        f"job/{claimed.id}",
        "wrong file",
        world.now,
    )


# ---- stale pairs: what a worker that lost its job may still try ----


async def run_again(world: World, job: Job) -> None:
    """Let what waits become due and claim it anew."""
    world.clock.advance(DAY)
    await world.store.upkeep.stage(world.namespace, world.now, 10)
    assert [claimed.id for claimed in await world.claim()] == [job.id]


@pytest.mark.parametrize(
    ("ending", "given"),
    [
        (Ending.LOST, {}),
        (Ending.SNOOZED, {"delay_us": 5}),
        (Ending.FAILED, {}),
        (Ending.TIMED_OUT, {}),
        (Ending.RELEASED, {"reason": Reason.DRAINED}),
    ],
    ids=["rescue", "snooze", "retry", "time-out", "release"],
)
@pytest.mark.parametrize("late", sorted(FINAL))
async def test_a_late_end_does_not_touch_the_next_run(
    world: World, ending: Ending, given: dict[str, Any], late: JobState
) -> None:
    first = await world.running()
    assert not await world.apply(ended(first, ending, world.now, **given))
    await run_again(world, await world.job(first.id))
    before = await world.job(first.id)

    misses = await world.apply(change_to(first, late, world.now, result=b"late"))

    assert misses == [Miss(first.id, before)]
    assert await world.job(first.id) == before


async def test_a_late_end_does_not_touch_a_job_that_waits_for_its_next_run(world: World) -> None:
    first = await world.running()
    assert not await world.apply(ended(first, Ending.LOST, world.now))

    assert [miss.id for miss in await world.apply(ended(first, Ending.SUCCEEDED, world.now))] == [first.id]
    assert (await world.job(first.id)).state is JobState.RETRYING


@pytest.mark.parametrize("end", [JobState.FAILED, JobState.TIMED_OUT])
async def test_a_late_end_does_not_touch_a_replayed_job(world: World, end: JobState) -> None:
    first = await world.running()
    await world.apply(change_to(first, end, world.now))
    await world.store.jobs.replay(ReplayDead(namespace=world.namespace, ids=[first.id], now=world.now))
    await world.claim()
    before = await world.job(first.id)

    assert await world.apply(change_to(first, JobState.SUCCEEDED, world.now)) == [Miss(first.id, before)]
    assert before.fence == first.fence + 2


async def test_only_one_of_two_settlements_counts(world: World) -> None:
    claimed = await world.running()

    assert await world.apply(change_to(claimed, JobState.FAILED, world.now)) == []
    assert [miss.id for miss in await world.apply(change_to(claimed, JobState.SUCCEEDED, world.now))] == [
        claimed.id
    ]
    assert (await world.job(claimed.id)).state is JobState.FAILED


async def test_a_released_job_keeps_its_place(world: World) -> None:
    await world.insert(world.new(queued_at=world.now - 100), world.new(queued_at=world.now - 50))
    (first,) = await world.claim(limit=1)

    await world.apply(ended(first, Ending.RELEASED, world.now, reason=Reason.DRAINED))

    row = await world.job(first.id)
    assert (row.queued_at, row.order_key) == (first.queued_at, order_key(first.queued_at, 0))
    assert [job.id for job in await world.claim(limit=1)] == [first.id]


async def test_a_finish_does_not_end_a_key_that_another_job_took_over(world: World) -> None:
    old = await world.running(idempotency_key="k")
    await world.apply(change_to(old, JobState.FAILED, world.now))
    world.clock.advance(DAY)
    new = world.new(idempotency_key="k")
    assert (await world.insert(new))[0].outcome is Insertion.CREATED
    await world.store.jobs.replay(ReplayDead(namespace=world.namespace, ids=[old.id], now=world.now))
    again = {job.id: job for job in await world.claim()}[old.id]

    await world.apply(change_to(again, JobState.SUCCEEDED, world.now))
    world.clock.advance(DAY)

    assert await world.insert(world.new(idempotency_key="k")) == [Inserted(new.id, Insertion.EXISTING)]
