"""Entries of rows that are gone: seen, removed by one process at a time, and let be where they cannot go."""

from __future__ import annotations

from random import Random
from typing import Final

import asyncpg  # type: ignore[import-untyped]

from beltline.config import RetentionConfig
from beltline.core.clock import MINUTE
from beltline.runtime.rescuer import Rescuer
from beltline.runtime.upkeep import Upkeep
from tests.conformance.world import World
from tests.drivers.postgres.inside import pool_of
from tests.waiting import eventually_async

ROWS: Final = 500
REWRITES: Final = 210


async def leave_dead_entries(world: World, connection: asyncpg.Connection) -> None:
    """Rewrite some rows so often that a vacuum is due; autovacuum leaves them alone."""
    await connection.execute("ALTER TABLE jobs SET (autovacuum_enabled = off)")
    await world.insert(*(world.new() for _ in range(ROWS)))
    for _ in range(REWRITES):
        await connection.execute("UPDATE jobs SET priority = priority + 1, order_key = order_key + 1")
    await connection.execute("SELECT pg_stat_force_next_flush()")


async def is_due(world: World) -> bool:
    return (await world.store.upkeep.agenda(world.namespace, world.now)).vacuum


async def dead(connection: asyncpg.Connection) -> int:
    return int(await connection.fetchval("SELECT pg_stat_get_dead_tuples('jobs'::regclass)"))


async def test_many_dead_entries_are_seen_and_removed(world: World, plain: asyncpg.Connection) -> None:
    assert not await is_due(world)
    await leave_dead_entries(world, plain)

    assert await is_due(world)
    assert await world.store.upkeep.vacuum()
    assert await dead(plain) == 0
    assert not await is_due(world)


async def test_any_worker_sees_to_it(world: World, plain: asyncpg.Connection) -> None:
    await leave_dead_entries(world, plain)
    chance = Random(1)
    rescuer = Rescuer(
        world.store,
        world.namespace,
        clock=world.clock,
        random=chance,
        own=lambda: "",
        is_gone=lambda _: False,
    )
    upkeep = Upkeep(
        world.store,
        world.namespace,
        retention=RetentionConfig(),
        rescuer=rescuer,
        rescue_s=600.0,
        random=chance,
    )
    loops = [loop for loop in upkeep.loops if loop.name in {"lookout", "vacuum"}]
    for loop in loops:
        loop.start()
    try:

        async def is_removed() -> bool:
            return await dead(plain) == 0

        await eventually_async(is_removed)
    finally:
        for loop in loops:
            await loop.stop()


async def test_one_process_vacuums_at_a_time(world: World, plain: asyncpg.Connection) -> None:
    await leave_dead_entries(world, plain)
    lock = pool_of(world).address.number("vacuum")
    await plain.execute("SELECT pg_advisory_lock($1)", lock)

    assert not await world.store.upkeep.vacuum()
    assert await dead(plain) > 0

    await plain.execute("SELECT pg_advisory_unlock($1)", lock)
    assert await world.store.upkeep.vacuum()
    assert await dead(plain) == 0


async def test_what_an_open_transaction_may_see_is_tried_again_after_a_minute(
    world: World, plain: asyncpg.Connection
) -> None:
    reader = await pool_of(world).connection()
    async with reader.transaction(isolation="repeatable_read"):
        await reader.fetchval("SELECT count(*) FROM jobs")
        await leave_dead_entries(world, plain)
        assert await is_due(world)
        await world.store.upkeep.vacuum()
        assert await dead(plain) > 0

        assert not await is_due(world)
        world.clock.advance(MINUTE)
        assert await is_due(world)

        facts = await world.store.facts()
        assert int(facts["dead_rows"]) > ROWS * REWRITES // 2

        async def is_oldest() -> bool:
            # Those of other tests end soon.
            oldest = (await world.store.facts())["oldest_transaction"]
            return oldest.split(" ", 1)[0] == str(reader.get_server_pid())

        await eventually_async(is_oldest)
    await reader.close()


async def test_who_does_not_own_the_table_leaves_it_to_those_who_do(
    world: World, plain: asyncpg.Connection
) -> None:
    await leave_dead_entries(world, plain)
    role = f"other_{world.namespace}".replace("-", "_")
    await plain.execute(f'CREATE ROLE "{role}"')
    try:
        async with plain.transaction():
            schema = pool_of(world).address.schema
            await plain.execute(f'GRANT USAGE ON SCHEMA "{schema}" TO "{role}"')
            await plain.execute(f'SET LOCAL ROLE "{role}"')
            begun = pool_of(world).text("vacuum_begin")
            assert await plain.fetchval(begun, 1) is None
    finally:
        await plain.execute(f'DROP OWNED BY "{role}"')
        await plain.execute(f'DROP ROLE "{role}"')
