"""Opening: what is migrated, what is refused and in which words, and how many openers race."""

from __future__ import annotations

import subprocess
import sys
from urllib.parse import urlsplit

import asyncpg  # type: ignore[import-untyped]
import pytest

from beltline.core.clock import MICROS, SystemClock
from beltline.core.errors import ConfigError, SchemaOutdated, SchemaTooNew, StoreError, StoreUnavailable
from beltline.store.postgres.migrations import MIGRATIONS
from beltline.store.postgres.servertime import ServerTime
from beltline.store.postgres.store import PostgresStore
from tests.clocks import FakeClock
from tests.conformance.world import World

PROGRAM = """
import asyncio, sys
from beltline.core.clock import SystemClock
from beltline.store.postgres.store import PostgresStore

async def main():
    store = PostgresStore.from_url(sys.argv[1], clock=SystemClock())
    sys.stdin.readline()
    await store.open()
    print(await store.reads.counts("here"))
    await store.close()

asyncio.run(main())
"""


def store_at(url: str) -> PostgresStore:
    return PostgresStore.from_url(url, clock=FakeClock())


def test_ten_programs_open_a_new_schema_at_once(postgres_schema_url: str) -> None:
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM, postgres_schema_url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(10)
    ]
    answers = [program.communicate("go\n", timeout=60)[0] for program in programs]

    assert [program.returncode for program in programs] == [0] * 10
    assert answers == ["[]\n"] * 10


async def test_a_schema_that_does_not_exist_is_made(postgres_url: str) -> None:
    store = store_at(f"{postgres_url}?schema=made_by_opening")

    await store.open()

    assert await store.migrations() == [(step.name, True) for step in MIGRATIONS]
    await store.close()


async def test_a_schema_that_lacks_a_migration_is_refused_with_the_command(
    world: World, plain: asyncpg.Connection
) -> None:
    await plain.execute("DELETE FROM migrations")
    store = store_at(world.place.url)

    with pytest.raises(SchemaOutdated, match="beltline db migrate --store postgresql://"):
        await store.open()

    assert await store.migrations() == [(step.name, False) for step in MIGRATIONS]


async def test_a_schema_of_a_newer_beltline_is_refused(world: World, plain: asyncpg.Connection) -> None:
    await plain.execute("INSERT INTO migrations VALUES (9999, '9999_other', '', true, 0)")

    with pytest.raises(SchemaTooNew, match="9999"):
        await store_at(world.place.url).open(migrate=True)


async def test_a_migration_that_breaks_nothing_is_no_obstacle(
    world: World, plain: asyncpg.Connection
) -> None:
    await plain.execute("INSERT INTO migrations VALUES (9999, '9999_other', '', false, 0)")
    store = store_at(world.place.url)

    await store.open()

    await store.close()


async def test_a_database_that_does_not_exist_is_named(postgres_url: str) -> None:
    url = urlsplit(postgres_url)._replace(path="/no_such_database").geturl()

    with pytest.raises(StoreUnavailable, match=r"no_such_database.*check the database's name"):
        await store_at(url).open()


async def test_a_server_that_is_not_there_is_named_without_the_password() -> None:
    with pytest.raises(StoreUnavailable, match=r"postgresql://me:\*\*\*@127.0.0.1:1/x cannot be reached"):
        await store_at("postgresql://me:secret@127.0.0.1:1/x").open()


async def test_a_closed_store_says_so(world: World) -> None:
    await world.store.close()

    with pytest.raises(StoreError, match="closed"):
        await world.store.reads.counts(world.namespace)


@pytest.mark.parametrize("schema", ["", "Upper", "a-b", "x" * 64, 'q"uote'])
def test_a_schema_that_is_no_plain_name_is_refused(schema: str) -> None:
    with pytest.raises(ConfigError, match="plain name"):
        store_at(f"postgresql://me@host/x?schema={schema}")


async def test_the_store_follows_the_servers_clock(world: World, plain: asyncpg.Connection) -> None:
    store = PostgresStore.from_url(world.place.url, clock=SystemClock())
    await store.open()

    told = await plain.fetchval("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint")

    assert abs(store.now() - told) < MICROS
    await store.close()


def test_between_measurements_time_passes_with_the_monotonic_clock() -> None:
    clock = FakeClock()
    time = ServerTime(clock)
    time.adjust(clock.monotonic(), 5_000_000, clock.monotonic())
    clock.jump(-1_000_000_000)
    clock.advance(250)

    assert time.now() == 5_000_250


def test_a_slow_answer_does_not_replace_a_quick_one_that_it_allows_for() -> None:
    time = ServerTime(FakeClock())
    time.adjust(0, 5_000_000, 10)
    quick = time.now()
    time.adjust(0, 5_000_000, 40_000)

    assert time.now() == quick


def test_an_answer_that_rules_the_last_one_out_replaces_it() -> None:
    time = ServerTime(FakeClock())
    time.adjust(0, 5_000_000, 10)
    time.adjust(0, 9_000_000, 40_000)

    assert time.now() == 9_000_000 - 20_000
