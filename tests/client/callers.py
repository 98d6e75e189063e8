"""Connections of a caller's own, with an open transaction, of every kind that a submit may join."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

import asyncpg  # type: ignore[import-untyped]
import psycopg
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True)
class Caller:
    """`conn` is in a transaction, which ends by one of the two."""

    conn: object
    commit: Callable[[], Awaitable[object]]
    rollback: Callable[[], Awaitable[object]]


def later(call: Callable[[], object]) -> Callable[[], Awaitable[object]]:
    """Turn a synchronous call into an asynchronous one, on the same thread."""

    async def called() -> object:
        return call()

    return called


def file_of(url: str) -> str:
    return url.removeprefix("sqlite:///")


def dsn_of(url: str, driver: str = "") -> str:
    return urlsplit(url)._replace(scheme=f"postgresql{driver}", query="").geturl()


@asynccontextmanager
async def sqlite3_connection(url: str) -> AsyncIterator[Caller]:
    conn = sqlite3.connect(file_of(url), isolation_level=None)
    conn.execute("BEGIN")
    yield Caller(conn, later(conn.commit), later(conn.rollback))
    conn.close()


@asynccontextmanager
async def sqlalchemy_connection(url: str) -> AsyncIterator[Caller]:
    engine = create_engine(alchemy_url(url))
    with engine.connect() as conn:
        yield Caller(conn, later(conn.commit), later(conn.rollback))
    engine.dispose()


@asynccontextmanager
async def sqlalchemy_session(url: str) -> AsyncIterator[Caller]:
    engine = create_engine(alchemy_url(url))
    with Session(engine) as session:
        yield Caller(session, later(session.commit), later(session.rollback))
    engine.dispose()


@asynccontextmanager
async def asyncpg_connection(url: str) -> AsyncIterator[Caller]:
    conn = await asyncpg.connect(dsn_of(url))
    transaction = conn.transaction()
    await transaction.start()
    yield Caller(conn, transaction.commit, transaction.rollback)
    await conn.close()


@asynccontextmanager
async def psycopg_connection(url: str) -> AsyncIterator[Caller]:
    conn = psycopg.connect(dsn_of(url))
    yield Caller(conn, later(conn.commit), later(conn.rollback))
    conn.close()


@asynccontextmanager
async def psycopg_async_connection(url: str) -> AsyncIterator[Caller]:
    conn = await psycopg.AsyncConnection.connect(dsn_of(url))
    yield Caller(conn, conn.commit, conn.rollback)
    await conn.close()


@asynccontextmanager
async def sqlalchemy_async_connection(url: str) -> AsyncIterator[Caller]:
    engine = create_async_engine(alchemy_async_url(url, "+asyncpg"))
    async with engine.connect() as conn:
        yield Caller(conn, conn.commit, conn.rollback)
    await engine.dispose()


@asynccontextmanager
async def sqlalchemy_async_session(url: str) -> AsyncIterator[Caller]:
    engine = create_async_engine(alchemy_async_url(url, "+psycopg"))
    async with AsyncSession(engine) as session:
        yield Caller(session, session.commit, session.rollback)
    await engine.dispose()


def alchemy_url(url: str) -> str:
    return url if url.startswith("sqlite:") else dsn_of(url, "+psycopg")


def alchemy_async_url(url: str, driver: str) -> str:
    return (
        url.replace("sqlite:", "sqlite+aiosqlite:", 1) if url.startswith("sqlite:") else dsn_of(url, driver)
    )


Kind = Callable[[str], AbstractAsyncContextManager[Caller]]

FILE_KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "file-sqlite3": sqlite3_connection,
        "file-sqlalchemy-connection": sqlalchemy_connection,
        "file-sqlalchemy-session": sqlalchemy_session,
        "file-sqlalchemy-async-connection": sqlalchemy_async_connection,
        "file-sqlalchemy-async-session": sqlalchemy_async_session,
    }
)
SERVER_KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        "server-asyncpg": asyncpg_connection,
        "server-psycopg": psycopg_connection,
        "server-psycopg-async": psycopg_async_connection,
        "server-sqlalchemy-connection": sqlalchemy_connection,
        "server-sqlalchemy-session": sqlalchemy_session,
        "server-sqlalchemy-async-connection": sqlalchemy_async_connection,
        "server-sqlalchemy-async-session": sqlalchemy_async_session,
    }
)
