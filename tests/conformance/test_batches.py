"""`batches`: a job ends with its children, counted once, whoever looks."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from beltline.core.batch import Batch
from beltline.core.clock import DAY
from beltline.core.errors import ParentEnded
from beltline.core.job import Change, ClaimedJob, Job, NewJob
from beltline.core.reasons import Reason
from beltline.core.states import FINAL, JobState
from beltline.store.batches import Family, ListChildren, Seen
from beltline.store.params import ApplyChanges, Inserted, InsertJobs, ReplayDead, Retention
from tests.conformance.builders import change_to
from tests.conformance.world import World


async def adopt(world: World, parent: ClaimedJob | Job | str, *jobs: NewJob) -> list[Inserted]:
    """Store jobs as children."""
    family = Family(parent=parent if isinstance(parent, str) else parent.id)
    params = InsertJobs(namespace=world.namespace, jobs=jobs, now=world.now, family=family)
    return await world.store.jobs.insert(params)


async def family(world: World, count: int = 3) -> tuple[ClaimedJob, list[NewJob]]:
    """Return a running parent and its children."""
    parent = await world.running()
    children = [world.new() for _ in range(count)]
    await adopt(world, parent, *children)
    return parent, children


async def batch(world: World, job_id: str) -> Batch:
    """Return a batch with all that ended counted."""
    await world.store.batches.fold(world.namespace, 1_000)
    [found] = await world.store.batches.get(world.namespace, [job_id])
    return found


async def end(world: World, job: NewJob | Job, state: JobState) -> None:
    """End a job."""
    assert await world.apply(change_to(await world.job(job.id), state, world.now)) == []


def returned(world: World, job: ClaimedJob) -> Change:
    """Return the change of a body that returned."""
    return change_to(job, JobState.SUCCEEDED, world.now)


async def due(world: World) -> list[str]:
    """Return the batches that are due, and note that they were looked at."""
    found = await world.store.batches.due(world.namespace, 100)
    await world.store.batches.seen(world.namespace, [Seen(each.job_id, each.turn) for each in found])
    return [each.job_id for each in found]


async def waiting_parent(world: World, count: int) -> tuple[Job, list[NewJob]]:
    """Return a parent whose body has returned, and its children."""
    parent, children = await family(world, count)
    waits = returned(world, parent)._replace(state=JobState.WAITING, reason=Reason.CHILDREN)
    assert await world.apply(waits) == []
    return await world.job(parent.id), children


@pytest.mark.parametrize("state", [JobState.SUCCEEDED, JobState.FAILED])
async def test_a_parent_that_has_got_more_children_is_not_ended_by_who_counted_them_before(
    world: World, state: JobState
) -> None:
    parent, _ = await waiting_parent(world, 2)
    change = change_to(parent, state, world.now)
    before = ApplyChanges(namespace=world.namespace, changes=[change], now=world.now, children={parent.id: 2})
    await adopt(world, parent, world.new())

    [miss] = await world.store.jobs.apply(before)

    assert (miss.id, miss.current) == (parent.id, parent)
    assert await world.job(parent.id) == parent
    assert await world.store.jobs.apply(replace(before, children={parent.id: 3})) == []
    assert (await world.job(parent.id)).state is state


async def test_others_of_the_same_batch_of_changes_are_written(world: World) -> None:
    other = await world.running()
    parent, _ = await waiting_parent(world, 2)
    changes = [change_to(job, JobState.SUCCEEDED, world.now) for job in (parent, other)]
    params = ApplyChanges(namespace=world.namespace, changes=changes, now=world.now, children={parent.id: 1})

    assert [miss.id for miss in await world.store.jobs.apply(params)] == [parent.id]
    assert (await world.job(other.id)).state is JobState.SUCCEEDED


async def test_a_job_without_children_is_ended_where_none_were_counted(world: World) -> None:
    job = await world.running()
    params = ApplyChanges(
        namespace=world.namespace,
        changes=[change_to(job, JobState.FAILED, world.now)],
        now=world.now,
        children={job.id: 0},
    )

    assert await world.store.jobs.apply(params) == []


async def test_children_know_their_parent_and_their_root(world: World) -> None:
    parent, [first, *_] = await family(world)
    [claimed, *_] = await world.claim()
    grandchild = world.new()
    await adopt(world, claimed, grandchild)

    child = await world.job(first.id)
    assert (child.parent, child.root) == (parent.id, parent.id)
    below = await world.job(grandchild.id)
    assert (below.parent, below.root) == (claimed.id, parent.id)
    tree = await world.store.batches.tree(world.namespace, parent.id)
    assert {each.job_id: (each.parent, each.total) for each in tree} == {
        parent.id: (None, 3),
        claimed.id: (parent.id, 1),
    }


async def test_a_body_that_returned_waits_for_its_children(world: World) -> None:
    parent, _ = await family(world)
    plain = world.new()
    await world.insert(plain)

    [miss] = await world.apply(returned(world, parent))

    assert (miss.id, miss.has_children) == (parent.id, True)
    waits = returned(world, parent)._replace(state=JobState.WAITING, reason=Reason.CHILDREN)
    assert await world.apply(waits) == []
    job = await world.job(parent.id)
    assert (job.state, job.reason, job.result) == (JobState.WAITING, Reason.CHILDREN, waits.result)


async def test_others_of_a_settlement_end_beside_a_parent(world: World) -> None:
    parent = await world.running()
    await world.insert(*(world.new() for _ in range(3)))
    others = await world.claim()
    await adopt(world, parent, world.new())

    misses = await world.apply(*(returned(world, job) for job in [others[0], parent, *others[1:]]))

    assert [miss.id for miss in misses] == [parent.id]
    assert {(await world.job(job.id)).state for job in others} == {JobState.SUCCEEDED}


@pytest.mark.parametrize("state", sorted(FINAL))
async def test_each_end_of_a_child_is_counted_once(world: World, state: JobState) -> None:
    parent, children = await family(world)

    for child in children[:2]:
        await end(world, child, state)
    await batch(world, parent.id)
    found = await batch(world, parent.id)

    kinds = {JobState.SUCCEEDED: "succeeded", JobState.CANCELLED: "cancelled"}
    assert (found.total, found.open, getattr(found, kinds.get(state, "failed"))) == (3, 1, 2)


async def test_a_child_that_ran_counts_with_its_time(world: World) -> None:
    parent, _ = await family(world, 2)
    claimed = await world.claim()
    world.clock.advance(500)

    await world.apply(*(change_to(job, JobState.SUCCEEDED, world.now) for job in claimed))

    assert (await batch(world, parent.id)).run_us == 1_000


async def test_a_replayed_child_has_not_failed(world: World) -> None:
    parent, [child, *_] = await family(world)
    await end(world, child, JobState.FAILED)
    assert (await batch(world, parent.id)).failed == 1

    await world.store.jobs.replay(ReplayDead(namespace=world.namespace, ids=[child.id], now=world.now))

    assert (await batch(world, parent.id)).failed == 0


async def test_a_batch_is_due_until_it_was_looked_at(world: World) -> None:
    parent, [child, *_] = await family(world)
    assert await due(world) == [parent.id]
    assert await due(world) == []

    await end(world, child, JobState.SUCCEEDED)
    assert await due(world) == []
    await world.store.batches.fold(world.namespace, 100)
    assert await due(world) == [parent.id]
    waits = returned(world, parent)._replace(state=JobState.WAITING, reason=Reason.CHILDREN)
    await world.apply(waits)
    assert await due(world) == [parent.id]
    await end(world, await world.job(parent.id), JobState.CANCELLED)
    assert await due(world) == [parent.id]
    assert await due(world) == []


async def test_what_happens_during_a_look_makes_the_batch_due_again(world: World) -> None:
    _, [child, *_] = await family(world)
    [before] = await world.store.batches.due(world.namespace, 10)
    await end(world, child, JobState.SUCCEEDED)
    await world.store.batches.fold(world.namespace, 100)

    await world.store.batches.seen(world.namespace, [Seen(before.job_id, before.turn)])

    assert await due(world) == [before.job_id]


async def test_a_look_may_stop_and_end_a_batch_and_a_reopening_takes_it_back(world: World) -> None:
    parent, _ = await family(world)
    before = await batch(world, parent.id)
    await world.store.batches.seen(world.namespace, [Seen(parent.id, before.turn, True, world.now)])

    found = await batch(world, parent.id)
    assert (found.is_stopped, found.ended_at) == (True, world.now)
    await world.store.batches.reopen(world.namespace, [parent.id])
    found = await batch(world, parent.id)
    assert (found.is_stopped, found.ended_at) == (False, None)
    assert await due(world) == [parent.id]


async def test_a_child_that_is_there_already_is_not_counted_again(world: World) -> None:
    parent = await world.running()
    child = world.new(id="child", chosen_id=True)

    for _ in range(2):
        await adopt(world, parent, child, world.new())

    assert (await batch(world, parent.id)).total == 3


@pytest.mark.parametrize("state", sorted(FINAL))
async def test_a_job_that_has_ended_has_no_more_children(world: World, state: JobState) -> None:
    parent, child = await world.bring(state), world.new()

    with pytest.raises(ParentEnded, match=f"job {parent.id} has ended, or there is none"):
        await adopt(world, parent, child)

    assert await world.store.reads.get(world.namespace, [child.id]) == []
    assert await world.store.batches.get(world.namespace, [parent.id]) == []


async def test_children_are_listed_where_they_are(world: World) -> None:
    parent, children = await family(world, 5)
    ends = (JobState.FAILED, JobState.SUCCEEDED, JobState.TIMED_OUT)
    for child, state in zip(children, ends, strict=False):
        await end(world, child, state)

    async def listed(where: str, **fields: Any) -> list[str]:
        params = ListChildren(namespace=world.namespace, parents=[parent.id], where=where, **fields)
        return [job.id for job in await world.store.batches.children(params)]

    ids = [child.id for child in children]
    assert await listed("live") == sorted(ids[3:])
    assert await listed("dead") == sorted([ids[0], ids[2]])
    assert await listed("history") == [ids[1]]
    first, second = sorted(ids[3:])
    assert await listed("live", limit=1) == [first]
    assert await listed("live", after=first) == [second]


async def test_batches_are_listed_newest_first(world: World) -> None:
    made = []
    for _ in range(3):
        parent, _ = await family(world, 1)
        await world.claim()
        world.clock.advance(1_000)
        made.append(parent.id)

    page = await world.store.batches.page(world.namespace, limit=2)
    rest = await world.store.batches.page(world.namespace, before=(page[-1].created_at, page[-1].job_id))

    assert [each.job_id for each in page + rest] == made[::-1]


async def test_a_parent_that_returns_while_it_still_submits_waits(shared_world: World) -> None:
    world = shared_world
    async with world.another() as other:
        for _ in range(30):
            parent = await world.running()
            child = world.new()

            adopted, misses = await asyncio.gather(
                adopt(other, parent, child), world.apply(returned(world, parent)), return_exceptions=True
            )

            # Either the body had returned before, or the parent knows of the child.
            if isinstance(adopted, ParentEnded):
                assert misses == []
            else:
                assert not isinstance(misses, BaseException)
                assert [miss.has_children for miss in misses] == [True]
                await end(world, child, JobState.CANCELLED)
                await end(world, await world.job(parent.id), JobState.CANCELLED)


async def test_a_batch_goes_with_its_job(world: World) -> None:
    parent, children = await family(world, 1)
    await end(world, children[0], JobState.SUCCEEDED)
    await end(world, await world.job(parent.id), JobState.FAILED)
    before = world.now + DAY
    params = Retention(
        namespace=world.namespace,
        history_before=0,
        dead_before=before,
        sessions_before=0,
        tallies_before=0,
        now=before,
    )

    assert (await world.store.upkeep.prune(params))["dead"] == 1

    assert await world.store.batches.get(world.namespace, [parent.id]) == []
