"""A step in the body's own transaction, with the drivers' own connections, on the stores that take them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import psycopg
import pytest

from beltline.core.clock import SystemClock
from beltline.core.errors import BeltlineError
from beltline.core.retry import Retry
from beltline.definitions.context import Context
from beltline.definitions.sync_context import SyncContext
from beltline.store.open import store_from_url
from tests.client.callers import SERVER_KINDS, dsn_of, file_of
from tests.runtime.bodies import AT_ONCE
from tests.runtime.works import Works

ONE_ATTEMPT = Retry(max_attempts=1)


def square(conn: object, number: int) -> int:
    assert conn is not None
    return number * number


async def square_later(conn: object, number: int) -> int:
    return square(conn, number)


async def run(url: str, define: Callable[..., Any]) -> tuple[bytes | None, list[str]]:
    """Run the one job that `define` makes; return its result and the steps it remembers."""
    store = store_from_url(url, clock=SystemClock())
    await store.open(migrate=True)
    works = Works(store)
    async with works.belt.on(store, works.namespace):
        job = await works.belt.job(retry=AT_ONCE)(define).submit()
        await works.until_idle()
        rows = await store.steps.load(works.namespace, [job.id])
        done = await works.job(job.id)
    await store.close()
    return done.result, [row.name for row in rows]


async def test_a_thread_joins_with_its_sqlite_connection(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/beltline.db"

    def body(ctx: SyncContext) -> int:
        with closing(sqlite3.connect(file_of(url), isolation_level=None)) as conn:
            found = 0
            for end in ("ROLLBACK", "COMMIT"):
                conn.execute("BEGIN IMMEDIATE")
                found = ctx.step_in(conn, f"square-{end}", square, 7)
                conn.execute(end)
        if ctx.run == 1:
            raise LookupError("again")
        return found

    result, steps = await run(url, body)

    assert (result, steps) == (b"49", ["square-COMMIT"])


async def test_a_coroutine_joins_with_its_asyncpg_connection(postgres_schema_url: str) -> None:
    async def body(ctx: Context) -> int:
        conn = await asyncpg.connect(dsn_of(postgres_schema_url))
        async with conn.transaction():
            found = await ctx.step_in(conn, "square", square_later, 7)
        await conn.close()
        if ctx.run == 1:
            raise LookupError("again")
        return found

    assert await run(postgres_schema_url, body) == (b"49", ["square"])


async def test_a_thread_joins_with_its_psycopg_connection(postgres_schema_url: str) -> None:
    def body(ctx: SyncContext) -> int:
        with psycopg.connect(dsn_of(postgres_schema_url)) as conn:
            return ctx.step_in(conn, "square", square, 7)

    assert await run(postgres_schema_url, body) == (b"49", ["square"])


@pytest.mark.parametrize(
    "kind", ["server-asyncpg", "server-psycopg-async", "server-sqlalchemy-async-session"]
)
async def test_a_thread_cannot_join_with_an_asynchronous_connection(
    postgres_schema_url: str, kind: str
) -> None:
    caught: list[str] = []

    async with SERVER_KINDS[kind](postgres_schema_url) as own:

        def body(ctx: SyncContext) -> None:
            try:
                ctx.step_in(own.conn, "square", square, 7)
            except BeltlineError as error:
                caught.append(error.code)

        await run(postgres_schema_url, body)
        # It was refused before anything was sent: the connection is as its owner left it.
        await own.commit()

    assert caught == ["unsupported"]


async def test_a_store_in_memory_has_no_connection_to_join_with(works: Works) -> None:
    caught: list[str] = []

    @works.belt.job(retry=ONE_ATTEMPT)
    def body(ctx: SyncContext) -> None:
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as conn:
            conn.execute("BEGIN")
            try:
                ctx.step_in(conn, "square", square, 7)
            except BeltlineError as error:
                caught.append(error.code)
            conn.execute("ROLLBACK")

    await body.submit()
    await works.until_idle()

    assert caught == ["invalid_input"]
