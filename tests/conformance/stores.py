"""The stores that the suite runs on.

EVERYWHERE is every store. SHARED leaves out the store in memory, which one connection alone can see: tests of
several connections or processes use it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import asyncpg  # type: ignore[import-untyped]
import pytest
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from beltline.core.clock import Clock
from beltline.store.contract import Store
from beltline.store.open import store_from_url
from tests.servers.databases import fresh_schema

MEMORY: Final = "sqlite-memory"
FILE: Final = "sqlite-file"
SERVER: Final = "postgres"

EVERYWHERE: Final = (MEMORY, FILE, SERVER)
SHARED: Final = (FILE, SERVER)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a store's data lies. In memory, each store that is made has data of its own."""

    url: str

    def store(self, clock: Clock) -> Store:
        """Return a store on this data, not yet opened."""
        return store_from_url(self.url, clock=clock)

    @property
    def is_file(self) -> bool:
        return self.url.startswith("sqlite")


@dataclass(frozen=True, slots=True)
class Caller:
    """A connection of the caller's own, to the database of a place, with its transaction."""

    conn: object
    commit: Callable[[], Awaitable[None]]
    roll_back: Callable[[], Awaitable[None]]


CALLERS: Final = ("driver", "orm")


def lasting_place(kind: str, request: pytest.FixtureRequest, factory: pytest.TempPathFactory) -> Place:
    """Return the place that all tests of one worker use, each in its own namespace: cheapest."""
    if kind == MEMORY:
        return Place("sqlite:///:memory:")
    if kind == FILE:
        return _file(factory.mktemp("lasting"))
    url: str = request.getfixturevalue("postgres_url")
    return Place(urlsplit(url)._replace(query="schema=lasting").geturl())


@contextmanager
def fresh_place(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Place]:
    """Yield a place that is empty, without a schema."""
    with ExitStack() as stack:
        if kind == MEMORY:
            yield Place("sqlite:///:memory:")
        elif kind == FILE:
            yield _file(folder)
        else:
            yield Place(stack.enter_context(fresh_schema(request.getfixturevalue("postgres_url"))))


def _file(folder: Path) -> Place:
    return Place(f"sqlite:///{folder / 'beltline.db'}")


@asynccontextmanager
async def caller(place: Place, kind: str) -> AsyncIterator[Caller]:
    """Open a connection to a shared place as a user's program would: by its database's driver or an ORM."""
    if kind == "orm":
        engine = create_engine(_plain_url(place).replace("postgresql:", "postgresql+psycopg:"))
        with Session(engine) as session:
            yield Caller(session, _later(session.commit), _later(session.rollback))
        engine.dispose()
    elif place.is_file:
        with closing(sqlite3.connect(place.url.removeprefix("sqlite:///"))) as conn:
            yield Caller(conn, _later(conn.commit), _later(conn.rollback))
    else:
        connection = await asyncpg.connect(_plain_url(place))
        transaction = connection.transaction()
        await transaction.start()
        yield Caller(connection, transaction.commit, transaction.rollback)
        await connection.close()


def _plain_url(place: Place) -> str:
    """Return the URL without the schema: the caller's connection has its own search path."""
    return place.url.partition("?")[0]


def _later(call: Callable[[], None]) -> Callable[[], Awaitable[None]]:
    async def called() -> None:
        call()

    return called
