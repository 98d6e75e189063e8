"""A store in memory begins as a copy, and is a store of its own all the same."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from beltline.store.sqlite import image
from beltline.store.sqlite.connection import connect
from beltline.store.sqlite.migrations import MIGRATIONS, migrate

URL = "sqlite:///:memory:"


def begun(now: int) -> sqlite3.Connection:
    connection = connect(None)
    image.begin(connection, now=now)
    return connection


def schema(connection: sqlite3.Connection) -> list[tuple[str]]:
    return connection.execute("SELECT sql FROM sqlite_master ORDER BY name").fetchall()


def test_the_copy_has_the_schema_of_a_migrated_store() -> None:
    with closing(begun(5)) as copy, closing(connect(None)) as migrated:
        migrate(migrated, allowed=True, url=URL, now=5)

        assert schema(copy) == schema(migrated)
        notes = "SELECT number, name, checksum, breaking, applied_at FROM migrations ORDER BY number"
        assert copy.execute(notes).fetchall() == migrated.execute(notes).fetchall()
        assert copy.execute("SELECT count(*) FROM migrations").fetchone() == (len(MIGRATIONS),)


def test_each_copy_has_an_identity_of_its_own() -> None:
    with closing(begun(1)) as first, closing(begun(1)) as second:
        assert (
            first.execute("SELECT id FROM identity").fetchone()
            != second.execute("SELECT id FROM identity").fetchone()
        )


def test_what_one_copy_stores_is_in_no_other() -> None:
    with closing(begun(1)) as first:
        first.execute("INSERT INTO migrations VALUES (999, 'mine', '', 0, 1)")
        with closing(begun(1)) as second:
            assert second.execute("SELECT 1 FROM migrations WHERE number = 999").fetchone() is None


@pytest.mark.parametrize("size", [4_096, 8_192])
def test_a_copy_grows_beyond_the_bytes_it_began_with(size: int) -> None:
    with closing(begun(1)) as copy:
        copy.execute("CREATE TABLE large (bytes BLOB)")
        copy.executemany("INSERT INTO large VALUES (?)", [(b"x" * size,)] * 1_000)
        assert copy.execute("SELECT sum(length(bytes)) FROM large").fetchone() == (1_000 * size,)
