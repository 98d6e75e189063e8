"""Ways into a store that only the driver's own tests use."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any, cast

import asyncpg  # type: ignore[import-untyped]

from beltline.store.postgres.connection import Pool
from beltline.store.postgres.store import PostgresStore
from tests.conformance.world import World


def store_of(world: World) -> PostgresStore:
    return cast("PostgresStore", world.store)


def pool_of(world: World) -> Pool:
    return store_of(world)._pool


@asynccontextmanager
async def counted(single: World) -> AsyncIterator[list[str]]:
    """Collect the statements that a store of one connection runs meanwhile, hints left out."""
    statements: list[str] = []

    def note(record: asyncpg.connection.LoggedQuery) -> None:
        if "pg_notify" not in record.query:
            statements.append(record.query)

    async with pool_of(single)._slots:
        (idle,) = pool_of(single)._idle
    idle.raw.add_query_logger(note)
    try:
        yield statements
        # asyncpg tells in the loop's next turn.
        await asyncio.sleep(0)
    finally:
        idle.raw.remove_query_logger(note)


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Return every node of a plan in JSON."""
    yield plan
    for child in plan.get("Plans", ()):
        yield from nodes(child)


def literal(value: object) -> str:
    """Return a value as EXECUTE takes it: arrays as texts, so that the statement says of what."""
    if isinstance(value, list | tuple):
        return f"'{{{','.join(map(_element, value))}}}'"
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'"
    return str(value) if isinstance(value, int) else "NULL" if value is None else f"'{value}'"


def _element(value: object) -> str:
    if isinstance(value, bytes):
        return f'"\\\\x{value.hex()}"'
    return str(value) if isinstance(value, int | float) else "NULL" if value is None else f'"{value}"'
