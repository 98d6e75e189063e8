"""A store in a schema of its own, and a plain connection to the same schema."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg  # type: ignore[import-untyped]
import pytest

from beltline.store.postgres.store import PostgresStore
from tests.clocks import FakeClock
from tests.conformance.stores import Place
from tests.conformance.world import World, opened
from tests.drivers.postgres.inside import pool_of


@pytest.fixture
async def world(postgres_schema_url: str) -> AsyncIterator[World]:
    clock = FakeClock()
    place = Place(postgres_schema_url)
    async with opened(place, clock) as store:
        yield World(place, store, clock, "here")


@pytest.fixture
async def single(world: World) -> AsyncIterator[World]:
    """The same world through a store of one connection."""
    store = PostgresStore(pool_of(world).address, clock=world.clock, pool_size=1)
    await store.open()
    yield World(world.place, store, world.clock, world.namespace)
    await store.close()


@pytest.fixture
async def plain(world: World) -> AsyncIterator[asyncpg.Connection]:
    """A connection that is set up as the store's own are."""
    connection = await pool_of(world).connection()
    yield connection
    await connection.close()
