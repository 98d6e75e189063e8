"""The two ways to run verbs: on threads, or in place."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Protocol

from beltline.core.clock import Clock
from beltline.core.errors import StoreError
from beltline.store.sqlite.connection import FileLock, connect, data_version
from beltline.store.sqlite.failures import translating
from beltline.store.sqlite.readers import Readers
from beltline.store.sqlite.transaction import T, Transaction, Verb
from beltline.store.sqlite.wakeups import Fire, Hints
from beltline.store.sqlite.writer import Writer


class Hop(Protocol):
    """Runs a piece of work where, and when, the caller of the store decides."""

    async def __call__(self, work: Callable[[], T], /) -> T:
        """Run `work` once, whole, or never."""
        ...


async def in_place(work: Callable[[], T], /) -> T:
    """Run the work at once."""
    return work()


class ThreadedGate:
    """One writer thread with group commit, some reader threads."""

    def __init__(self, path: str, *, clock: Clock, fire: Fire) -> None:
        self._lock = FileLock(path)
        self._path = path
        self._readers = Readers(path)
        self._writer = Writer(
            path, lock=self._lock, clock=clock, fire=fire, checkpoint=self._readers.checkpoint
        )
        self.write = self._writer.write
        self.park = self._writer.park
        self.read = self._readers.read
        self.listen = self._writer.listen

    async def open(self, prepare: Callable[[sqlite3.Connection], None]) -> None:
        """Connect the writer."""
        with translating(self._path):
            self._lock.open()
        try:
            await self._writer.open(prepare)
        except BaseException:
            self._lock.close()
            raise
        self._readers.open()

    async def close(self) -> None:
        """Finish reading, then writing."""
        await self._readers.close()
        await self._writer.close()
        self._lock.close()


class InlineGate:
    """One connection, no thread, nothing of asyncio: each verb is one piece of work for the hop.

    A transaction begins and ends within its piece: a hop that never comes back leaves it done or not begun.
    """

    def __init__(self, path: str | None, *, hop: Hop, fire: Fire) -> None:
        self._path = path or "the store in memory"
        self._file = path
        self._lock = FileLock(path)
        self._hop = hop
        self._fire = fire
        self._connection: sqlite3.Connection | None = None
        self._listening = False
        self._version = 0

    async def open(self, prepare: Callable[[sqlite3.Connection], None]) -> None:
        """Connect."""
        await self._hop(partial(self._open, prepare))

    async def write(self, verb: Verb[T]) -> T:
        """Run a verb in one piece of work; the hints follow when the hop has come back."""
        value, hints = await self._hop(partial(self._write, verb))
        self._tell(hints)
        return value

    async def park(self, _namespace: str, _verb: Verb[T], *, until: asyncio.Event, empty: T) -> T:
        """Wait: with one connection and no thread a hint is as quick."""
        await until.wait()
        return empty

    async def read(self, verb: Verb[T]) -> T:
        """Run a verb that only reads in one piece of work."""
        value, hints = await self._hop(partial(self._read, verb))
        self._tell(hints)
        return value

    def listen(self, *, wanted: bool) -> None:
        """Look, with each verb, whether another connection has committed; or no more."""
        self._listening = wanted and self._file is not None

    async def close(self) -> None:
        """Disconnect. What is in memory is gone."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()
        self._lock.close()

    def _open(self, prepare: Callable[[sqlite3.Connection], None]) -> None:
        with translating(self._path):
            self._lock.open()
            with self._lock.held():
                connection = connect(self._file)
                try:
                    prepare(connection)
                    self._version = data_version(connection)
                except BaseException:
                    connection.close()
                    raise
            self._connection = connection

    def _write(self, verb: Verb[T]) -> tuple[T, Hints | None]:
        connection = self._connected()
        with translating(self._path), self._lock.held():
            connection.execute("BEGIN IMMEDIATE")
            try:
                transaction = Transaction(connection)
                value = verb(transaction)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            return value, None if self._others_wrote(connection) else transaction.hints

    def _read(self, verb: Verb[T]) -> tuple[T, Hints | None]:
        connection = self._connected()
        with translating(self._path):
            value = verb(Transaction(connection))
            return value, None if self._others_wrote(connection) else frozenset()

    def _others_wrote(self, connection: sqlite3.Connection) -> bool:
        if not self._listening:
            return False
        version, self._version = self._version, data_version(connection)
        return version != self._version

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            raise StoreError("the store is closed; open it before use")
        return self._connection

    def _tell(self, hints: Hints | None) -> None:
        if hints is None or hints:
            self._fire(hints)
