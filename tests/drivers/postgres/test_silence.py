"""A network that swallows everything, and clients that stop in a transaction: every wait has an end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg  # type: ignore[import-untyped]
import pytest

from beltline.core.errors import StoreUnavailable
from beltline.core.states import JobState
from beltline.store.postgres import connection as module
from beltline.store.postgres.connection import Statements
from beltline.store.postgres.store import PostgresStore
from tests.conformance.builders import change_to
from tests.conformance.world import World
from tests.drivers.postgres.inside import pool_of, store_of
from tests.servers.proxy import Proxy
from tests.waiting import eventually_async


@pytest.fixture
async def proxy(world: World) -> AsyncIterator[Proxy]:
    async with Proxy(world.place.url) as made:
        yield made


@pytest.fixture
async def far(world: World, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    """The same world over a network, and patience for a fraction of a second."""
    for name in ("CONNECT_SECONDS", "COMMAND_SECONDS", "ANSWER_SECONDS", "UNDO_SECONDS", "WAIT_SECONDS"):
        monkeypatch.setattr(module, name, 0.3)
    store = PostgresStore.from_url(proxy.url, clock=world.clock)
    await store.open()
    yield World(world.place, store, world.clock, world.namespace)
    proxy.silent = False
    async with asyncio.timeout(10):
        await store.close()


async def test_our_connections_do_not_rest_in_a_transaction(world: World) -> None:
    async def asked(statements: Statements) -> object:
        return await statements.raw.fetchval("SHOW idle_in_transaction_session_timeout")

    assert await pool_of(world).use(asked) == "15s"


async def test_a_client_that_stops_in_a_transaction_is_ended_and_its_locks_are_free(
    world: World, plain: asyncpg.Connection
) -> None:
    job = await world.running()
    ended = asyncio.Event()

    async def stop_inside(statements: Statements) -> None:
        await statements.raw.execute("SET LOCAL idle_in_transaction_session_timeout = '100ms'")
        await statements.value("lock_jobs", world.namespace, [job.id])
        await ended.wait()
        await statements.rows("next_due", world.namespace)

    stopped = asyncio.create_task(pool_of(world).transaction(stop_inside))
    await eventually_async(lambda: is_locked(plain, job.id))
    await eventually_async(lambda: is_free(plain, job.id))
    ended.set()
    with pytest.raises(StoreUnavailable):
        await stopped

    assert await world.apply(change_to(job, JobState.SUCCEEDED, world.now)) == []


async def test_a_claim_that_is_not_answered_is_given_up_and_repeated_over_a_new_connection(
    far: World, proxy: Proxy
) -> None:
    await far.insert(far.new())
    session = await far.session()
    proxy.silent = True

    async with asyncio.timeout(10):
        with pytest.raises(StoreUnavailable, match="did not answer in time"):
            await far.claim(session=session)

    proxy.silent = False
    assert len(await far.claim(session=session)) == 1


async def test_a_transaction_that_is_not_answered_ends_and_frees_its_place(far: World, proxy: Proxy) -> None:
    async def falls_silent(statements: Statements) -> None:
        proxy.silent = True
        await statements.rows("next_due", far.namespace)

    for _ in range(2 * module.POOL_SIZE):
        proxy.silent = False
        async with asyncio.timeout(10):
            with pytest.raises(StoreUnavailable):
                await pool_of(far).transaction(falls_silent)

    proxy.silent = False
    assert await far.store.reads.counts(far.namespace) == []


async def test_a_verb_that_is_cancelled_in_the_silence_frees_its_place(far: World, proxy: Proxy) -> None:
    begun = asyncio.Event()

    async def falls_silent(statements: Statements) -> None:
        proxy.silent = True
        begun.set()
        await statements.rows("next_due", far.namespace)

    verb = asyncio.create_task(pool_of(far).transaction(falls_silent))
    await begun.wait()
    verb.cancel()
    async with asyncio.timeout(10):
        await asyncio.wait([verb])

    proxy.silent = False
    await asyncio.gather(*(far.store.reads.counts(far.namespace) for _ in range(8)))


async def test_a_statement_that_is_given_up_is_ended_on_the_server(
    far: World, plain: asyncpg.Connection
) -> None:
    job = await far.running()
    blocker = plain.transaction()
    await blocker.start()
    await plain.execute("SELECT FROM jobs WHERE id = $1 FOR UPDATE", job.id)

    with pytest.raises(StoreUnavailable):
        await far.apply(change_to(job, JobState.SUCCEEDED, far.now))

    assert not await plain.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted")
    await blocker.rollback()
    assert (await far.job(job.id)).state is JobState.RUNNING


async def test_a_listener_that_meets_silence_is_no_reason_to_wait(far: World, proxy: Proxy) -> None:
    proxy.silent = True

    async with asyncio.timeout(10):
        unsubscribe = await store_of(far).wakeups.subscribe(far.namespace, lambda _: None)

    unsubscribe()


async def is_locked(plain: asyncpg.Connection, job_id: str) -> bool:
    rows = await plain.fetch("SELECT FROM jobs WHERE id = $1 FOR UPDATE SKIP LOCKED", job_id)
    return not rows


async def is_free(plain: asyncpg.Connection, job_id: str) -> bool:
    return not await is_locked(plain, job_id)
