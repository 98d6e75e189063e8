"""The pool: what breaks is replaced, what fails is translated, what collides is repeated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import asyncpg  # type: ignore[import-untyped]
import pytest

from beltline.core.errors import InvalidInput, StoreError, StoreFull, StoreUnavailable
from beltline.core.states import JobState
from beltline.store.postgres import connection as module
from beltline.store.postgres.connection import Pool, Statements
from beltline.store.postgres.failures import translated
from tests.clocks import FakeClock
from tests.conformance.builders import change_to
from tests.conformance.stores import Place
from tests.conformance.world import World, opened
from tests.drivers.postgres.inside import pool_of
from tests.servers.databases import fresh_schema
from tests.servers.postgres import PostgresServer
from tests.waiting import eventually_async


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    """A server of our own, to be stopped and killed."""
    with PostgresServer() as made:
        yield made


@pytest.fixture
async def lonely(server: PostgresServer) -> AsyncIterator[World]:
    server.start()
    with fresh_schema(server.url) as url:
        clock = FakeClock()
        async with opened(Place(url), clock) as store:
            yield World(Place(url), store, clock, "here")
        server.start()


async def works_again(world: World) -> bool:
    try:
        await world.insert(world.new())
    except StoreUnavailable:
        return False
    return True


@pytest.mark.parametrize("how", ["restart", "kill"])
async def test_a_store_works_again_after_the_server_came_back(
    lonely: World, server: PostgresServer, how: str
) -> None:
    claimed = await lonely.running()
    await asyncio.gather(*(lonely.store.reads.counts(lonely.namespace) for _ in range(8)))
    (server.stop if how == "restart" else server.kill)()
    with pytest.raises(StoreUnavailable, match=r"repeat the call|cannot be reached"):
        await lonely.store.reads.counts(lonely.namespace)

    server.start()

    await eventually_async(lambda: works_again(lonely))
    assert await lonely.apply(change_to(claimed, JobState.SUCCEEDED, lonely.now)) == []


async def test_a_connection_that_the_server_ends_under_a_verb_is_replaced(
    world: World, plain: asyncpg.Connection
) -> None:
    async def ended(statements: Statements) -> None:
        await plain.execute("SELECT pg_terminate_backend($1)", statements.backend)
        await statements.rows("next_due", world.namespace)

    with pytest.raises(StoreUnavailable):
        await pool_of(world).use(ended)

    assert await world.store.reads.counts(world.namespace) == []


async def test_a_cancelled_verb_leaves_the_store_usable(world: World, plain: asyncpg.Connection) -> None:
    job = await world.running()
    blocker = plain.transaction()
    await blocker.start()
    await plain.execute("SELECT FROM jobs WHERE id = $1 FOR UPDATE", job.id)
    waiting = asyncio.create_task(world.apply(change_to(job, JobState.SUCCEEDED, world.now)))

    async def waits() -> bool:
        return bool(await plain.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"))

    await eventually_async(waits)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await blocker.rollback()

    await world.insert(world.new())
    assert len(await world.claim()) == 1


async def test_transactions_that_lock_each_other_out_are_repeated(world: World) -> None:
    first, second = await world.running(), await world.running()
    other = second._replace(), first._replace()
    met = asyncio.Barrier(2)
    begun = 0

    async def lock(ids: tuple[str, str]) -> None:
        async def work(statements: Statements) -> None:
            nonlocal begun
            begun += 1
            await statements.value("lock_jobs", world.namespace, [ids[0]])
            if begun <= 2:
                await met.wait()
            await statements.value("lock_jobs", world.namespace, [ids[1]])

        await pool_of(world).transaction(work)

    await asyncio.gather(lock((first.id, second.id)), lock((other[0].id, other[1].id)))

    assert begun == 3


async def test_a_progress_report_in_between_does_not_make_an_end_miss(
    world: World, plain: asyncpg.Connection
) -> None:
    job = await world.running()
    writer = plain.transaction()
    await writer.start()
    await plain.execute("UPDATE jobs SET progress = 0.5 WHERE id = $1", job.id)
    ending = asyncio.create_task(world.apply(change_to(job, JobState.SUCCEEDED, world.now)))

    async def waits() -> bool:
        return bool(await plain.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"))

    await eventually_async(waits)
    await writer.commit()

    assert await ending == []
    assert (await world.job(job.id)).progress == 0.5


async def test_the_pool_lends_no_more_connections_than_it_has(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.05)
    pool = Pool(pool_of(world).address, size=1)
    await pool.open()

    async def keep(statements: Statements) -> None:
        with pytest.raises(StoreUnavailable, match="became free"):
            await pool.rows("next_due", world.namespace)

    await pool.use(keep)
    await pool.close()


async def test_verbs_of_a_busy_store_run_beside_each_other(world: World, plain: asyncpg.Connection) -> None:
    await asyncio.gather(*(world.insert(*(world.new() for _ in range(50))) for _ in range(20)))

    assert 1 < len(pool_of(world).backends) <= module.POOL_SIZE
    assert len(await world.claim(limit=2_000)) == 1_000


@pytest.mark.parametrize("text", ["nul \0 here", "half \ud800 pair"])
async def test_a_text_that_cannot_be_stored_is_refused(world: World, text: str) -> None:
    with pytest.raises(InvalidInput, match="cannot store"):
        await world.insert(world.new(owner=text))

    await world.insert(world.new())


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (asyncpg.DiskFullError("no space"), StoreFull, "free some space"),
        (asyncpg.TooManyConnectionsError("too many clients"), StoreUnavailable, "repeat the call"),
        (asyncpg.CannotConnectNowError("starting up"), StoreUnavailable, "starting up"),
        (asyncpg.AdminShutdownError("terminating"), StoreUnavailable, "repeat the call"),
        (asyncpg.InvalidPasswordError("no"), StoreUnavailable, "its rights"),
        (asyncpg.UndefinedTableError("jobs"), StoreError, "db migrate"),
        (TimeoutError(), StoreUnavailable, "in time"),
        (ConnectionRefusedError("refused"), StoreUnavailable, "cannot be reached"),
        (asyncpg.CheckViolationError("no"), StoreError, "refused a statement"),
    ],
)
def test_an_error_is_translated(error: Exception, kind: type[StoreError], words: str) -> None:
    found = translated(error, "postgresql://here/x")

    assert type(found) is kind
    assert words in str(found)
