"""LISTEN and NOTIFY: bundled, not doubled, and heard again after the connection was lost."""

from __future__ import annotations

import asyncio

import asyncpg  # type: ignore[import-untyped]

from beltline.store.hints import Hint
from beltline.store.postgres.wakeups import PostgresWakeups
from tests.conformance.world import World
from tests.drivers.postgres.inside import pool_of, store_of
from tests.waiting import eventually_async

SOON = 10.0


def wakeups_of(world: World) -> PostgresWakeups:
    return store_of(world)._hints


async def test_a_crowd_of_hints_goes_out_as_the_first_and_few_more(
    world: World, plain: asyncpg.Connection
) -> None:
    heard: list[str] = []
    first, last = asyncio.Event(), asyncio.Event()

    def hear(_connection: object, _pid: int, _channel: str, payload: str) -> None:
        heard.append(payload)
        first.set()
        if payload == Hint.REQUESTED:
            last.set()

    await plain.add_listener(pool_of(world).address.channel(world.namespace), hear)
    for _ in range(1_000):
        wakeups_of(world).fire(world.namespace, Hint.FINISHED)
    await asyncio.wait_for(first.wait(), SOON)
    assert heard == [Hint.FINISHED]

    # Closing sends what waits; the request comes after it.
    await wakeups_of(world).close()
    wakeups_of(world).fire(world.namespace, Hint.REQUESTED)
    await asyncio.wait_for(last.wait(), SOON)

    assert heard.count(Hint.FINISHED) == 2


async def test_a_hint_of_this_store_is_told_once(world: World) -> None:
    told: list[Hint] = []
    stop = await world.store.wakeups.subscribe(world.namespace, told.append)
    async with world.another() as other:
        answered = asyncio.Event()
        await other.store.wakeups.subscribe(world.namespace, lambda _: answered.set())
        await world.insert(world.new())
        await asyncio.wait_for(answered.wait(), SOON)
    # A statement there and back: whatever the server had for us came before its answer.
    await wakeups_of(world)._listener._connection.execute("SELECT 1")
    stop()

    assert told == [Hint.QUEUED]


async def test_a_lost_listener_is_made_again_and_hints_at_everything(
    world: World, plain: asyncpg.Connection
) -> None:
    told: list[Hint] = []
    all_told = asyncio.Event()

    def hear(hint: Hint) -> None:
        told.append(hint)
        if set(told) == set(Hint):
            all_told.set()

    await world.store.wakeups.subscribe(world.namespace, hear)
    lost = wakeups_of(world)._listener._connection.get_server_pid()
    await plain.execute("SELECT pg_terminate_backend($1)", lost)
    await asyncio.wait_for(all_told.wait(), SOON)
    told.clear()

    async with world.another() as other:
        await other.insert(other.new())

        async def queued_is_told() -> bool:
            return Hint.QUEUED in told

        await eventually_async(queued_is_told)


async def test_subscribing_needs_no_server(world: World) -> None:
    told = asyncio.Event()
    await world.store.close()
    wakeups = PostgresWakeups(type(pool_of(world))(pool_of(world).address))
    await wakeups.subscribe(world.namespace, lambda _: told.set())

    await wakeups.close()
