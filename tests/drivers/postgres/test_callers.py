"""Submitting in the caller's own transaction, whichever driver holds it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, Final, TypeAlias
from urllib.parse import urlsplit

import asyncpg  # type: ignore[import-untyped]
import psycopg
import pytest
from psycopg.rows import dict_row
from sqlalchemy import create_engine
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session

from beltline.core.errors import InvalidInput, StoreError
from beltline.core.job import NewJob
from beltline.core.states import JobState
from beltline.store.hints import Hint
from beltline.store.params import Inserted, Insertion, InsertJobs
from tests.conformance.builders import change_to
from tests.conformance.world import World
from tests.waiting import eventually_async

Ended: TypeAlias = Callable[[bool], Awaitable[None]]


def dsn(world: World, scheme: str = "postgresql") -> str:
    return urlsplit(world.place.url)._replace(scheme=scheme, query="").geturl()


@asynccontextmanager
async def of_asyncpg(world: World) -> AsyncIterator[tuple[Any, Ended]]:
    connection = await asyncpg.connect(dsn(world))
    transaction = connection.transaction()
    await transaction.start()

    async def end(commit: bool) -> None:
        await (transaction.commit() if commit else transaction.rollback())

    yield connection, end
    await connection.close()


@asynccontextmanager
async def of_psycopg(world: World) -> AsyncIterator[tuple[Any, Ended]]:
    with psycopg.connect(dsn(world), row_factory=dict_row) as connection:

        async def end(commit: bool) -> None:
            (connection.commit if commit else connection.rollback)()

        yield connection, end


@asynccontextmanager
async def of_psycopg_async(world: World) -> AsyncIterator[tuple[Any, Ended]]:
    async with await psycopg.AsyncConnection.connect(dsn(world)) as connection:

        async def end(commit: bool) -> None:
            await (connection.commit if commit else connection.rollback)()

        yield connection, end


@asynccontextmanager
async def of_sqlalchemy(world: World) -> AsyncIterator[tuple[Any, Ended]]:
    engine = create_engine(dsn(world, "postgresql+psycopg"))
    with Session(engine) as session:

        async def end(commit: bool) -> None:
            (session.commit if commit else session.rollback)()

        yield session, end
    engine.dispose()


@asynccontextmanager
async def of_sqlalchemy_async(world: World) -> AsyncIterator[tuple[Any, Ended]]:
    engine = create_async_engine(dsn(world, "postgresql+asyncpg"))
    async with AsyncSession(engine) as session:

        async def end(commit: bool) -> None:
            await (session.commit if commit else session.rollback)()

        yield session, end
    await engine.dispose()


Caller: TypeAlias = Callable[[World], AbstractAsyncContextManager[tuple[Any, Ended]]]

CALLERS: Final = (of_asyncpg, of_psycopg, of_psycopg_async, of_sqlalchemy, of_sqlalchemy_async)
each_caller = pytest.mark.parametrize("caller", CALLERS)


async def submit(world: World, conn: object, *jobs: NewJob, all_or_none: bool = True) -> list[Inserted]:
    params = InsertJobs(namespace=world.namespace, jobs=jobs, all_or_none=all_or_none, now=world.now)
    return await world.store.jobs.insert_with(conn, params)


@each_caller
async def test_the_jobs_are_there_when_the_caller_commits(world: World, caller: Caller) -> None:
    plain = world.new(labels={"team": "a"}, payload=b'{"text":"\\u0000 \xc3\xa9"}', priority=3)
    keyed = world.new(idempotency_key="once", chosen_id=True)
    async with caller(world) as (conn, end):
        answers = await submit(world, conn, plain, keyed)
        assert await world.store.reads.get(world.namespace, [plain.id, keyed.id]) == []
        await end(True)

    assert [answer.outcome for answer in answers] == [Insertion.CREATED, Insertion.CREATED]
    stored = await world.job(plain.id)
    assert (stored.payload, stored.labels, stored.priority) == (plain.payload, plain.labels, 3)
    assert stored.payload_hash == plain.payload_hash
    now = world.now
    tallies = await world.store.upkeep.tallies(world.namespace, now - 60_000_000, now + 60_000_000)
    assert [(tally.event, tally.jobs) for tally in tallies] == [("submitted", 2)]
    assert len(await world.claim()) == 2


@each_caller
async def test_nothing_is_there_when_the_caller_rolls_back(world: World, caller: Caller) -> None:
    job = world.new(idempotency_key="once")
    async with caller(world) as (conn, end):
        await submit(world, conn, job)
        await end(False)

    assert await world.store.reads.get(world.namespace, [job.id]) == []
    assert (await world.insert(world.new(idempotency_key="once")))[0].outcome is Insertion.CREATED


async def test_the_same_key_again_means_the_same_job(world: World) -> None:
    first = world.new(idempotency_key="once")
    await world.insert(first)
    again = world.new(idempotency_key="once")
    other = world.new(idempotency_key="once", payload=b"2", payload_hash=b"other")
    async with of_asyncpg(world) as (conn, end):
        answers = await submit(world, conn, again, other, world.new(), all_or_none=False)
        await end(True)

    assert answers[:2] == [
        Inserted(first.id, Insertion.EXISTING),
        Inserted(first.id, Insertion.KEY_REUSED),
    ]
    assert answers[2].outcome is Insertion.CREATED
    assert len(await world.claim()) == 2


async def test_a_chosen_id_is_found_wherever_its_job_is(world: World) -> None:
    job = world.new(chosen_id=True)
    await world.insert(job)
    (claimed,) = await world.claim()
    await world.apply(change_to(claimed, JobState.SUCCEEDED, world.now))
    async with of_asyncpg(world) as (conn, _):
        same = await submit(world, conn, job)
        other = await submit(world, conn, job._replace(payload_hash=b"other"))

    assert (same[0].outcome, other[0].outcome) == (Insertion.EXISTING, Insertion.ID_REUSED)


async def test_one_refused_job_keeps_all_out_and_the_transaction_whole(world: World) -> None:
    await world.insert(world.new(idempotency_key="once"))
    new = world.new()
    refused = world.new(idempotency_key="once", payload=b"2", payload_hash=b"other")
    async with of_asyncpg(world) as (conn, end):
        answers = await submit(world, conn, new, refused)
        await end(True)

    assert answers[1].outcome is Insertion.KEY_REUSED
    assert await world.store.reads.get(world.namespace, [new.id]) == []


async def test_the_commit_carries_the_hint(world: World) -> None:
    told: list[Hint] = []
    stop = await world.store.wakeups.subscribe(world.namespace, told.append)
    async with of_asyncpg(world) as (conn, end):
        await submit(world, conn, world.new())
        assert told == []
        await end(True)

    async def is_told() -> bool:
        return told == [Hint.QUEUED]

    await eventually_async(is_told)
    stop()


async def test_what_is_no_connection_is_refused(world: World) -> None:
    with pytest.raises(InvalidInput, match="asyncpg, psycopg 3 or SQLAlchemy"):
        await submit(world, object(), world.new())


async def test_a_connection_to_another_database_is_refused(world: World, postgres_server_url: str) -> None:
    connection = await asyncpg.connect(postgres_server_url)
    with pytest.raises(StoreError, match="the store's own database"):
        await submit(world, connection, world.new())
    await connection.close()
