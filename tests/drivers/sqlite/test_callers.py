"""Submitting in the caller's own transaction, where sqlite3 has ways of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from beltline.core.errors import InvalidInput, StoreBusy, StoreError
from beltline.core.job import NewJob
from beltline.store.params import InsertJobs
from tests.conformance.world import World


@pytest.fixture
def own(world: World, path: Path) -> Iterator[sqlite3.Connection]:
    """A connection whose transactions the caller begins."""
    with closing(sqlite3.connect(path, isolation_level=None, timeout=0)) as connection:
        yield connection


async def submit(world: World, conn: object, *jobs: NewJob) -> None:
    await world.store.jobs.insert_with(conn, InsertJobs(namespace=world.namespace, jobs=jobs, now=world.now))


async def test_a_connection_without_a_transaction_is_refused(world: World, own: sqlite3.Connection) -> None:
    with pytest.raises(InvalidInput, match="begin one"):
        await submit(world, own, world.new())


async def test_a_connection_to_another_file_is_refused(world: World, tmp_path: Path) -> None:
    with (
        closing(sqlite3.connect(tmp_path / "other.db")) as other,
        pytest.raises(InvalidInput, match="give a connection to"),
    ):
        await submit(world, other, world.new())


async def test_a_refused_submit_leaves_the_callers_transaction_as_it_was(
    world: World, own: sqlite3.Connection
) -> None:
    known, new = world.new(), world.new()
    await world.insert(known)
    own.execute("BEGIN")
    own.execute("CREATE TABLE orders (id)")

    with pytest.raises(StoreError, match="is taken"):
        await submit(world, own, new, known)

    own.execute("COMMIT")
    assert own.execute("SELECT count(*) FROM orders").fetchone() == (0,)
    assert await world.store.reads.get(world.namespace, [new.id]) == []


async def test_two_callers_at_once_do_not_both_make_a_keyed_job(
    world: World, own: sqlite3.Connection, path: Path
) -> None:
    own.execute("BEGIN")
    await submit(world, own, world.new(idempotency_key="k"))

    with closing(sqlite3.connect(path, timeout=0)) as other, pytest.raises(StoreBusy, match="conn="):
        await submit(world, other, world.new(idempotency_key="k"))
