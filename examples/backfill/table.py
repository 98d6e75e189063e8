"""The table of airports, in a SQLite file. Knows nothing of jobs."""

from __future__ import annotations

import csv
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

PAGE: Final = 50
_PATIENCE_S: Final = 30.0


class Airport(NamedTuple):
    """What the backfill reads of a row."""

    iata: str
    latitude: float
    longitude: float


def load(source: Path, database: Path) -> int:
    """Load the file into a new table, whose `geohash` is still empty, and return the number of rows."""
    with source.open(encoding="utf-8", newline="") as file:
        rows = [
            (row["iata"], row["name"], float(row["latitude"]), float(row["longitude"]))
            for row in csv.DictReader(file)
        ]
    with closing(connect(database)) as connection:
        connection.execute(_TABLE)
        connection.execute("BEGIN")
        connection.executemany(_LOAD, rows)
        connection.execute("COMMIT")
    return len(rows)


def connect(database: Path) -> sqlite3.Connection:
    """Open the database; transactions begin and end where they are told to."""
    return sqlite3.connect(database, timeout=_PATIENCE_S, isolation_level=None)


def count(connection: sqlite3.Connection, where: str = "TRUE") -> int:
    """Return the number of rows."""
    [(rows,)] = connection.execute(f"SELECT count(*) FROM airports WHERE {where}")  # noqa: S608 - our own words
    return int(rows)


def pages_after(connection: sqlite3.Connection, pause: float, iata: str | None) -> Iterator[list[Airport]]:
    """Yield the airports behind a code, in order, a page at a time; rest between two, for others."""
    position = iata or ""
    while rows := connection.execute(_PAGE_AFTER, (position, PAGE)).fetchall():
        yield [Airport(*row) for row in rows]
        position = rows[-1][0]
        time.sleep(pause)


def fill(connection: sqlite3.Connection, geohashes: Mapping[str, str]) -> int:
    """Write the geohashes, by code, of rows that have none yet, all in one transaction; return how many."""
    connection.execute("BEGIN IMMEDIATE")
    written = connection.executemany(_FILL, [(found, iata) for iata, found in geohashes.items()]).rowcount
    connection.execute("COMMIT")
    return written


# `writes` counts what was written to a row: it is how the example shows that it was done once.
_TABLE: Final = """CREATE TABLE airports (
    iata TEXT PRIMARY KEY, name TEXT NOT NULL, latitude REAL NOT NULL, longitude REAL NOT NULL,
    geohash TEXT, writes INTEGER NOT NULL DEFAULT 0
)"""
_LOAD: Final = "INSERT INTO airports (iata, name, latitude, longitude) VALUES (?, ?, ?, ?)"
_PAGE_AFTER: Final = "SELECT iata, latitude, longitude FROM airports WHERE iata > ? ORDER BY iata LIMIT ?"
_FILL: Final = "UPDATE airports SET geohash = ?, writes = writes + 1 WHERE iata = ? AND geohash IS NULL"
