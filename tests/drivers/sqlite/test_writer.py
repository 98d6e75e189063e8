"""The writer thread: groups, isolation, locks, ends."""

from __future__ import annotations

import asyncio
import fcntl
import itertools
import sqlite3
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import cast

import pytest

from beltline.core.errors import LeaseLost, StoreBusy, StoreError, StoreFull
from beltline.store.sqlite.transaction import Transaction
from tests.conformance.world import World
from tests.drivers.sqlite.inside import gate_of
from tests.waiting import eventually_async


class Halt:
    """A verb that keeps the writer at work until it is let go: what comes meanwhile becomes one group."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.go_on = threading.Event()

    def __call__(self, _transaction: Transaction) -> None:
        self.begun.set()
        assert self.go_on.wait(30)


async def held_up(world: World) -> tuple[Halt, asyncio.Task[None]]:
    halt = Halt()
    task = asyncio.create_task(gate_of(world).write(halt))
    await asyncio.to_thread(halt.begun.wait, 30)
    return halt, task


async def stored(world: World, *ids: str) -> set[str]:
    return {job.id for job in await world.store.reads.get(world.namespace, ids)}


def trace(transaction: Transaction, *, into: list[str]) -> None:
    cast("sqlite3.Connection", transaction.connection).set_trace_callback(into.append)


async def test_what_waits_is_committed_together(world: World) -> None:
    statements: list[str] = []
    await gate_of(world).write(partial(trace, into=statements))
    halt, first = await held_up(world)
    jobs = [world.new() for _ in range(20)]
    inserts = [asyncio.create_task(world.insert(job)) for job in jobs]
    await asyncio.sleep(0)
    statements.clear()

    halt.go_on.set()
    await asyncio.gather(first, *inserts)

    assert await stored(world, *(job.id for job in jobs)) == {job.id for job in jobs}
    # One for the verb that held the others up, one for them all.
    assert statements.count("COMMIT") == 2


async def test_a_verb_that_fails_in_a_group_fails_alone(world: World) -> None:
    known = world.new()
    await world.insert(known)
    halt, first = await held_up(world)
    good, late = world.new(), world.new()
    async with asyncio.TaskGroup() as group:
        before = group.create_task(world.insert(good))
        clash = group.create_task(_caught(world.insert(known)))
        lost = group.create_task(_caught(world.claim(session="unknown")))
        after = group.create_task(world.insert(late))
        await asyncio.sleep(0)
        halt.go_on.set()

    await first
    assert isinstance(clash.result(), StoreError)
    assert isinstance(lost.result(), LeaseLost)
    assert before.result()[0].id == good.id
    assert after.result()[0].id == late.id
    assert await stored(world, good.id, late.id) == {good.id, late.id}


async def test_a_verb_that_fails_alone_leaves_nothing(world: World) -> None:
    known, new = world.new(), world.new()
    await world.insert(known)

    with pytest.raises(StoreError, match="is taken"):
        await world.insert(new, known)

    assert await stored(world, new.id) == set()


async def test_text_that_is_no_unicode_is_refused_with_nothing_stored(world: World) -> None:
    good, bad = world.new(), world.new(owner="\ud800")

    with pytest.raises(StoreError, match="nothing was written"):
        await world.insert(good, bad)

    assert await stored(world, good.id) == set()


async def test_a_caller_that_gave_up_does_not_disturb_the_next(world: World) -> None:
    halt, first = await held_up(world)
    job = world.new()
    task = asyncio.create_task(world.insert(job))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    halt.go_on.set()
    await first

    # What was handed over is done, though nobody waits for it.
    await world.insert(world.new())
    assert await stored(world, job.id) == {job.id}


async def test_the_lock_beside_the_file_is_held_while_a_verb_writes(world: World, path: Path) -> None:
    def is_free(_transaction: Transaction) -> bool:
        with Path(f"{path}.lock").open("w") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

    assert not await gate_of(world).write(is_free)
    assert await gate_of(world).read(is_free)


async def test_an_open_transaction_of_another_program_is_named(world: World, path: Path) -> None:
    await gate_of(world).write(_impatient)
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")

    with pytest.raises(StoreBusy, match="conn="):
        await world.insert(world.new())

    other.execute("ROLLBACK")
    other.close()
    assert len(await world.insert(world.new())) == 1


async def test_a_full_disk_is_named_and_nothing_of_the_call_is_stored(world: World) -> None:
    await world.insert(world.new())
    await gate_of(world).write(_no_room)
    jobs = [world.new(payload=b'"' + b"x" * 5_000 + b'"') for _ in range(200)]

    with pytest.raises(StoreFull, match="disk"):
        await world.insert(*jobs)

    assert await stored(world, *(job.id for job in jobs)) == set()
    await gate_of(world).write(_much_room)
    assert len(await world.insert(*jobs)) == 200


async def test_a_full_disk_fails_the_whole_group(world: World) -> None:
    await gate_of(world).write(_no_room)
    halt, first = await held_up(world)
    small = world.new()
    big = [world.new(payload=b'"' + b"x" * 5_000 + b'"') for _ in range(200)]
    async with asyncio.TaskGroup() as group:
        one = group.create_task(_caught(world.insert(small)))
        other = group.create_task(_caught(world.insert(*big)))
        await asyncio.sleep(0)
        halt.go_on.set()
    await first

    # Either the one that fits is there and was told so, or it is not there and was told that.
    assert isinstance(other.result(), StoreFull)
    assert (await stored(world, small.id) == set()) == isinstance(one.result(), StoreFull)


async def test_closing_finishes_what_was_begun(world: World, path: Path) -> None:
    halt, first = await held_up(world)
    job = world.new()
    task = asyncio.create_task(world.insert(job))
    await asyncio.sleep(0)
    closing = asyncio.create_task(world.store.close())
    await asyncio.sleep(0)
    halt.go_on.set()
    await asyncio.gather(first, closing)

    assert (await task)[0].id == job.id
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM jobs").fetchone() == (1,)
    connection.close()


async def test_a_closed_store_says_so(world: World) -> None:
    await world.store.close()
    await world.store.close()

    with pytest.raises(StoreError, match="closed"):
        await world.insert(world.new())
    with pytest.raises(StoreError, match="closed"):
        await world.store.reads.counts(world.namespace)


async def test_a_closed_store_may_be_opened_again(world: World) -> None:
    await world.store.close()

    await world.store.open()

    assert len(await world.insert(world.new())) == 1


async def test_the_log_is_copied_into_the_file_while_the_store_is_open(world: World, path: Path) -> None:
    before = size(path)

    for _ in range(10):
        await world.insert(*(world.new() for _ in range(2_000)))

    await eventually_async(partial(_has_grown, path, before))


async def test_a_writer_that_never_rests_writes_over_its_log(world: World, path: Path) -> None:
    # They write 130 MB; the limit at which a commit itself copies is 64.
    assert await longest_log(path, lambda: world.insert(*(world.new() for _ in range(20)))) < 40 << 20


async def test_a_store_that_was_opened_again_writes_over_its_log_too(world: World, path: Path) -> None:
    ids = (f"{number:026d}" for number in itertools.count())
    for _ in range(20):
        await world.insert(*(world.new(id=next(ids)) for _ in range(2_000)))
    await world.store.close()
    await world.store.open()

    # Ids in order touch fewer pages: 21 MB where the log of the new connection is not copied.
    written = longest_log(path, lambda: world.insert(*(world.new(id=next(ids)) for _ in range(20))))
    assert await written < 16 << 20


async def longest_log(path: Path, store: Callable[[], Awaitable[object]]) -> int:
    """Return how long the log gets while jobs are stored without a pause."""
    longest = 0
    for _ in range(500):
        await store()
        longest = max(longest, size(path.with_name(f"{path.name}-wal")))
    return longest


async def _has_grown(path: Path, before: int) -> bool:
    return size(path) > before


def size(path: Path) -> int:
    return path.stat().st_size


async def _caught(call: object) -> object:
    """Return what a call returns or raises."""
    assert asyncio.iscoroutine(call)
    try:
        return await call
    except StoreError as error:
        return error
    except LeaseLost as error:
        return error


def _impatient(transaction: Transaction) -> None:
    transaction.connection.execute("PRAGMA busy_timeout = 1").fetchone()


def _no_room(transaction: Transaction) -> None:
    pages = transaction.connection.execute("PRAGMA page_count").fetchone()[0]
    transaction.connection.execute(f"PRAGMA max_page_count = {pages + 5}").fetchone()


def _much_room(transaction: Transaction) -> None:
    transaction.connection.execute("PRAGMA max_page_count = 1000000").fetchone()
