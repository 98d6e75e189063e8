"""Databases and schemas of a running PostgreSQL: a fresh one for whoever asks, gone afterwards."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import urlsplit

import psycopg
from psycopg.sql import SQL, Composed, Identifier

_NUMBERS: Final = itertools.count(1)


@contextmanager
def fresh_database(server_url: str, name: str) -> Iterator[str]:
    """Make the database `name`, yield its URL, and drop it, whoever is still connected."""
    _run(server_url, SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))
    _run(server_url, SQL("CREATE DATABASE {}").format(Identifier(name)))
    try:
        yield urlsplit(server_url)._replace(path=f"/{name}").geturl()
    finally:
        _run(server_url, SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(Identifier(name)))


@contextmanager
def fresh_schema(database_url: str) -> Iterator[str]:
    """Make an empty schema, yield the store URL that names it (`...?schema=t1`), and drop it."""
    name = f"t{next(_NUMBERS)}"
    _run(database_url, SQL("CREATE SCHEMA {}").format(Identifier(name)))
    try:
        yield urlsplit(database_url)._replace(query=f"schema={name}").geturl()
    finally:
        _run(database_url, SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(Identifier(name)))


def server_version(server_url: str) -> str:
    """The version that the running server gives, such as `18.4`."""
    with psycopg.connect(server_url) as connection:
        row = connection.execute("SHOW server_version").fetchone()
    return str(row[0]).split()[0] if row else "unknown"


def _run(url: str, statement: Composed) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
