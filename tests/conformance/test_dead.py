"""`jobs.replay`, `jobs.discard`: dead letters."""

from __future__ import annotations

import pytest

from beltline.core.clock import DAY
from beltline.core.job import Attempt
from beltline.core.reasons import Reason
from beltline.core.states import DEAD, JobState
from beltline.store.pages import JobFilter, ListJobs
from beltline.store.params import (
    AuditEntry,
    DiscardDead,
    Inserted,
    Insertion,
    Progress,
    ReplayDead,
    Retention,
)
from tests.conformance.builders import change_to
from tests.conformance.model import replayed_row
from tests.conformance.world import World

DEAD_STATES = sorted(DEAD)


async def replay(world: World, *ids: str) -> list[str]:
    return await world.store.jobs.replay(ReplayDead(namespace=world.namespace, ids=ids, now=world.now))


async def discard(world: World, *ids: str) -> list[str]:
    return await world.store.jobs.discard(DiscardDead(namespace=world.namespace, ids=ids, now=world.now))


@pytest.mark.parametrize("state", DEAD_STATES)
async def test_a_replayed_job_is_the_same_job_with_all_attempts_anew(world: World, state: JobState) -> None:
    before = await world.bring(
        state,
        priority=2,
        deadline_at=world.now + 5,
        expires_at=world.now + 5,
        labels={"a": "1"},
        idempotency_key="k",
    )
    world.clock.advance(1_000)

    assert await replay(world, before.id) == [before.id]

    assert await world.job(before.id) == replayed_row(before, world.now)


async def test_a_replayed_job_has_no_progress(world: World) -> None:
    claimed = await world.running()
    await world.store.jobs.progress(world.namespace, [Progress(claimed.id, claimed.fence, 0.5, "half")])
    await world.apply(change_to(claimed, JobState.FAILED, world.now))

    await replay(world, claimed.id)

    row = await world.job(claimed.id)
    assert (row.progress, row.progress_note) == (None, None)


async def test_a_replayed_job_that_died_while_parked_is_parked_no_more(world: World) -> None:
    paused = await world.bring(JobState.PAUSED)
    await world.apply(change_to(paused, JobState.TIMED_OUT, world.now))
    before = await world.job(paused.id)

    await replay(world, paused.id)

    assert await world.job(paused.id) == replayed_row(before, world.now)


async def test_a_replayed_job_runs_with_the_next_fence(world: World) -> None:
    before = await world.bring(JobState.FAILED)
    await replay(world, before.id)

    (again,) = await world.claim()

    assert (again.id, again.fence, again.run, again.attempts_used) == (before.id, before.fence + 2, 2, 0)


async def test_the_last_attempt_of_a_replayed_job_is_kept(world: World) -> None:
    before = await world.bring(JobState.FAILED)

    await replay(world, before.id)

    assert before.started_at is not None
    assert await world.store.reads.attempts(world.namespace, before.id) == [
        Attempt(
            1,
            before.session,
            before.started_at,
            before.finished_at,
            Reason.ATTEMPTS_EXHAUSTED,
            before.error,
            before.version,
        )
    ]


async def test_an_attempt_that_is_kept_already_is_not_kept_twice(world: World) -> None:
    retrying = await world.bring(JobState.RETRYING)
    kept = await world.store.reads.attempts(world.namespace, retrying.id)
    change = change_to(retrying, JobState.TIMED_OUT, world.now, reason=Reason.DEADLINE_PASSED)
    assert not await world.apply(change)

    assert await replay(world, retrying.id) == [retrying.id]

    assert await world.store.reads.attempts(world.namespace, retrying.id) == kept


async def test_a_job_that_never_ran_has_no_attempts_after_a_replay(world: World) -> None:
    queued = await world.bring(JobState.QUEUED, deadline_at=world.now)
    assert not await world.apply(
        change_to(queued, JobState.TIMED_OUT, world.now, reason=Reason.DEADLINE_PASSED)
    )

    await replay(world, queued.id)

    assert await world.store.reads.attempts(world.namespace, queued.id) == []
    assert [job.run for job in await world.claim()] == [1]


@pytest.mark.parametrize("state", [state for state in JobState if state not in DEAD])
async def test_what_is_no_dead_letter_is_neither_replayed_nor_discarded(
    world: World, state: JobState
) -> None:
    job = await world.bring(state)

    assert await replay(world, job.id) == []
    assert await discard(world, job.id) == []

    assert await world.job(job.id) == job


async def test_an_unknown_id_is_neither_replayed_nor_discarded(world: World) -> None:
    assert await replay(world, "unknown") == []
    assert await discard(world, "unknown") == []


async def test_dead_letters_are_replayed_in_bulk(world: World) -> None:
    dead = [await world.bring(JobState.FAILED) for _ in range(5)]

    moved = await replay(world, *(job.id for job in dead), "unknown")

    assert sorted(moved) == sorted(job.id for job in dead)


async def test_a_job_can_die_and_be_replayed_again(world: World) -> None:
    job = await world.bring(JobState.FAILED)
    for _ in range(3):
        await replay(world, job.id)
        (claimed,) = await world.claim()
        assert not await world.apply(change_to(claimed, JobState.FAILED, world.now))

    row = await world.job(job.id)
    attempts = await world.store.reads.attempts(world.namespace, job.id)
    assert (row.runs, row.fence, row.state) == (4, 7, JobState.FAILED)
    assert [attempt.run for attempt in attempts] == [1, 2, 3, 4]


@pytest.mark.parametrize("state", DEAD_STATES)
async def test_a_discarded_job_is_marked_and_otherwise_unchanged(world: World, state: JobState) -> None:
    before = await world.bring(state)
    world.clock.advance(9)

    assert await discard(world, before.id) == [before.id]

    assert await world.job(before.id) == before._replace(discarded_at=world.now)


async def test_a_discarded_job_is_discarded_once(world: World) -> None:
    job = await world.bring(JobState.FAILED)
    await discard(world, job.id)
    marked = await world.job(job.id)
    world.clock.advance(9)

    assert await discard(world, job.id) == []

    assert await world.job(job.id) == marked


async def test_a_discarded_job_is_not_replayed(world: World) -> None:
    job = await world.bring(JobState.FAILED)
    await discard(world, job.id)

    assert await replay(world, job.id) == []

    assert (await world.job(job.id)).state is JobState.FAILED


async def test_discarded_jobs_are_listed_only_on_request(world: World) -> None:
    kept, gone = await world.bring(JobState.FAILED), await world.bring(JobState.FAILED)
    await discard(world, gone.id)

    pages = [
        await world.store.reads.page(
            ListJobs(namespace=world.namespace, where=JobFilter(discarded=discarded))
        )
        for discarded in (False, True)
    ]

    assert [{job.id for job in page.items} for page in pages] == [{kept.id}, {kept.id, gone.id}]
    assert [page.total for page in pages] == [1, 2]


@pytest.mark.parametrize("verb", ["replay", "discard"])
async def test_the_action_and_its_audit_entry_are_one(world: World, verb: str) -> None:
    job = await world.bring(JobState.FAILED)
    entry = AuditEntry(actor="ann", action=f"job.{verb}", target=f"job/{job.id}")

    if verb == "replay":
        await world.store.jobs.replay(
            ReplayDead(namespace=world.namespace, ids=[job.id], now=world.now, audit=[entry])
        )
    else:
        await world.store.jobs.discard(
            DiscardDead(namespace=world.namespace, ids=[job.id], now=world.now, audit=[entry])
        )

    assert [row.action for row in await world.store.audit.page(world.namespace)] == [f"job.{verb}"]


async def test_the_key_of_a_replayed_job_lives_again(world: World) -> None:
    dead = await world.bring(JobState.FAILED, idempotency_key="k")
    await replay(world, dead.id)
    world.clock.advance(10 * DAY)

    assert await world.insert(world.new(idempotency_key="k")) == [Inserted(dead.id, Insertion.EXISTING)]


async def test_the_key_of_a_replayed_job_lives_again_even_where_it_was_pruned(fresh_world: World) -> None:
    world = fresh_world
    dead = await world.bring(JobState.FAILED, idempotency_key="k")
    world.clock.advance(DAY)
    await world.store.upkeep.prune(
        Retention(
            namespace=world.namespace,
            history_before=0,
            dead_before=0,
            sessions_before=0,
            tallies_before=0,
            now=world.now,
        )
    )

    await replay(world, dead.id)

    assert await world.insert(world.new(idempotency_key="k")) == [Inserted(dead.id, Insertion.EXISTING)]


async def test_a_replay_leaves_a_key_to_the_job_that_took_it_over(world: World) -> None:
    dead = await world.bring(JobState.FAILED, idempotency_key="k")
    world.clock.advance(DAY)
    new = world.new(idempotency_key="k")
    await world.insert(new)

    await replay(world, dead.id)

    assert await world.insert(world.new(idempotency_key="k")) == [Inserted(new.id, Insertion.EXISTING)]


async def test_a_replay_leaves_the_end_of_a_key_that_was_taken_over(world: World) -> None:
    dead = await world.bring(JobState.FAILED, idempotency_key="k")
    world.clock.advance(DAY)
    taker = await world.running(idempotency_key="k")
    await world.apply(change_to(taker, JobState.SUCCEEDED, world.now))
    await replay(world, dead.id)
    world.clock.advance(DAY)
    new = world.new(idempotency_key="k")

    assert await world.insert(new) == [Inserted(new.id, Insertion.CREATED)]
