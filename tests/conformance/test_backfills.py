"""`backfills`: ticks of the past, made up for step by step."""

from __future__ import annotations

from beltline.core.clock import MINUTE
from beltline.store.backfills import Backfill, BackfillState, NewBackfill
from beltline.store.params import Retention
from beltline.store.schedules import FireOutcome, NewFire
from tests.conformance.schedules import (
    ENTRY,
    advance,
    advance_backfill,
    backfill,
    fire,
    made,
    started,
    submitted,
)
from tests.conformance.world import World


async def test_a_backfill_is_read_as_it_was_started(world: World) -> None:
    found = await started(world, "b1", since=MINUTE)

    assert found == Backfill(
        id="b1",
        schedule="nightly",
        since=MINUTE,
        until=5 * MINUTE,
        at_once=2,
        total=5,
        actor="ann",
        state=BackfillState.RUNNING,
        revision=1,
        next_at=MINUTE,
        open_jobs=(),
        submitted=0,
        existing=0,
        created_at=world.now,
        finished_at=None,
    )
    assert await world.store.backfills.get(world.namespace, "b2") is None


async def test_its_start_is_audited(world: World) -> None:
    await world.store.backfills.start(
        NewBackfill(
            namespace=world.namespace,
            id="b1",
            schedule="nightly",
            since=0,
            until=1,
            at_once=1,
            total=1,
            actor="ann",
            now=world.now,
            audit=[ENTRY],
        )
    )

    assert len(await world.store.audit.page(world.namespace)) == 1


async def test_a_step_stores_jobs_and_counts_them(world: World) -> None:
    row = await started(world, "b1")
    jobs = (world.new(), world.new())
    fires = tuple(submitted("nightly", index * MINUTE, job, backfill="b1") for index, job in enumerate(jobs))

    assert await advance_backfill(
        world, row, next_at=2 * MINUTE, open_jobs=(jobs[0].id,), fires=fires, jobs=jobs
    )

    found = await backfill(world, "b1")
    assert (found.submitted, found.existing, found.next_at, found.revision) == (2, 0, 2 * MINUTE, 2)
    assert found.open_jobs == (jobs[0].id,)
    assert await world.store.reads.known(world.namespace, [job.id for job in jobs]) == {
        job.id for job in jobs
    }
    [newest, _] = await world.store.schedules.fires(world.namespace, "nightly")
    assert newest.backfill == "b1"


async def test_a_step_at_another_revision_does_nothing(world: World) -> None:
    row = await started(world, "b1")
    job = world.new()
    assert await advance_backfill(world, row)

    assert not await advance_backfill(world, row, fires=(submitted("nightly", 0, job),), jobs=(job,))

    assert await world.store.reads.known(world.namespace, [job.id]) == set()


async def test_ticks_that_fired_are_left_and_skipped_ones_filled(world: World) -> None:
    schedule = await made(world, "nightly", 0)
    done = world.new()
    skipped = NewFire("nightly", MINUTE, FireOutcome.SKIPPED, "overlap")
    await fire(world, advance(schedule), fires=(submitted("nightly", 0, done), skipped), jobs=(done,))
    row = await started(world, "b1")
    jobs = (world.new(), world.new())
    fires = tuple(submitted("nightly", index * MINUTE, job, backfill="b1") for index, job in enumerate(jobs))

    assert await advance_backfill(world, row, fires=fires, jobs=jobs)

    found = await backfill(world, "b1")
    assert (found.submitted, found.existing) == (1, 1)
    kept = await world.store.schedules.fires(world.namespace, "nightly")
    assert [each.job_id for each in kept] == [jobs[1].id, done.id]


async def test_one_that_ended_is_told_from_those_that_run(world: World) -> None:
    first, second = await started(world, "b1"), await started(world, "b2", schedule="hourly")
    world.clock.advance(3)

    assert await advance_backfill(world, first, state=BackfillState.CANCELLED)

    page, get = world.store.backfills.page, world.store.backfills.get
    ended = await get(world.namespace, "b1")
    assert ended is not None
    assert (ended.state, ended.finished_at) == (BackfillState.CANCELLED, world.now)
    assert [each.id for each in await page(world.namespace)] == ["b2", "b1"]
    assert [each.id for each in await page(world.namespace, schedule="nightly")] == ["b1"]
    assert await page(world.namespace, running=True) == [second]
    assert await page(world.namespace, running=True, schedule="nightly") == []


async def test_what_ended_long_ago_is_pruned(world: World) -> None:
    row = await started(world, "b1")
    await started(world, "b2")
    await advance_backfill(world, row, state=BackfillState.DONE)
    world.clock.advance(10)
    limits = dict.fromkeys(("dead_before", "sessions_before", "tallies_before"), 0)

    gone = await world.store.upkeep.prune(
        Retention(namespace=world.namespace, history_before=world.now, now=world.now, **limits)
    )

    assert gone["backfills"] == 1
    assert [each.id for each in await world.store.backfills.page(world.namespace)] == ["b2"]
