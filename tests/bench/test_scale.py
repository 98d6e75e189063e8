from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from bench.peers.adapter import RECORD
from bench.scale.curves import Filled
from bench.scale.fill import NAMESPACE, fill
from bench.scale.sessions import claiming, warming
from bench.scale.soak import Waits
from tests.servers.databases import fresh_database


def store(url: str) -> Filled:
    return Filled(url, lambda _: None)


async def test_copies_on_sqlite_are_jobs_that_sessions_claim(tmp_path: Path) -> None:
    path = tmp_path / "belt.db"
    url = f"sqlite:///{path}"
    await store(url).submit()

    fill(url, "jobs", 119 + warming(3), first=1, queues=3)

    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute(
            "SELECT count(*), count(DISTINCT id), count(DISTINCT queue) FROM jobs"
        ).fetchone()
    assert found == (270, 270, 4)
    assert await claiming(url, NAMESPACE, 3, 120) > 0
    fill(url, "history", 50, first=1_000)
    with closing(sqlite3.connect(path)) as connection:
        kept = connection.execute("SELECT count(*), count(DISTINCT finished_at) FROM history").fetchone()
    assert kept[0] == 320
    assert kept[1] > 50


async def test_copies_on_postgresql_are_jobs_and_fill_the_days_of_history(postgres_server_url: str) -> None:
    with fresh_database(postgres_server_url, "beltline_fill") as url:
        await store(url).submit()

        fill(url, "jobs", 119 + warming(3), first=1, queues=3)

        assert await claiming(url, NAMESPACE, 3, 120) > 0
        fill(url, "history", 70, first=1_000)
        with psycopg.connect(url) as connection:
            kept = connection.execute("SELECT count(*), count(DISTINCT tableoid) FROM history").fetchone()
            stray = connection.execute("SELECT count(*) FROM history_default").fetchone()
    assert kept is not None
    assert kept[0] == 340
    assert kept[1] >= 6
    assert stray == (0,)


def test_a_wait_is_paired_with_the_submit_of_its_batch(tmp_path: Path) -> None:
    waits = Waits(tmp_path / "runs")
    assert waits.since() == []
    waits.submitted(0, 1_000_000)
    waits.submitted(10, 5_000_000)
    waits.runs_file.write_bytes(RECORD.pack(9, 3_000_000) + RECORD.pack(10, 6_000_000) + b"half")

    assert waits.since() == pytest.approx([2.0, 1.0])
    assert waits.since() == []
