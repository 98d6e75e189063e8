"""The counts that were appended before deltas lay by namespace, or that an older program appends."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from beltline.core.clock import SystemClock
from beltline.store.sqlite import migrations
from beltline.store.sqlite.migrations import MIGRATIONS
from beltline.store.sqlite.store import SqliteStore

# As statements wrote it before 0028_deltas_by_namespace.sql.
APPEND = """
    INSERT INTO deltas (namespace, minute, definition, queue, event, jobs, run_us, wait_us)
    VALUES (?, 60000000, 'pay', 'q', 'submitted', ?, 0, 0)
"""


async def counted(path: Path, *, fold: bool) -> dict[str, int]:
    """Return how many jobs were submitted in each namespace."""
    store = SqliteStore(str(path), clock=SystemClock())
    await store.open()
    if fold:
        await store.upkeep.fold("n", 2)
    found = {name: await store.upkeep.tallies(name, since=0, until=1 << 60) for name in "mn"}
    await store.close()
    return {name: sum(tally.jobs for tally in tallies) for name, tallies in found.items()}


async def test_counts_that_were_there_before_are_kept_by_the_migration(path: Path) -> None:
    moving = next(step for step in MIGRATIONS if step.name == "0028_deltas_by_namespace")
    with closing(sqlite3.connect(path)) as connection:
        connection.create_function("payload_hash_of", 1, migrations._payload_hash_of, deterministic=True)
        for step in MIGRATIONS[: MIGRATIONS.index(moving)]:
            connection.executescript(step.sql)
        connection.executemany(APPEND, [("n", 1), ("m", 2), ("n", 3)])
        connection.executescript(moving.sql)
        found = connection.execute("SELECT namespace, id, jobs FROM deltas").fetchall()

    assert found == [("m", 2, 2), ("n", 1, 1), ("n", 3, 3)]


async def test_counts_that_an_older_program_appends_are_folded(path: Path) -> None:
    assert await counted(path, fold=False) == {"m": 0, "n": 0}
    with closing(sqlite3.connect(path)) as connection:
        connection.executemany(APPEND, [("n", 1), ("m", 2), ("n", 3)])
        connection.commit()

    assert await counted(path, fold=True) == {"m": 2, "n": 4}
