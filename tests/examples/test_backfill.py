"""The backfill: killed in the middle, it goes on where it was, and its checks find what they should."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from examples.backfill import table
from examples.backfill.app import Filled
from examples.backfill.expected import expected_geohashes
from examples.backfill.geohash import geohash
from examples.backfill.story import Course, checks
from examples.stage.shipped import shipped
from examples.stage.workers import Kill
from tests.examples.running import expect_what_the_page_shows, run_example

AIRPORTS = shipped("vega_datasets", "_data/airports.csv")
COURSE = Course(
    Kill(1, "worker", frozenset("a")), 1_150, Filled("B", 2_426, 2_226), ("worker_lost", "returned"), 0
)


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """The table as it must be at the end."""
    database = tmp_path / "airports.db"
    table.load(AIRPORTS, database)
    with closing(table.connect(database)) as connection:
        pages = table.pages_after(connection, 0, None)
        rows = [row for page in pages for row in page]
        table.fill(connection, {row.iata: geohash(row.latitude, row.longitude) for row in rows})
    return database


def failed(database: Path, course: Course = COURSE) -> list[str]:
    return [check.what for check in checks(course, 3_376, AIRPORTS, database) if not check.passed]


def test_a_killed_backfill_goes_on_where_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "back fill"

    ended = run_example("backfill", folder)

    expect_what_the_page_shows("backfill", ended)
    with closing(sqlite3.connect(folder / "airports.db")) as connection:
        found = dict(connection.execute("SELECT iata, geohash FROM airports WHERE writes = 1"))
    assert found == expected_geohashes(AIRPORTS)


@pytest.mark.proof
def test_the_backfill_runs_on_postgresql(tmp_path: Path, postgres_schema_url: str) -> None:
    ended = run_example("backfill", tmp_path / "out", "--store", postgres_schema_url)

    expect_what_the_page_shows("backfill", ended)


@pytest.mark.parametrize(
    ("latitude", "longitude", "expected"),
    [(57.64911, 10.40744, "u4pruydq"), (42.605, -5.603, "ezs42"), (-25.382708, -49.265506, "6gkzwgjz")],
)
def test_a_geohash_is_the_one_that_others_give(latitude: float, longitude: float, expected: str) -> None:
    assert geohash(latitude, longitude).startswith(expected)


def test_the_right_table_passes(filled: Path) -> None:
    assert failed(filled) == []


def test_a_row_that_was_written_twice_is_found(filled: Path) -> None:
    with closing(table.connect(filled)) as connection:
        connection.execute("UPDATE airports SET writes = 2 WHERE iata = 'SEA'")

    assert failed(filled) == ["each row was written once"]


def test_a_wrong_geohash_is_found(filled: Path) -> None:
    with closing(table.connect(filled)) as connection:
        connection.execute("UPDATE airports SET geohash = 'c22yzugq' WHERE iata = 'SEA'")

    assert failed(filled) == ["each airport has the geohash that an independent computation gives"]


def test_a_run_that_began_anew_is_found(filled: Path) -> None:
    course = COURSE._replace(last=Filled(None, 3_376, 2_226))

    assert failed(filled, course) == ["it went on where it was, not from the beginning"]
