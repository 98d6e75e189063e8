"""Stores with one fault each in what links jobs, to prove that the simulation finds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final, cast

from beltline.core.batch import Batch
from beltline.core.prerequisites import Edge
from beltline.store.batches import BatchStore, Seen
from beltline.store.contract import JobStore, Store
from beltline.store.edges import EdgeStore, Waits
from beltline.store.params import ApplyChanges, Inserted, InsertJobs, Miss
from beltline.store.sqlite.store import SqliteStore
from beltline.store.workflows import Signal, WorkflowStore
from tests.simulation.broken import Instead


def releases_nothing(store: Store) -> Store:
    """Says that nothing is left to release: only what a settlement itself lets go on goes on."""

    async def release(namespace: str, now: int, limit: int) -> int:
        return 0

    return cast("Store", Instead(store, edges=cast("EdgeStore", Instead(store.edges, release=release))))


def forgets_who_ended(store: Store) -> Store:
    """Loses, before each release, the notes of what ended."""

    async def release(namespace: str, now: int, limit: int) -> int:
        gate = cast("SqliteStore", store)._gate
        await gate.write(lambda transaction: transaction.connection.execute("DELETE FROM settled").close())
        return await store.edges.release(namespace, now, limit)

    return cast("Store", Instead(store, edges=cast("EdgeStore", Instead(store.edges, release=release))))


def stores_one_edge_less(store: Store) -> Store:
    """Stores what jobs wait for but for one part of it."""

    async def insert(params: InsertJobs) -> list[Inserted]:
        edges = params.waits.edges
        most: int = max((edge.part for edge in edges), default=0)
        kept: Sequence[Edge] = [edge for edge in edges if edge.part < most] or edges
        return await store.jobs.insert(replace(params, waits=Waits(edges=kept, unknown=params.waits.unknown)))

    return cast("Store", Instead(store, jobs=cast("JobStore", Instead(store.jobs, insert=insert))))


def makes_children_anew(store: Store) -> Store:
    """Stores children under other ids each time: a body that runs again has them twice."""
    count = 0

    async def insert(params: InsertJobs) -> list[Inserted]:
        nonlocal count
        if params.family is None or params.family.kind != "batch":
            return await store.jobs.insert(params)
        count += 1
        jobs = [job._replace(id=f"{job.id[:-4]}{count:04}", chosen_id=False) for job in params.jobs[:1]]
        return await store.jobs.insert(replace(params, jobs=[*jobs, *params.jobs[1:]]))

    return cast("Store", Instead(store, jobs=cast("JobStore", Instead(store.jobs, insert=insert))))


def sees_too_far(store: Store) -> Store:
    """Notes batches as seen in turns that are to come."""

    async def seen(namespace: str, looks: Sequence[Seen]) -> None:
        await store.batches.seen(namespace, [look._replace(turn=look.turn + 1) for look in looks])

    return cast("Store", Instead(store, batches=cast("BatchStore", Instead(store.batches, seen=seen))))


def miscounts_the_open(store: Store) -> Store:
    """Shows batches with one child that ended more than there are."""

    async def due(namespace: str, limit: int) -> list[Batch]:
        found = await store.batches.due(namespace, limit)
        return [each._replace(succeeded=each.succeeded + 1) if each.open else each for each in found]

    return cast("Store", Instead(store, batches=cast("BatchStore", Instead(store.batches, due=due))))


def ends_parents_with_their_bodies(store: Store) -> Store:
    """Tells a body that returned that it has no children."""

    async def apply(params: ApplyChanges) -> list[Miss]:
        misses = await store.jobs.apply(params)
        parents = {miss.id for miss in misses if miss.has_children}
        again = [
            change._replace(paused_from=None, from_state=change.from_state)
            for change in params.changes
            if change.id in parents
        ]
        if not again:
            return misses
        gate = cast("SqliteStore", store)._gate
        sql = "DELETE FROM batches WHERE job_id = ?"
        for job_id in sorted(parents):
            await gate.write(lambda transaction, job_id=job_id: transaction.connection.execute(sql, [job_id]))  # type: ignore[misc]
        await store.jobs.apply(replace(params, changes=again))
        return [miss for miss in misses if miss.id not in parents]

    return cast("Store", Instead(store, jobs=cast("JobStore", Instead(store.jobs, apply=apply))))


def loses_signals(store: Store) -> Store:
    """Shows each signal to nobody."""

    async def signals(namespace: str, job_id: str) -> list[Signal]:
        await store.workflows.signals(namespace, job_id)
        return []

    return cast(
        "Store", Instead(store, workflows=cast("WorkflowStore", Instead(store.workflows, signals=signals)))
    )


BROKEN_LINKS: Final = MappingProxyType(
    {
        broken.__name__: broken
        for broken in (
            releases_nothing,
            forgets_who_ended,
            stores_one_edge_less,
            makes_children_anew,
            sees_too_far,
            miscounts_the_open,
            ends_parents_with_their_bodies,
            loses_signals,
        )
    }
)
