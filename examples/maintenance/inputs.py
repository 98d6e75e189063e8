"""A real file that needs maintenance: temperatures, many of which were deleted again."""

from __future__ import annotations

import csv
import hashlib
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from examples.stage.shipped import shipped

CITIES: Final = ("seattle", "sf")


def make(file: Path) -> None:
    """Load the hourly temperatures of two cities, index them, and delete what is no longer wanted."""
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        connection.execute("CREATE TABLE hours (city TEXT NOT NULL, at TEXT NOT NULL, warmth REAL NOT NULL)")
        connection.execute("CREATE INDEX hours_by_warmth ON hours (city, warmth)")
        for city in CITIES:
            connection.executemany(INSERT, rows_of(city))
        connection.execute("DELETE FROM hours WHERE city = 'sf' OR at LIKE '2010/0%'")
        connection.execute("COMMIT")


def rows_of(city: str) -> list[tuple[str, str, float]]:
    """Return the rows of a city as the package ships them."""
    with shipped("vega_datasets", f"_data/{city}-temps.csv").open(encoding="utf-8", newline="") as source:
        return [(city, row["date"], float(row["temp"])) for row in csv.DictReader(source)]


def content(file: Path) -> str:
    """Return a checksum of all rows, whatever their place in the file."""
    with closing(sqlite3.connect(file)) as connection:
        rows = connection.execute("SELECT city, at, warmth FROM hours ORDER BY city, at, warmth").fetchall()
    return hashlib.sha256(repr(rows).encode()).hexdigest()


def count(file: Path) -> int:
    """Return the number of rows."""
    with closing(sqlite3.connect(file)) as connection:
        [(rows,)] = connection.execute("SELECT count(*) FROM hours")
    return int(rows)


def expected_content(more: list[tuple[str, str, float]]) -> str:
    """Return the checksum that the rows must have at the end, worked out without any database."""
    kept = [row for row in rows_of("seattle") if not row[1].startswith("2010/0")]
    return hashlib.sha256(repr(sorted(kept + more)).encode()).hexdigest()


INSERT: Final = "INSERT INTO hours (city, at, warmth) VALUES (?, ?, ?)"
