"""Database maintenance: it holds off while others write, and costs no row."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from beltline.core.states import JobState
from beltline.testing import Kit
from examples.maintenance import database, inputs
from examples.maintenance.app import belt, maintain
from examples.maintenance.database import Busy, Corrupt
from examples.maintenance.story import Course, checks
from examples.maintenance.writer import rows_of_month
from tests.examples.running import expect_what_the_page_shows, run_example


@pytest.fixture
def file(tmp_path: Path) -> Path:
    made = tmp_path / "temperatures.db"
    inputs.make(made)
    return made


@pytest.fixture
def writer(file: Path) -> Iterator[sqlite3.Connection]:
    """Another connection, in the middle of a transaction."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection


def test_maintenance_waits_for_a_writer_and_then_runs(tmp_path: Path) -> None:
    folder = tmp_path / "main tenance"

    ended = run_example("maintenance", folder)

    expect_what_the_page_shows("maintenance", ended)
    with closing(sqlite3.connect(folder / "temperatures.db")) as connection:
        assert connection.execute("PRAGMA freelist_count").fetchall() == [(0,)]
        assert connection.execute("SELECT count(*) FROM hours WHERE city = 'sf'").fetchall() == [
            (len(rows_of_month()),)
        ]


@pytest.mark.proof
def test_the_maintenance_runs_on_postgresql(tmp_path: Path, postgres_schema_url: str) -> None:
    ended = run_example("maintenance", tmp_path / "out", "--store", postgres_schema_url)

    expect_what_the_page_shows("maintenance", ended)


async def test_a_file_that_stays_busy_charges_nothing(file: Path, writer: sqlite3.Connection) -> None:
    async with Kit(belt) as kit:
        reference = await maintain.submit(file=file)

        await kit.advance("1s")

        job = await reference.job()
        assert (job.state, job.attempts_used) == (JobState.SCHEDULED, 0)
        assert job.runs >= 4
        writer.execute("COMMIT")
        await kit.advance("1s")
        assert [health.free_pages for health in await reference.result()][-1] == 0


@pytest.mark.parametrize("name", database.COMMANDS)
def test_a_command_does_not_wait_for_a_writer(file: Path, writer: sqlite3.Connection, name: str) -> None:
    with pytest.raises(Busy, match="locked"):
        database.command(file, name)


def test_a_damaged_file_is_called_so(file: Path) -> None:
    database.command(file, "VACUUM")
    with file.open("r+b") as handle:
        handle.seek(8 * 4096)
        handle.write(b"\xff" * 4096)

    with pytest.raises(Corrupt):
        database.health(file)


def test_a_file_that_is_no_database_is_called_so(file: Path) -> None:
    file.write_text("Dear reader" * 1_000)

    with pytest.raises(Corrupt, match="not a database"):
        database.health(file)


def test_a_missing_file_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError, match="unable to open"):
        database.health(tmp_path / "gone.db")

    assert list(tmp_path.iterdir()) == []


def test_a_lost_row_is_found(file: Path) -> None:
    for name in database.COMMANDS:
        database.command(file, name)
    health = database.health(file)
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.executemany(inputs.INSERT, rows_of_month()[1:])

    course = Course(
        health.size + 1, health.size + 1, 0, health, health, ("snoozed", "snoozed", "returned"), 1, 0
    )

    assert "it holds every row that it held, and the writer's" in [
        check.what for check in checks(course, file) if not check.passed
    ]
