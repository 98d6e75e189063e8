"""Ways into a store that only the driver's own tests use."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from beltline.store.sqlite.gates import InlineGate
from beltline.store.sqlite.store import SqliteStore
from beltline.store.sqlite.transaction import Gate
from tests.conformance.world import World


def gate_of(world: World) -> Gate:
    return cast("SqliteStore", world.store)._gate


def connection_of(inline: World) -> sqlite3.Connection:
    """Return the only connection of a store that runs in place."""
    connection = cast("InlineGate", gate_of(inline))._connection
    assert connection is not None
    return connection


class Counts:
    """What SQLite did: statements begun, and steps of its virtual machine in tens."""

    def __init__(self) -> None:
        self.statements: list[str] = []
        self.tens = 0

    def ten_more(self) -> int:
        self.tens += 1
        return 0


@contextmanager
def counted(inline: World) -> Iterator[Counts]:
    """Count what SQLite does meanwhile."""
    connection = connection_of(inline)
    counts = Counts()
    connection.set_trace_callback(counts.statements.append)
    connection.set_progress_handler(counts.ten_more, 10)
    try:
        yield counts
    finally:
        connection.set_trace_callback(None)
        connection.set_progress_handler(None, 0)
