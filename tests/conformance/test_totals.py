"""`totals`, and the pages that they belong to: lists are whole, in order, and counted."""

from __future__ import annotations

import pytest

from beltline.core.states import JobState
from beltline.store.backfills import NewBackfill
from beltline.store.batches import Family
from beltline.store.params import InsertJobs
from beltline.store.schedules import NewSchedule, WriteSchedules
from beltline.store.totals import Counted
from beltline.store.triggers import NewTrigger, WriteTrigger
from beltline.store.workflows import StoredWorkflow
from tests.conformance.linking import edge, end, release, store, waiting
from tests.conformance.world import World


@pytest.mark.parametrize("what", sorted(Counted))
async def test_nothing_is_counted_where_nothing_is(world: World, what: Counted) -> None:
    assert await world.store.totals.count(world.namespace, what, "none") == 0


async def test_schedules_and_triggers_are_counted(world: World) -> None:
    puts = [
        (NewSchedule(name, "job", "{}", b"{}", None, None, paused=False, next_at=None), None)
        for name in "abc"
    ]
    assert await world.store.schedules.write(
        WriteSchedules(namespace=world.namespace, puts=puts, now=world.now)
    )
    trigger = NewTrigger("hook", "webhook", "job", "{}", paused=False)
    assert await world.store.triggers.write(
        WriteTrigger(namespace=world.namespace, name="hook", trigger=trigger, revision=None, now=world.now)
    )

    assert await world.store.totals.count(world.namespace, Counted.SCHEDULES) == 3
    assert await world.store.totals.count(world.namespace, Counted.TRIGGERS) == 1
    assert await world.store.totals.count("elsewhere", Counted.SCHEDULES) == 0


async def test_backfills_are_paged_and_counted_of_one_schedule_or_all(world: World) -> None:
    for number, schedule in enumerate(["a", "b", "a"]):
        await world.store.backfills.start(
            NewBackfill(
                namespace=world.namespace,
                id=f"backfill{number}",
                schedule=schedule,
                since=0,
                until=10,
                at_once=1,
                total=3,
                actor="ann",
                now=world.now,
            )
        )

    [first] = await world.store.backfills.page(world.namespace, schedule="a", limit=1)
    [rest] = await world.store.backfills.page(world.namespace, schedule="a", before=first.id)

    assert (first.id, rest.id) == ("backfill2", "backfill0")
    assert await world.store.totals.count(world.namespace, Counted.BACKFILLS) == 3
    assert await world.store.totals.count(world.namespace, Counted.BACKFILLS, "a") == 2


async def test_workflows_are_paged_by_name_and_their_versions_newest_first(world: World) -> None:
    for name, version in (("a", "2"), ("a", "1"), ("b", "1"), ("c", "1")):
        await world.store.workflows.apply(world.namespace, StoredWorkflow(name, version, "{}", world.now))

    pages = [
        [found.name for found in await world.store.workflows.page(world.namespace, after=after, limit=2)]
        for after in ("", "b")
    ]
    newest = await world.store.workflows.versions(world.namespace, "a", limit=1)
    older = await world.store.workflows.versions(world.namespace, "a", before=newest[0].version)

    assert pages == [["a", "b"], ["c"]]
    assert [found.version for found in newest + older] == ["1", "2"]
    assert await world.store.totals.count(world.namespace, Counted.WORKFLOWS) == 3
    assert await world.store.totals.count(world.namespace, Counted.VERSIONS, "a") == 2


async def test_batches_of_one_moment_are_all_on_some_page(world: World) -> None:
    made = []
    for _ in range(3):
        parent = await world.running()
        await world.store.jobs.insert(
            InsertJobs(
                namespace=world.namespace, jobs=[world.new()], now=world.now, family=Family(parent=parent.id)
            )
        )
        await world.claim()
        made.append(parent.id)

    found: list[str] = []
    before = None
    while page := await world.store.batches.page(world.namespace, before=before, limit=1):
        found += [batch.job_id for batch in page]
        before = page[-1].created_at, page[-1].job_id

    assert sorted(found) == sorted(made)
    assert await world.store.totals.count(world.namespace, Counted.BATCHES) == 3


async def test_what_waits_and_what_is_waited_for_is_paged_and_counted(world: World) -> None:
    first, second = world.new(), world.new()
    await world.insert(first, second)
    dependents = [waiting(world) for _ in range(3)]
    for dependent in dependents:
        await store(world, [dependent], [edge(dependent, first), edge(dependent, second, part=1)])
    ids = sorted(job.id for job in dependents)

    page = await world.store.edges.dependents(world.namespace, first.id, 2)
    rest = await world.store.edges.dependents(world.namespace, first.id, after=page[-1][:2])
    [needed] = await world.store.edges.page(world.namespace, ids[0], 1)
    [other] = await world.store.edges.page(world.namespace, ids[0], after=(needed.part, needed.prerequisite))

    assert [found.dependent for found in page + rest] == ids
    assert (needed.prerequisite, other.prerequisite) == (first.id, second.id)
    assert await world.store.totals.count(world.namespace, Counted.DEPENDENTS, first.id) == 3
    assert await world.store.totals.count(world.namespace, Counted.PREREQUISITES, ids[0]) == 2

    await end(world, first, JobState.SUCCEEDED)
    await release(world)
    assert await world.store.edges.dependents(world.namespace, first.id) == []
