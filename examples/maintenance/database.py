"""Looking after a SQLite file. Knows nothing of jobs."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

COMMANDS: Final = ("VACUUM", "REINDEX", "ANALYZE")


class Busy(Exception):
    """Somebody else holds the file."""


class Corrupt(Exception):
    """The file is damaged: restore it from a backup."""


@dataclass(frozen=True, slots=True)
class Health:
    """A file that passed its integrity check: its size, and how many of its pages nothing uses."""

    size: int
    pages: int
    free_pages: int


def health(file: Path) -> Health:
    """Check the whole file while nobody else can write to it. Raises Busy, Corrupt."""
    with closing(_connect(file)) as connection:
        _asked(connection, "BEGIN IMMEDIATE")
        [verdict] = _asked(connection, "PRAGMA integrity_check(1)")
        if verdict != "ok":
            raise Corrupt(f"{file.name}: {verdict}")
        [pages] = _asked(connection, "PRAGMA page_count")
        [free_pages] = _asked(connection, "PRAGMA freelist_count")
        _asked(connection, "ROLLBACK")
    return Health(file.stat().st_size, int(str(pages)), int(str(free_pages)))


def command(file: Path, name: str) -> None:
    """Run one of COMMANDS: all of it or nothing. Raises Busy."""
    with closing(_connect(file)) as connection:
        _asked(connection, name)


def _connect(file: Path) -> sqlite3.Connection:
    """Open a file that must be there. It does not wait for others: the job does, without holding a slot."""
    return sqlite3.connect(f"{file.absolute().as_uri()}?mode=rw", uri=True, timeout=0, isolation_level=None)


def _asked(connection: sqlite3.Connection, statement: str) -> list[object]:
    try:
        return [row[0] for row in connection.execute(statement)]
    except sqlite3.DatabaseError as error:
        code = error.sqlite_errorcode & 0xFF
        if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            raise Busy(str(error)) from error
        if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            raise Corrupt(str(error)) from error
        raise
