"""Opening: what is wrong with a file is said with what to do."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from functools import partial
from pathlib import Path

import pytest

from beltline.core.errors import ConfigError, SchemaOutdated, SchemaTooNew, StoreError, StoreUnavailable
from beltline.store.sqlite.failures import store_error, translated
from beltline.store.sqlite.gates import in_place
from beltline.store.sqlite.migrations import MIGRATIONS
from beltline.store.sqlite.store import SqliteStore
from tests.clocks import FakeClock
from tests.waiting import eventually_async

TEXT = "bread\nbutter\n" * 1_000


def store_at(path: Path, *, inline: bool = False) -> SqliteStore:
    return SqliteStore(str(path), clock=FakeClock(), hop=in_place if inline else None)


def shopping_list(path: Path) -> None:
    path.write_text(TEXT)


def is_untouched(path: Path) -> bool:
    return path.read_text() == TEXT


def is_there(path: Path) -> bool:
    return path.exists()


@pytest.mark.parametrize("inline", [False, True])
async def test_a_missing_folder_is_named(tmp_path: Path, inline: bool) -> None:
    store = store_at(tmp_path / "nowhere" / "belt.db", inline=inline)

    with pytest.raises(StoreUnavailable, match="nowhere does not exist"):
        await store.open()

    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("inline", [False, True])
async def test_a_file_that_is_no_database_is_left_as_it_is(path: Path, inline: bool) -> None:
    shopping_list(path)

    with pytest.raises(StoreError, match="not a SQLite database"):
        await store_at(path, inline=inline).open()

    assert is_untouched(path)


async def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="cannot be reached"):
        await store_at(tmp_path).open()


def test_a_file_that_cannot_be_written_is_named(path: Path) -> None:
    sqlite3.connect(path).close()
    connection = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)
    try:
        with pytest.raises(sqlite3.OperationalError) as caught:
            connection.execute("CREATE TABLE new (id)")
    finally:
        connection.close()

    assert "cannot be written" in str(translated(caught.value, str(path)))


def test_a_folder_that_cannot_be_written_is_named(path: Path) -> None:
    error = store_error(PermissionError(13, "Permission denied"), str(path))

    assert isinstance(error, StoreError)
    assert "give this user write access" in str(error)


async def test_an_open_that_is_given_up_leaves_no_thread(path: Path) -> None:
    before = threading.active_count()
    store = store_at(path)
    task = asyncio.create_task(store.open())
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task

    await eventually_async(partial(_threads_are, before))
    await store.open()
    await store.close()


async def _threads_are(count: int) -> bool:
    return threading.active_count() == count


async def test_a_schema_of_a_newer_beltline_is_refused(path: Path) -> None:
    store = store_at(path)
    await store.open()
    await store.close()
    connection = sqlite3.connect(path)
    connection.execute("INSERT INTO migrations VALUES (9999, '9999_other', '', 1, 0)")
    connection.commit()
    connection.close()

    with pytest.raises(SchemaTooNew, match="9999"):
        await store.open()


async def test_migrations_are_listed_before_opening_without_making_a_file(path: Path) -> None:
    store = store_at(path)

    assert await store.migrations() == [(step.name, False) for step in MIGRATIONS]
    assert not is_there(path)


async def test_migrations_of_a_closed_store_are_listed(path: Path) -> None:
    store = store_at(path)
    await store.open()
    await store.close()

    assert await store.migrations() == [(step.name, True) for step in MIGRATIONS]


async def test_a_refused_migration_leaves_no_tables(path: Path) -> None:
    with pytest.raises(SchemaOutdated, match="beltline db migrate --store sqlite:///"):
        await store_at(path).open(migrate=False)

    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (0,)
    connection.close()


@pytest.mark.parametrize("url", ["sqlite:///", "sqlite://belt.db", "sqlite:belt.db"])
def test_a_url_without_a_file_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="names no file"):
        SqliteStore.from_url(url, clock=FakeClock())


def test_a_relative_path_does_not_follow_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    assert (
        SqliteStore.from_url("sqlite:///belt.db", clock=FakeClock()).url
        == f"sqlite:///{tmp_path / 'belt.db'}"
    )
