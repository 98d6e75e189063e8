"""The yardstick of the benchmarks: the statements of `raw.sql`, driven with no work between them."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, TypeAlias
from urllib.parse import parse_qsl, urlencode, urlsplit

import asyncpg  # type: ignore[import-untyped]

BATCH: Final = 500
INSERT_BATCH: Final = 1_000
_NAME: Final = re.compile(r"^-- name: (\S+)$", re.MULTILINE)

Row: TypeAlias = tuple[str, int, bytes]


async def raw_drain(url: str, jobs: int) -> float:
    """Return how many jobs a second the yardstick drains on the store's own server or disk."""
    if urlsplit(url).scheme == "sqlite":
        return raw_drain_sqlite(url, jobs)
    return await raw_drain_postgres(url, jobs)


async def raw_drain_postgres(url: str, jobs: int) -> float:
    """Return the yardstick's jobs a second on the server of a store URL; its tables are made and dropped.

    They lie in the store's schema where the URL names one, else where the server puts them.
    """
    sql = raw_statements("postgres")
    dsn, settings = _target(url)
    connection = await asyncpg.connect(dsn, server_settings=settings)
    try:
        await connection.execute(sql["drop"])
        await connection.execute(sql["create"])
        for rows in _batches(jobs, INSERT_BATCH):
            ids, keys, payloads = zip(*rows, strict=True)
            await connection.execute(sql["insert"], ids, keys, payloads)
        started = time.perf_counter()
        done = 0
        while claimed := await connection.fetch(sql["claim"], BATCH):
            pairs = [[row[0] for row in claimed], [row[1] for row in claimed]]
            await connection.execute(sql["settle"], *pairs, time.time_ns() // 1_000)
            done += len(claimed)
        return done / (time.perf_counter() - started)
    finally:
        await connection.execute(sql["drop"])
        await connection.close()


def raw_drain_sqlite(url: str, jobs: int) -> float:
    """Return the yardstick's jobs a second in a file of its own beside the store's."""
    sql = raw_statements("sqlite")
    with _beside(url) as connection:
        _fill(connection, sql, jobs)
        started = time.perf_counter()
        done = 0
        while claimed := _claim(connection, sql):
            pairs = json.dumps([row[:2] for row in claimed])
            connection.execute(sql["begin"])
            connection.execute(sql["settle"], {"pairs": pairs, "at": time.time_ns() // 1_000})
            connection.execute(sql["leave"], {"pairs": pairs})
            connection.execute("COMMIT")
            done += len(claimed)
        return done / (time.perf_counter() - started)


def raw_insert_sqlite(url: str, jobs: int) -> float:
    """Return how many jobs a second the yardstick inserts, in batches, in a file beside the store's."""
    with _beside(url) as connection:
        return _fill(connection, raw_statements("sqlite"), jobs)


def raw_statements(dialect: str) -> Mapping[str, str]:
    """Return the statements of one dialect by name."""
    _, *parts = _NAME.split(_raw_sql())
    names, texts = parts[::2], parts[1::2]
    return {
        name.removeprefix(f"{dialect}."): text.strip().removesuffix(";")
        for name, text in zip(names, texts, strict=True)
        if name.startswith(f"{dialect}.")
    }


def _raw_sql() -> str:
    """Return the text that lies in the package where this one was built, and in `bench/` of a checkout."""
    packaged = files("beltline.proof") / "raw.sql"
    if packaged.is_file():
        return packaged.read_text("utf-8")
    return (Path(__file__).parents[3] / "bench" / "raw.sql").read_text("utf-8")


def _target(url: str) -> tuple[str, dict[str, str]]:
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    schema = dict(query).get("schema")
    rest = urlencode([pair for pair in query if pair[0] != "schema"])
    return parts._replace(query=rest).geturl(), {"search_path": schema} if schema else {}


def _batches(jobs: int, size: int) -> Iterator[Sequence[tuple[str, int, bytes]]]:
    first = time.time_ns() // 1_000
    for start in range(0, jobs, size):
        numbers = range(start, min(start + size, jobs))
        yield [
            (f"{number:026d}", first + number, b'{"number":%d,"name":"bench"}' % number) for number in numbers
        ]


@contextmanager
def _beside(url: str) -> Iterator[sqlite3.Connection]:
    path = url.removeprefix("sqlite:///")
    folder = None if path == ":memory:" else Path(path).absolute().parent
    with TemporaryDirectory(prefix="raw-", dir=folder) as made:
        connection = sqlite3.connect(Path(made) / "raw.db", isolation_level=None)
        with closing(connection):
            connection.executescript(raw_statements("sqlite")["open"])
            yield connection


def _fill(connection: sqlite3.Connection, sql: Mapping[str, str], jobs: int) -> float:
    connection.executescript(sql["create"])
    started = time.perf_counter()
    for rows in _batches(jobs, INSERT_BATCH):
        connection.execute(sql["begin"])
        connection.executemany(sql["insert"], rows)
        connection.execute("COMMIT")
    return jobs / (time.perf_counter() - started)


def _claim(connection: sqlite3.Connection, sql: Mapping[str, str]) -> list[Row]:
    connection.execute(sql["begin"])
    claimed: list[Row] = connection.execute(sql["claim"], (BATCH,)).fetchall()
    connection.execute("COMMIT")
    return claimed
