"""The groups of letters that were dead before there were groups, or that an older program writes."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from beltline.core.clock import SystemClock
from beltline.core.failure import failure
from beltline.store.dead_letters import ListGroups
from beltline.store.sqlite.migrations import MIGRATIONS
from beltline.store.sqlite.store import SqliteStore

# As statements wrote it before 0009_dead_groups.sql.
DIE = """
    INSERT INTO dead (namespace, id, definition, version, queue, state, reason, priority, payload,
        payload_hash, created_at, finished_at, fence, runs, attempts_used, crashes, max_attempts, error)
    VALUES ('n', ?, 'pay', '1', 'q', 'failed', 'not_retryable', 0, '{}', '', 1, 1, 1, 1, 1, 0, 5, ?)
"""
ERROR = failure("E", "no paper")


async def groups_of(path: Path) -> dict[str, int]:
    store = SqliteStore(str(path), clock=SystemClock())
    await store.open()
    page = await store.dead_letters.groups(ListGroups(namespace="n"))
    await store.close()
    return {group.fingerprint: group.letters for group in page.items}


async def test_letters_that_were_there_before_are_grouped_by_the_migration(path: Path) -> None:
    grouping = next(step for step in MIGRATIONS if step.name == "0009_dead_groups")
    with closing(sqlite3.connect(path)) as connection:
        for step in MIGRATIONS[: MIGRATIONS.index(grouping)]:
            connection.executescript(step.sql)
        for job_id, error in (("a", ERROR), ("b", ERROR), ("c", None), ("d", b"{}")):
            connection.execute(DIE, (job_id, error))
        connection.executescript(grouping.sql)
        found = connection.execute("SELECT fingerprint, count(*) FROM dead GROUP BY 1").fetchall()

    assert dict(found) == {_print(): 2, "not_retryable": 2}


async def test_letters_that_an_older_program_writes_are_seen(path: Path) -> None:
    assert await groups_of(path) == {}
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(DIE, ("a", ERROR))
        connection.commit()

    assert await groups_of(path) == {"unknown": 1}


def _print() -> str:
    return ERROR.split(b'"fingerprint":"')[1][:12].decode()
