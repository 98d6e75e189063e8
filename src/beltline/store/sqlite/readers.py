"""Threads that read: in WAL mode they never wait for the writer, nor it for them."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Final

from beltline.core.errors import StoreError
from beltline.store.sqlite.connection import connect
from beltline.store.sqlite.failures import translating
from beltline.store.sqlite.transaction import T, Transaction, Verb

READERS: Final = 3


class Readers:
    """A few threads and connections, made when they are first needed."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._idle: list[sqlite3.Connection] = []
        self._closed = True

    def open(self) -> None:
        """Be ready to read."""
        self._threads = ThreadPoolExecutor(READERS, thread_name_prefix="beltline-sqlite-reader")
        self._closed = False

    async def read(self, verb: Verb[T]) -> T:
        """Run a verb that only reads; each of its statements sees one snapshot."""
        if self._closed:
            raise StoreError("the store is closed; open it before use")
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, verb)

    def checkpoint(self, done: Callable[[], None]) -> None:
        """Let a reader's thread copy the log into the database file; may be called from any thread.

        Copying the log neither waits for the writer nor keeps it waiting, as it does at the end of a commit.
        `done` is called from that thread.
        """
        with suppress(RuntimeError):  # the pool is closed, and whoever disconnects last copies the log
            self._threads.submit(self._run, _checkpoint).add_done_callback(lambda _: done())

    async def close(self) -> None:
        """Finish what is being read and disconnect."""
        if not self._closed:
            self._closed = True
            await asyncio.to_thread(self._threads.shutdown)
            while self._idle:
                self._idle.pop().close()

    def _run(self, verb: Verb[T]) -> T:
        with translating(self._path):
            try:
                connection = self._idle.pop()
            except IndexError:
                connection = connect(self._path)
                connection.execute("PRAGMA query_only = ON")
            try:
                return verb(Transaction(connection))
            finally:
                self._idle.append(connection)


def _checkpoint(transaction: Transaction) -> None:
    transaction.connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
