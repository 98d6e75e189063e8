"""The lock file: a wait for it ends, and whoever went away without it does not keep others from it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from beltline.core.errors import StoreUnavailable
from beltline.store.sqlite import connection as module
from beltline.store.sqlite.connection import FileLock, LockTimeout
from tests.conformance.world import World
from tests.waiting import eventually, eventually_async


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOCK_PATIENCE_S", 0.1)
    monkeypatch.setattr(module, "LOCK_IMPATIENCE_S", 0.05)


@pytest.fixture
def other(path: Path) -> Iterator[FileLock]:
    """The lock as another process has it."""
    lock = FileLock(str(path))
    lock.open()
    yield lock
    lock.close()


@pytest.fixture
def ours(path: Path) -> Iterator[FileLock]:
    lock = FileLock(str(path))
    lock.open()
    yield lock
    lock.close()


def is_free(lock: FileLock) -> bool:
    try:
        with lock.held():
            return True
    except LockTimeout:
        return False


def waiting_threads() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "beltline-sqlite-lock"}


def test_a_wait_that_lasts_too_long_names_the_file_and_what_to_do(ours: FileLock, other: FileLock) -> None:
    with other.held(), pytest.raises(LockTimeout, match=r"belt line\.db\.lock.*fuser") as told, ours.held():
        pass

    assert "kill -CONT" in str(told.value)


def test_a_lock_that_comes_free_is_taken_by_who_waits(ours: FileLock, other: FileLock) -> None:
    begun, taken = threading.Event(), threading.Event()

    def take() -> None:
        begun.set()
        taken.set() if is_free(ours) else None

    with other.held():
        thread = threading.Thread(target=take)
        thread.start()
        begun.wait()
    thread.join()

    assert taken.is_set()


def test_who_went_away_does_not_keep_the_lock_from_others(ours: FileLock, other: FileLock) -> None:
    with other.held():
        assert not is_free(ours)
        assert not is_free(ours)

    assert eventually(lambda: is_free(other))
    assert eventually(lambda: is_free(ours))
    assert is_free(other)


def test_a_lock_that_is_closed_while_it_is_waited_for_leaves_nothing_behind(
    path: Path, other: FileLock
) -> None:
    # Those of earlier locks may end at any moment: they are known one by one, not counted.
    of_others = waiting_threads()
    closed = FileLock(str(path))
    closed.open()
    with other.held():
        assert not is_free(closed)
        closed.close()
        assert len(waiting_threads() - of_others) == 1

    eventually(lambda: not waiting_threads() - of_others)
    assert is_free(other)


async def test_a_verb_that_waits_too_long_is_refused_and_stores_nothing(
    world: World, other: FileLock
) -> None:
    job = world.new()

    with other.held(), pytest.raises(StoreUnavailable, match="nothing of this one was stored"):
        await world.insert(job)

    assert await world.store.reads.get(world.namespace, [job.id]) == []


async def test_a_store_works_again_once_the_lock_is_free(world: World, other: FileLock) -> None:
    with other.held():
        for _ in range(3):
            with pytest.raises(StoreUnavailable):
                await world.insert(world.new())

    async def stored() -> bool:
        try:
            await world.insert(world.new())
        except StoreUnavailable:
            return False
        return True

    assert await eventually_async(stored)
    assert len(await world.claim()) == 1
