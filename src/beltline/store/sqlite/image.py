"""A database in memory begins as a copy of one that was migrated once: 3 ms in place of 30."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from functools import cache

from beltline.store.sqlite.connection import connect
from beltline.store.sqlite.migrations import migrate
from beltline.store.sqlite.transaction import Transaction


def begin(connection: sqlite3.Connection, *, now: int) -> None:
    """Make an empty database in memory up to date, with an identity of its own.

    Does nothing where SQLite is too old to give its bytes (before 3.36): its migrations follow anyway.
    """
    if not hasattr(connection, "serialize"):
        return
    with closing(connect(None)) as source:
        source.deserialize(_migrated())
        source.backup(connection)
    transaction = Transaction(connection)
    transaction.run("identity_new")
    transaction.run("migrations_dated", {"now": now})


@cache
def _migrated() -> bytes:
    with closing(connect(None)) as connection:
        migrate(connection, allowed=True, url="sqlite:///:memory:", now=0)
        return connection.serialize()
