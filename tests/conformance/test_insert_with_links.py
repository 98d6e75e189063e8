"""`jobs.insert_with` of jobs that are tied to others: all is there with the caller's commit, or nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from beltline.core.errors import ParentEnded, PrerequisiteCycle, PrerequisiteUnknown
from beltline.core.job import NewJob
from beltline.core.prerequisites import Edge, Unknown
from beltline.core.reasons import Reason
from beltline.core.states import JobState
from beltline.store.batches import Family
from beltline.store.edges import Waits
from beltline.store.params import Inserted, Insertion, InsertJobs
from tests.conformance.linking import dependent, edge, end, release, standing, waiting
from tests.conformance.stores import CALLERS, Caller, caller
from tests.conformance.world import World

pytestmark = pytest.mark.parametrize("kind", CALLERS)


async def insert(
    world: World,
    own: Caller,
    jobs: Sequence[NewJob],
    edges: Sequence[Edge] = (),
    *,
    unknown: Unknown = Unknown.WAIT,
    parent: str | None = None,
) -> list[Inserted]:
    params = InsertJobs(
        namespace=world.namespace,
        jobs=jobs,
        now=world.now,
        waits=Waits(edges=edges, unknown={job.id: unknown for job in jobs}),
        family=None if parent is None else Family(parent=parent),
    )
    return await world.store.jobs.insert_with(own.conn, params)


async def test_a_job_waits_from_the_commit_on(shared_world: World, kind: str) -> None:
    world = shared_world
    first, second = world.new(), waiting(world)
    await world.insert(first)
    async with caller(world.place, kind) as own:
        await insert(world, own, [second], [edge(second, first)])
        assert await world.store.edges.dependents(world.namespace, first.id) == []
        await own.commit()

    assert await standing(world, second) == (JobState.WAITING, Reason.PREREQUISITES)
    await end(world, first, JobState.SUCCEEDED)
    await release(world)
    assert await standing(world, second) == (JobState.QUEUED, Reason.DUE)


async def test_a_prerequisite_that_ends_meanwhile_strands_nobody(shared_world: World, kind: str) -> None:
    world = shared_world
    first, second = world.new(), waiting(world)
    await world.insert(first)
    async with caller(world.place, kind) as own:
        await insert(world, own, [second], [edge(second, first)])
        ending = asyncio.create_task(end(world, first, JobState.SUCCEEDED))
        await own.commit()
        await ending
    await release(world)

    assert (await standing(world, second))[0] is JobState.QUEUED


async def test_nothing_ties_jobs_after_a_rollback(shared_world: World, kind: str) -> None:
    world = shared_world
    parent = await world.running()
    first, second = world.new(), waiting(world)
    await world.insert(first)
    async with caller(world.place, kind) as own:
        await insert(world, own, [second], [edge(second, first)], parent=parent.id)
        await own.roll_back()

    assert await world.store.edges.dependents(world.namespace, first.id) == []
    assert await world.store.batches.get(world.namespace, [parent.id]) == []


async def test_prerequisites_that_ended_or_are_to_come_count_alike(shared_world: World, kind: str) -> None:
    world = shared_world
    ended = await world.bring(JobState.SUCCEEDED)
    ready, later = waiting(world), waiting(world)
    async with caller(world.place, kind) as own:
        await insert(world, own, [ready, later], [edge(ready, ended.id), edge(later, "to-come")])
        await own.commit()
    await release(world)

    assert (await standing(world, ready))[0] is JobState.QUEUED
    [found] = await world.store.edges.page(world.namespace, later.id)
    assert found.unknown_at is not None
    await world.insert(world.new(id="to-come", chosen_id=True))
    [found] = await world.store.edges.page(world.namespace, later.id)
    assert found.unknown_at is None


async def test_what_comes_by_a_caller_is_known_to_those_that_wait_for_it(
    shared_world: World, kind: str
) -> None:
    world = shared_world
    first = await dependent(world, "to-come")
    other, after = world.new(), waiting(world, id="to-come", chosen_id=True)
    await world.insert(other)
    async with caller(world.place, kind) as own:
        await insert(world, own, [after], [edge(after, other)])
        await own.commit()

    [found] = await world.store.edges.page(world.namespace, first.id)
    assert found.unknown_at is None


async def test_what_is_refused_leaves_the_callers_transaction_as_it_was(
    shared_world: World, kind: str
) -> None:
    world = shared_world
    before = await dependent(world, "ring")
    ring = waiting(world, id="ring", chosen_id=True)
    unknown, child, good = waiting(world), world.new(), world.new()
    async with caller(world.place, kind) as own:
        with pytest.raises(PrerequisiteCycle) as cycle:
            await insert(world, own, [ring], [edge(ring, before)])
        with pytest.raises(PrerequisiteUnknown):
            await insert(world, own, [unknown], [edge(unknown, "nobody")], unknown=Unknown.REFUSE)
        with pytest.raises(ParentEnded):
            await insert(world, own, [child], parent="nobody")
        await insert(world, own, [good])
        await own.commit()

    assert set(cycle.value.path) == {"ring", before.id}
    found = await world.store.reads.get(world.namespace, ["ring", unknown.id, child.id, good.id])
    assert [job.id for job in found] == [good.id]


async def test_children_of_a_caller_are_counted(shared_world: World, kind: str) -> None:
    world = shared_world
    parent = await world.running()
    children = [world.new(), world.new(id="named", chosen_id=True)]
    async with caller(world.place, kind) as own:
        await insert(world, own, children, parent=parent.id)
        answers = await insert(world, own, [children[1]], parent=parent.id)
        await own.commit()

    [batch] = await world.store.batches.get(world.namespace, [parent.id])
    found = await world.store.reads.get(world.namespace, [job.id for job in children])
    assert answers == [Inserted("named", Insertion.EXISTING)]
    assert (batch.total, batch.open) == (2, 2)
    assert [(job.parent, job.root) for job in found] == [(parent.id, parent.id)] * 2
