"""`audit`: a chain in which no entry can be altered, removed or moved unseen."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from beltline.core.audit import GENESIS, chain_hash
from beltline.store.params import AuditEntry, AuditRow
from tests.conformance.world import World


def verifies(namespace: str, rows: Sequence[AuditRow]) -> bool:
    """Say whether the rows are a chain from its very beginning."""
    previous = GENESIS
    for row in rows:
        fields = (row.actor, row.action, row.target, row.reason, row.before, row.after)
        expected = chain_hash(previous, namespace, row.seq, row.at, fields)
        if (row.prev_hash, row.hash) != (previous, expected):
            return False
        previous = row.hash
    return [row.seq for row in rows] == list(range(1, len(rows) + 1))


def entries(count: int, actor: str = "ann") -> list[AuditEntry]:
    return [
        AuditEntry(
            actor=actor,
            action="job.cancel",
            target=f"job/{n}",
            reason="größer",
            before='{"a":1}',
            after='{"a":2}',
        )
        for n in range(count)
    ]


async def chain(world: World) -> list[AuditRow]:
    return await world.store.audit.page(world.namespace)


async def test_the_chain_verifies_over_many_appends(world: World) -> None:
    for size in (1, 3, 0, 5):
        world.clock.advance(7)
        await world.store.audit.append(world.namespace, entries(size), world.now)

    rows = await chain(world)

    assert verifies(world.namespace, rows)
    assert len(rows) == 9


async def test_an_entry_reads_back_as_it_was_written(world: World) -> None:
    (entry,) = entries(1)

    await world.store.audit.append(world.namespace, [entry], world.now)

    (row,) = await chain(world)
    assert (row.seq, row.at, row.prev_hash) == (1, world.now, GENESIS)
    assert AuditEntry(**{name: getattr(row, name) for name in AuditEntry.__slots__}) == entry


async def test_no_entries_are_no_link(world: World) -> None:
    await world.store.audit.append(world.namespace, [], world.now)

    assert await chain(world) == []


@pytest.mark.parametrize("field", ["actor", "action", "target", "reason", "before", "after", "at"])
async def test_an_altered_entry_is_seen(world: World, field: str) -> None:
    await world.store.audit.append(world.namespace, entries(3), world.now)
    rows = await chain(world)
    forged: dict[str, Any] = {field: rows[1].at + 1 if field == "at" else "forged"}

    rows[1] = rows[1]._replace(**forged)

    assert not verifies(world.namespace, rows)


async def test_a_removed_or_moved_entry_is_seen(world: World) -> None:
    await world.store.audit.append(world.namespace, entries(3), world.now)
    first, second, third = await chain(world)

    assert verifies(world.namespace, [first, second, third])
    assert not verifies(world.namespace, [first, third])
    assert not verifies(world.namespace, [second, third])
    assert not verifies(world.namespace, [first, third, second])


async def test_the_chain_is_read_in_pages(world: World) -> None:
    await world.store.audit.append(world.namespace, entries(10), world.now)

    first = await world.store.audit.page(world.namespace, limit=4)
    rest = await world.store.audit.page(world.namespace, after=first[-1].seq)

    assert len(first) == 4
    assert [*first, *rest] == await chain(world)


async def test_each_namespace_has_a_chain_of_its_own(world: World) -> None:
    other = f"{world.namespace}-b"
    for namespace in (world.namespace, other, world.namespace):
        await world.store.audit.append(namespace, entries(2), world.now)

    assert verifies(world.namespace, await chain(world))
    assert [row.seq for row in await world.store.audit.page(other)] == [1, 2]


async def test_appends_at_once_make_one_chain(world: World) -> None:
    await asyncio.gather(
        *(world.store.audit.append(world.namespace, entries(3, f"actor-{n}"), world.now) for n in range(8))
    )

    rows = await chain(world)

    assert verifies(world.namespace, rows)
    assert len(rows) == 24


async def test_appends_from_several_connections_make_one_chain(shared_world: World) -> None:
    world = shared_world
    async with world.another() as second, world.another() as third:
        await asyncio.gather(
            *(
                each.store.audit.append(world.namespace, entries(2, f"actor-{n}"), world.now)
                for n in range(6)
                for each in (world, second, third)
            )
        )

    rows = await chain(world)
    assert verifies(world.namespace, rows)
    assert len(rows) == 36
