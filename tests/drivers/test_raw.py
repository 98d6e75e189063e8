"""The yardstick drains what it inserts, on either database, and leaves nothing behind."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg

from beltline.proof.raw import raw_drain, raw_insert_sqlite, raw_statements


async def test_the_yardstick_drains_a_postgresql_and_removes_its_tables(postgres_schema_url: str) -> None:
    assert await raw_drain(postgres_schema_url, 1_200) > 0

    with psycopg.connect(postgres_schema_url.partition("?")[0]) as connection:
        found = connection.execute("SELECT count(*) FROM pg_tables WHERE tablename LIKE 'raw%'").fetchone()
    assert found == (0,)


async def test_the_yardstick_drains_a_file_of_its_own_beside_the_store(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'belt.db'}"

    assert await raw_drain(url, 1_200) > 0
    assert raw_insert_sqlite(url, 1_200) > 0

    assert os.listdir(tmp_path) == []  # noqa: PTH208 - a test's own folder, read at its end


def test_both_dialects_have_the_same_steps() -> None:
    steps = {"create", "insert", "claim", "settle", "drop"}

    assert steps <= raw_statements("postgres").keys()
    assert steps - {"drop"} <= raw_statements("sqlite").keys()
