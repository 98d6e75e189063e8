"""An app of bodies that run on the worker's loop and in its threads, until they are suspect."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]

from beltline import Beltline, Context, SyncContext
from beltline.core.retry import Retry
from tests.client.callers import dsn_of, file_of

belt = Beltline()


@belt.job
async def follows(by: int) -> int:
    return by


@belt.job
async def on_the_loop(ctx: Context) -> int:
    ctx.log.info("begun")
    await follows.submit(os.getpid())
    return os.getpid()


@belt.job
def in_a_thread(ctx: SyncContext) -> int:
    follows.submit_sync(os.getpid())
    return os.getpid()


@belt.job
def waits_for(file: str) -> None:
    while not Path(file).exists():
        threading.Event().wait(0.01)


@belt.job
async def kills_its_process(ctx: Context) -> None:
    os._exit(3)


def number(conn: object) -> int:
    return 7


async def number_later(conn: object) -> int:
    return 7


@belt.job(mode="process", retry=Retry(max_attempts=1))
def joins_with_sqlite(ctx: SyncContext) -> int:
    with closing(sqlite3.connect(file_of(belt.url), isolation_level=None)) as conn:
        found = 0
        for name, end in (("undone", "ROLLBACK"), ("done", "COMMIT")):
            conn.execute("BEGIN IMMEDIATE")
            found = ctx.step_in(conn, name, number)
            conn.execute(end)
    return found


@belt.job(mode="process", retry=Retry(max_attempts=1))
async def joins_with_postgres(ctx: Context) -> int:
    conn = await asyncpg.connect(dsn_of(belt.url))
    async with conn.transaction():
        found = await ctx.step_in(conn, "done", number_later)
    await conn.close()
    return found
