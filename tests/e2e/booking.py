"""A caller's own table beside the store's, and bodies that are killed between its rows and their steps."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import Column, Connection, Integer, MetaData, Table, create_engine, select

ROWS: Final = 3
# The first run dies at the first of these, the second at the second, and so on.
DEATHS: Final = ("before the record", "before the commit", "after the commit")


def die(run: int, point: str) -> None:
    """End this process as a pulled plug would, where it is this run's turn."""
    if DEATHS[run - 1 : run] == (point,):
        os.kill(os.getpid(), signal.SIGKILL)


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """Connect to the store's database as a user's program would."""
    plain = urlsplit(url)._replace(query="").geturl().replace("postgresql:", "postgresql+psycopg:")
    engine = create_engine(plain if "postgresql" in plain else url)
    with engine.connect() as conn:
        yield conn
    engine.dispose()


def create(conn: Connection, url: str) -> None:
    """Make the table; nothing in it keeps a second row of a number out."""
    with conn.begin():
        _table(url).create(conn)


def write(conn: Connection, url: str, number: int, run: int) -> int:
    """Write a row."""
    conn.execute(_table(url).insert().values(number=number, run=run))
    die(run, "before the record")
    return run


def numbers(conn: Connection, url: str) -> list[int]:
    """Return what is written."""
    table = _table(url)
    return list(conn.execute(select(table.c.number).order_by(table.c.number)).scalars())


def _table(url: str) -> Table:
    [schema] = parse_qs(urlsplit(url).query).get("schema", [""])
    metadata = MetaData(schema=schema or None)
    return Table("booked", metadata, Column("number", Integer), Column("run", Integer))
