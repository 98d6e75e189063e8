"""Fills a store quickly: one real row, made by submit and worker, is copied by the database itself.

Only what a copy must not share differs: the id, the place in the order, the moment it finished, the queue.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Final

import psycopg
from psycopg.sql import SQL, Composable, Identifier, Literal

from beltline.core.clock import DAY

CHUNK: Final = 250_000
KEPT_DAYS: Final = 6
NAMESPACE: Final = "bench"

Say = Callable[[str], None]


def fill(url: str, table: str, rows: int, *, first: int, queues: int = 1, say: Say = lambda _: None) -> None:
    """Copy the newest row of the namespace in `jobs` or `history`; `first` numbers the copies.

    Copies in `jobs` stand behind the row, a microsecond each, in `queues` queues by turns. Copies in
    `history` finished during the last days, in the order of their numbers.
    """
    filler = _fill_sqlite if url.startswith("sqlite") else _fill_postgres
    changes = _kept(first, rows) if table == "history" else _queued(queues)
    filler(url, table, changes, _chunks(first, rows, say))


def _queued(queues: int) -> dict[str, str]:
    changes = {"id": "{prefix}", "order_key": "t.order_key + n.i", "created_at": "t.created_at"}
    if queues > 1:
        changes["queue"] = f"'q' || (n.i % {queues:d})"
    return changes


def _kept(first: int, rows: int) -> dict[str, str]:
    """The copies end at the row's own time and begin some days before."""
    step = max(1, KEPT_DAYS * DAY // rows)
    return {"id": "{prefix}", "finished_at": f"t.finished_at - ({first + rows:d} - n.i) * {step:d}"}


def _chunks(first: int, rows: int, say: Say) -> Iterator[tuple[int, int]]:
    for start in range(first, first + rows, CHUNK):
        end = min(start + CHUNK, first + rows)
        yield start, end - 1
        if rows > CHUNK:
            say(f"filled {end - first:,} of {rows:,} rows")


def _fill_postgres(url: str, table: str, changes: dict[str, str], chunks: Iterator[tuple[int, int]]) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        # What is filled need not survive a crash of the machine.
        connection.execute("SET synchronous_commit = off")
        if table == "history":
            _make_days(connection)
        columns = _columns(
            connection.execute(SQL("SELECT * FROM {} LIMIT 0").format(Identifier(table))).description
        )
        changes = {**changes, "id": _prefix(table, "lpad(n.i::text, 23, '0')")}
        chosen = SQL(", ").join(_expression(column, changes) for column in columns)
        statement = SQL(
            "INSERT INTO {table} ({columns}) SELECT {chosen} FROM {template} AS t"
            " CROSS JOIN generate_series(%s::bigint, %s::bigint) AS n (i)"
        ).format(
            table=Identifier(table),
            columns=SQL(", ").join(map(Identifier, columns)),
            chosen=chosen,
            template=Identifier("bench_template"),
        )
        connection.execute(
            SQL(
                "CREATE TEMPORARY TABLE bench_template AS"
                " SELECT * FROM {} WHERE namespace = {} ORDER BY namespace DESC, id DESC LIMIT 1"
            ).format(Identifier(table), Literal(NAMESPACE))
        )
        for start, last in chunks:
            connection.execute(statement, (start, last))
        connection.execute(SQL("VACUUM ANALYZE {}").format(Identifier(table)))


def _make_days(connection: psycopg.Connection[tuple[object, ...]]) -> None:
    """Make the partitions that a store of this age would have."""
    connection.execute(
        SQL(
            "SELECT history_make_day((extract(epoch FROM date_trunc('day', now() AT TIME ZONE 'UTC'))::bigint"
            " - 86400 * days) * 1000000) FROM generate_series(0, {}) AS days"
        ).format(Literal(KEPT_DAYS))
    )


def _expression(column: str, changes: dict[str, str]) -> Composable:
    # The texts are this module's own: numbers and names of columns, nothing from outside.
    return (
        SQL(changes[column].replace("%", "%%"))
        if column in changes
        else SQL("t.{}").format(Identifier(column))
    )


def _fill_sqlite(url: str, table: str, changes: dict[str, str], chunks: Iterator[tuple[int, int]]) -> None:
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = OFF")
        connection.execute("PRAGMA cache_size = -200000")
        columns = _columns(connection.execute(f"SELECT * FROM {table} LIMIT 0").description)  # noqa: S608 - two names
        changes = {**changes, "id": _prefix(table, "substr('00000000000000000000000' || n.i, -23)")}
        chosen = ", ".join(changes.get(column, f"t.{column}") for column in columns)
        connection.execute(
            "CREATE TEMPORARY TABLE bench_template AS"  # noqa: S608 - two names
            f" SELECT * FROM {table} WHERE namespace = '{NAMESPACE}' ORDER BY id DESC LIMIT 1"
        )
        statement = (
            "WITH RECURSIVE n (i) AS (SELECT ? UNION ALL SELECT i + 1 FROM n WHERE i < ?)"  # noqa: S608 - own texts
            f" INSERT INTO {table} ({', '.join(columns)}) SELECT {chosen}"
            " FROM bench_template AS t CROSS JOIN n"
        )
        for start, last in chunks:
            connection.execute(statement, (start, last))
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _columns(description: Sequence[Sequence[object]] | None) -> list[str]:
    return [str(column[0]) for column in description or ()]


def _prefix(table: str, number: str) -> str:
    """Ids that sort before real ones, and differ between the tables."""
    return f"'00{table[0]}' || {number}"
