"""`schedules`: what is set, what is due, and that each tick happens once."""

from __future__ import annotations

import asyncio

from beltline.core.clock import MINUTE
from beltline.core.states import JobState
from beltline.store.params import Retention
from beltline.store.schedules import Fire, FireOutcome, NewFire, StoredSchedule, WriteSchedules
from tests.conformance.builders import change_to
from tests.conformance.schedules import (
    ENTRY,
    advance,
    fire,
    made,
    new_schedule,
    schedule,
    started,
    submitted,
    write,
)
from tests.conformance.world import World


async def test_a_schedule_is_read_as_it_was_made(world: World) -> None:
    given = new_schedule(
        "nightly", world.now + 5, tick_field="when", declared="{}", payload=b'{"a":"\\u00e4"}'
    )

    assert await write(world, (given, None))

    assert await schedule(world, "nightly") == StoredSchedule(
        *given,
        revision=1,
        buffered=None,
        open_jobs=(),
        last_tick=None,
        last_job=None,
        last_fired_at=None,
        created_at=world.now,
        changed_at=world.now,
    )
    assert (await schedule(world, "nightly")).settings() == given


async def test_one_that_exists_is_not_made_again(world: World) -> None:
    before = await made(world, "nightly", world.now)

    assert not await write(world, (new_schedule("hourly", 1), None), (new_schedule("nightly", 7), None))

    assert await schedule(world, "nightly") == before
    assert await world.store.schedules.get(world.namespace, "hourly") is None


async def test_a_change_needs_the_revision_that_was_read(world: World) -> None:
    first = await made(world, "nightly", world.now)
    world.clock.advance(5)

    assert await write(world, (first.settings()._replace(paused=True, spec="{}"), first.revision))
    assert not await write(world, (first.settings(), first.revision))

    changed = await schedule(world, "nightly")
    assert (changed.paused, changed.spec, changed.revision) == (True, "{}", 2)
    assert (changed.created_at, changed.changed_at) == (world.now - 5, world.now)


async def test_several_are_changed_and_removed_together_or_not_at_all(world: World) -> None:
    a, b = await made(world, "a", 1), await made(world, "b", 2)

    assert not await write(world, (a.settings()._replace(paused=True), 1), removals=(("b", 2),))
    assert await world.store.schedules.page(world.namespace) == [a, b]

    assert await write(world, (a.settings()._replace(paused=True), 1), removals=(("b", 1),))
    assert [row.name for row in await world.store.schedules.page(world.namespace)] == ["a"]


async def test_an_audit_entry_is_kept_with_the_write_and_only_with_it(world: World) -> None:
    for _ in range(2):
        await world.store.schedules.write(
            WriteSchedules(
                namespace=world.namespace,
                puts=[(new_schedule("nightly", 5), None)],
                now=world.now,
                audit=[ENTRY],
            )
        )

    assert [row.target for row in await world.store.audit.page(world.namespace)] == ["schedule/nightly"]


async def test_schedules_are_listed_by_name_page_by_page(world: World) -> None:
    for name in ("c", "a", "b"):
        await made(world, name, None)

    first = await world.store.schedules.page(world.namespace, limit=2)
    rest = await world.store.schedules.page(world.namespace, after="b", limit=2)

    assert [row.name for row in first + rest] == ["a", "b", "c"]


async def test_what_is_due_comes_longest_due_first(world: World) -> None:
    await made(world, "later", world.now + 1)
    await made(world, "paused", world.now - 9, paused=True)
    await made(world, "ended", None)
    await made(world, "now", world.now)
    await made(world, "before", world.now - 5)

    due = await world.store.schedules.due(world.namespace, world.now, 10)

    assert [row.name for row in due] == ["before", "now"]
    assert [row.name for row in await world.store.schedules.due(world.namespace, world.now, 1)] == ["before"]
    assert (await world.store.schedules.outlook(world.namespace)).next_at == world.now - 5


async def test_the_outlook_tells_of_what_waits(world: World) -> None:
    await made(world, "paused", world.now, paused=True)
    assert await world.store.schedules.outlook(world.namespace) == (None, False, False)
    row = await made(world, "nightly", world.now)

    await fire(world, advance(row, buffered=world.now))
    await started(world, "b1")

    assert await world.store.schedules.outlook(world.namespace) == (world.now + MINUTE, True, True)


async def test_nothing_is_due_where_there_are_no_schedules(world: World) -> None:
    assert (await world.store.schedules.outlook(world.namespace)).next_at is None
    assert await world.store.schedules.due(world.namespace, world.now, 10) == []
    assert await fire(world) == set()


async def test_a_fire_stores_its_job_and_moves_the_schedule_on(world: World) -> None:
    row = await made(world, "nightly", world.now)
    job = world.new()
    step = advance(row, open_jobs=(job.id,), last_tick=world.now, last_job=job.id, last_fired_at=world.now)

    assert await fire(world, step, fires=(submitted("nightly", world.now, job),), jobs=(job,)) == {"nightly"}

    after = await schedule(world, "nightly")
    assert (after.next_at, after.revision, after.open_jobs) == (world.now + MINUTE, 2, (job.id,))
    assert (after.last_tick, after.last_job, after.last_fired_at) == (world.now, job.id, world.now)
    assert (await world.job(job.id)).state is JobState.QUEUED
    assert await world.store.schedules.fires(world.namespace, "nightly") == [
        Fire(world.now, FireOutcome.SUBMITTED, "due", job.id, None, 1, None, world.now)
    ]
    assert sum(tally.jobs for tally in await world.store.upkeep.tallies(world.namespace, 0, 1 << 60)) == 1


async def test_a_schedule_that_went_on_meanwhile_fires_nothing(world: World) -> None:
    rows = [await made(world, name, world.now) for name in ("a", "b")]
    first, second, third = world.new(), world.new(), world.new()
    await fire(world, advance(rows[0]), fires=(submitted("a", world.now, first),), jobs=(first,))

    fires = (submitted("a", world.now, second), submitted("b", world.now, third))
    advanced = await fire(
        world, advance(rows[0]), advance(rows[1]), fires=fires, jobs=(second, third), audit=(ENTRY,)
    )

    assert advanced == {"b"}
    assert await world.store.reads.known(world.namespace, [first.id, second.id, third.id]) == {
        first.id,
        third.id,
    }
    assert len(await world.store.audit.page(world.namespace)) == 1
    assert await fire(world, advance(rows[1]), audit=(ENTRY,)) == set()
    assert len(await world.store.audit.page(world.namespace)) == 1


async def test_a_tick_that_has_a_fire_gets_no_second_job(world: World) -> None:
    row = await made(world, "nightly", world.now)
    first, second = world.new(), world.new()
    await fire(world, advance(row), fires=(submitted("nightly", world.now, first),), jobs=(first,))

    again = advance(await schedule(world, "nightly"))
    assert await fire(world, again, fires=(submitted("nightly", world.now, second),), jobs=(second,))

    assert [found.job_id for found in await world.store.schedules.fires(world.namespace, "nightly")] == [
        first.id
    ]
    assert await world.store.reads.known(world.namespace, [second.id]) == set()


async def test_a_tick_that_waited_becomes_what_it_becomes(world: World) -> None:
    row = await made(world, "nightly", world.now)
    waiting = NewFire("nightly", world.now, FireOutcome.BUFFERED, "overlap")
    await fire(world, advance(row, buffered=world.now), fires=(waiting,))
    [buffering] = await world.store.schedules.buffering(world.namespace, 10)
    assert buffering.buffered == world.now
    job = world.new()

    await fire(
        world,
        advance(buffering, next_at=buffering.next_at, buffered=None),
        fires=(submitted("nightly", world.now, job),),
        jobs=(job,),
    )

    [found] = await world.store.schedules.fires(world.namespace, "nightly")
    assert (found.outcome, found.job_id) == (FireOutcome.SUBMITTED, job.id)
    assert await world.store.schedules.buffering(world.namespace, 10) == []


async def test_a_paused_schedule_s_tick_waits_on(world: World) -> None:
    row = await made(world, "nightly", world.now)
    await fire(world, advance(row, buffered=world.now))
    row = await schedule(world, "nightly")

    await write(world, (row.settings()._replace(paused=True), row.revision))

    assert await world.store.schedules.buffering(world.namespace, 10) == []
    assert (await schedule(world, "nightly")).buffered == world.now


async def test_dropped_ticks_stand_beside_the_fires_of_ticks(world: World) -> None:
    row = await made(world, "nightly", 0)
    job = world.new()
    dropped = NewFire("nightly", 0, FireOutcome.DROPPED, "late", until=3 * MINUTE, ticks=3)
    fires = (dropped, submitted("nightly", 0, job, reason="backfill"), submitted("nightly", MINUTE))
    await fire(world, advance(row), fires=fires, jobs=(job,))

    found = await world.store.schedules.fires(world.namespace, "nightly")

    assert [(each.tick, each.outcome.value, each.ticks, each.until) for each in found] == [
        (MINUTE, "submitted", 1, None),
        (0, "submitted", 1, None),
        (0, "dropped", 3, 3 * MINUTE),
    ]
    [newest] = await world.store.schedules.fires(world.namespace, "nightly", limit=1)
    before = await world.store.schedules.fires(world.namespace, "nightly", before=newest.tick)
    assert [each.tick for each in before] == [0, 0]


async def test_jobs_of_fires_may_start_later(world: World) -> None:
    row = await made(world, "nightly", world.now)
    job = world.new(state=JobState.SCHEDULED, labels={"schedule": "nightly"})

    await fire(world, advance(row), fires=(submitted("nightly", world.now, job),), jobs=(job,))

    stored = await world.job(job.id)
    assert (stored.state, stored.labels) == (JobState.SCHEDULED, {"schedule": "nightly"})
    assert await world.store.upkeep.next_due(world.namespace) == job.run_at


async def test_unfinished_jobs_are_told_from_final_ones(world: World) -> None:
    running = await world.running()
    done = await world.running()
    await world.apply(change_to(done, JobState.SUCCEEDED, world.now))
    await world.insert(waiting := world.new(queue="q"))
    ids = [waiting.id, running.id, done.id, "unknown"]

    assert await world.store.schedules.unfinished(world.namespace, ids) == {waiting.id, running.id}
    assert await world.store.schedules.unfinished(world.namespace, []) == set()


async def test_of_schedulers_that_fire_at_once_one_does(shared_world: World) -> None:
    rows = [await made(shared_world, f"s{number:02}", shared_world.now) for number in range(20)]
    tries = 6
    jobs = [[shared_world.new() for _ in rows] for _ in range(tries)]

    answers = await asyncio.gather(
        *(
            fire(
                shared_world,
                *map(advance, rows),
                fires=tuple(
                    submitted(row.name, shared_world.now, job) for row, job in zip(rows, mine, strict=True)
                ),
                jobs=tuple(mine),
            )
            for mine in jobs
        )
    )

    fired = [name for answer in answers for name in answer]
    assert len(fired) == len(set(fired)) <= len(rows)
    stored = await shared_world.store.reads.known(
        shared_world.namespace, [job.id for mine in jobs for job in mine]
    )
    assert len(stored) == len(fired)
    for row in rows:
        fires = await shared_world.store.schedules.fires(shared_world.namespace, row.name)
        assert len(fires) == (row.name in fired)


async def test_namespaces_do_not_see_each_other(world: World) -> None:
    elsewhere = World(world.place, world.store, world.clock, f"{world.namespace}-b")
    row = await made(world, "nightly", world.now)
    await made(elsewhere, "nightly", world.now - 1)
    job = world.new()

    await fire(world, advance(row), fires=(submitted("nightly", world.now, job),), jobs=(job,))

    assert (await schedule(elsewhere, "nightly")).revision == 1
    assert await world.store.schedules.fires(elsewhere.namespace, "nightly") == []
    assert (await world.store.schedules.outlook(elsewhere.namespace)).next_at == world.now - 1


async def test_old_fires_are_pruned_but_those_that_wait(world: World) -> None:
    row = await made(world, "nightly", world.now)
    waiting = NewFire("nightly", world.now, FireOutcome.BUFFERED, "overlap")
    await fire(world, advance(row), fires=(waiting, submitted("nightly", world.now + 1)))
    world.clock.advance(10)
    await fire(world, advance(await schedule(world, "nightly")), fires=(submitted("nightly", world.now),))
    limits = dict.fromkeys(("dead_before", "sessions_before", "tallies_before"), 0)

    gone = await world.store.upkeep.prune(
        Retention(namespace=world.namespace, history_before=world.now, now=world.now, **limits)
    )

    assert gone["fires"] == 1
    left = await world.store.schedules.fires(world.namespace, "nightly")
    assert [each.tick for each in left] == [world.now, world.now - 10]
