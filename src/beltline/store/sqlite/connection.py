"""Connections to the file, and the lock that makes its writers take turns."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from beltline.core.errors import StoreUnavailable, Unsupported
from beltline.store.sqlite.lock_wait import LockWait

OLDEST: Final = (3, 35, 0)
BUSY_TIMEOUT_S: Final = 5.0
# Whoever keeps the lock for longer than a slow disk may take does not come back: it hangs or is stopped.
LOCK_PATIENCE_S: Final = 10.0
# Those who come while that lasts need not find it out anew.
LOCK_IMPATIENCE_S: Final = 1.0
# A page of 8 kB holds rows of up to 2 kB without overflow; inserts took 15 % less time than with 4 kB.
PAGE_SIZE: Final = 8_192
CACHE_KB: Final = 16_384
# 64 MB of log. Where writers never rest, the copying beside them never reaches its end; then a commit does.
LONGEST_LOG_PAGES: Final = 8_000
WAL_LIMIT: Final = 64 * 1_024 * 1_024
STATEMENT_CACHE: Final = 256


def require_version(version: tuple[int, int, int] = sqlite3.sqlite_version_info) -> None:
    """Raise Unsupported where this Python has an SQLite without RETURNING and materialised queries."""
    if version < OLDEST:
        have, need = (".".join(map(str, each)) for each in (version, OLDEST))
        raise Unsupported(
            f"this Python has SQLite {have}; Beltline needs {need}: use a newer Python or SQLite library"
        )


def connect(path: str | None) -> sqlite3.Connection:
    """Return a connection set up as every one is; `path` None is a database in memory.

    FULL is SQLite's own safe setting: a commit is on disk when it returns.
    """
    connection = sqlite3.connect(
        path or ":memory:",
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=STATEMENT_CACHE,
    )
    try:
        connection.execute(f"PRAGMA page_size = {PAGE_SIZE}")
        if path is not None:
            connection.execute("PRAGMA journal_mode = WAL").fetchone()
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KB}")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute(f"PRAGMA wal_autocheckpoint = {LONGEST_LOG_PAGES}").fetchone()
        connection.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT}").fetchone()
    except BaseException:
        connection.close()
        raise
    return connection


def data_version(connection: sqlite3.Connection) -> int:
    """Return a number that changes when another connection has committed."""
    version: int = connection.execute("PRAGMA data_version").fetchone()[0]
    return version


class LockTimeout(TimeoutError):
    """Another process keeps the lock file."""


class FileLock:
    """`flock` on a file beside the database, held during every write transaction.

    SQLite's own busy handler sleeps and tries again, and whoever comes first wins; flock wakes the waiters at
    once. Measured with two writing processes: p99 of a commit 1.1 and 2.2 ms with it, 79 and 104 ms without.
    """

    def __init__(self, path: str | None) -> None:
        self._path = f"{path}.lock" if path is not None else None
        self._file: int | None = None
        self._wait: LockWait | None = None
        self._patience_s = LOCK_PATIENCE_S

    def open(self) -> None:
        """Open the lock file, making it where it is missing. Raises StoreUnavailable."""
        if self._path is None or self._file is not None:
            return
        folder = Path(self._path).resolve().parent
        if not folder.is_dir():
            raise StoreUnavailable(f"the folder {folder} does not exist; make it, or name another file")
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wait for the lock and hold it. Raises LockTimeout where another process does not let it go."""
        if self._file is None:
            yield
            return
        self._acquire(self._file)
        try:
            yield
        finally:
            fcntl.flock(self._file, fcntl.LOCK_UN)

    def close(self) -> None:
        """Close the lock file; it stays, for others may have it open."""
        if self._wait is not None:
            self._wait.close()
            self._wait = None
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def _acquire(self, file: int) -> None:
        if not self._is_free(file) and not self._waited(file):
            self._patience_s = LOCK_IMPATIENCE_S
            raise LockTimeout(
                f"another process has kept {self._path} locked for {LOCK_PATIENCE_S:.0f} s: it hangs or is"
                f" stopped; find it with `fuser -v {self._path}`, let it go on (kill -CONT) or end it, and"
                " repeat the call; nothing of this one was stored"
            )
        self._patience_s = LOCK_PATIENCE_S

    def _is_free(self, file: int) -> bool:
        """Take the lock where that needs no waiting: then it costs one call of the system, and no thread."""
        if self._wait is not None and self._wait.in_queue:
            return False
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _waited(self, file: int) -> bool:
        if self._wait is None:
            self._wait = LockWait(file)
        return self._wait.acquire(self._patience_s)
