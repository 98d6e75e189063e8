from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from beltline.core.errors import Unsupported
from beltline.store.sqlite.connection import require_version
from beltline.store.sqlite.transaction import Transaction
from tests.conformance.world import World
from tests.drivers.sqlite.inside import connection_of, gate_of

SETTINGS = {
    "journal_mode": "wal",
    "synchronous": 2,  # FULL
    "busy_timeout": 5_000,
    "page_size": 8_192,
    "temp_store": 2,  # MEMORY
    "wal_autocheckpoint": 8_000,
}


def settings(transaction: Transaction) -> dict[str, Any]:
    run = transaction.connection.execute
    return {name: run(f"PRAGMA {name}").fetchone()[0] for name in SETTINGS}


async def test_the_writer_is_as_safe_as_sqlite_can_be(world: World) -> None:
    assert await gate_of(world).write(settings) == SETTINGS


async def test_a_reader_is_set_up_like_the_writer_and_cannot_write(world: World) -> None:
    gate = gate_of(world)

    assert await gate.read(settings) == SETTINGS
    assert await gate.read(lambda reader: reader.connection.execute("PRAGMA query_only").fetchone()[0]) == 1


async def test_a_store_in_place_is_set_up_like_one_on_threads(inline: World) -> None:
    assert settings(Transaction(connection_of(inline))) == SETTINGS


def test_an_sqlite_without_returning_is_refused() -> None:
    with pytest.raises(Unsupported, match=r"3\.35\.0"):
        require_version((3, 34, 1))


def test_the_oldest_sqlite_with_returning_will_do() -> None:
    require_version((3, 35, 0))
    require_version(sqlite3.sqlite_version_info)
