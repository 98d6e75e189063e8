"""A program that uses the database: `python -m examples.maintenance.writer FILE`.

It writes a month in one transaction, says so, and commits when it is told to.
"""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

from examples.maintenance.inputs import INSERT, rows_of

MONTH = "2010/01"


def rows_of_month() -> list[tuple[str, str, float]]:
    """Return what is written."""
    return [row for row in rows_of("sf") if row[1].startswith(MONTH)]


def main() -> None:
    """Write, wait, commit."""
    with closing(sqlite3.connect(Path(sys.argv[1]), isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        written = connection.executemany(INSERT, rows_of_month()).rowcount
        print(written, flush=True)
        sys.stdin.readline()
        connection.execute("COMMIT")


if __name__ == "__main__":
    main()
