"""SQLite's errors in the words of the store's contract."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from beltline.core.errors import StoreBusy, StoreError, StoreFull, StoreUnavailable
from beltline.store.sqlite.connection import LockTimeout

_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_UNREACHABLE: Final = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_PROTOCOL})
_FOREIGN: Final = frozenset({sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT})
_READ_ONLY: Final = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM})

_NOT_WRITABLE: Final = "{path} cannot be written; give this user write access to the file and to its folder"


def code_of(error: sqlite3.Error) -> int:
    """Return the primary result code, 0 where SQLite was not asked at all."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def translated(error: sqlite3.Error, path: str) -> StoreError:
    """Return what the store raises in place of an error of SQLite; the message says what to do."""
    code = code_of(error)
    if code == sqlite3.SQLITE_FULL:
        return StoreFull(
            f"the disk of {path} is full: nothing of this call was stored; free some space and repeat it"
        )
    if code in _BUSY:
        return StoreBusy(
            f"{path} is locked: another connection keeps a write transaction open; end it (is a database"
            " tool open?), or, where it is your own, pass it as `conn=`"
        )
    if code in _READ_ONLY:
        return StoreError(
            f"{path} cannot be written; give this user write access to the file and to its folder"
        )
    if code in _FOREIGN:
        return StoreError(
            f"{path} is damaged or not a SQLite database ({error}); name another file or restore a copy"
        )
    if code in _UNREACHABLE:
        return StoreUnavailable(
            f"{path} cannot be reached ({error}); check the disk, its free space and the permissions"
        )
    return StoreError(f"SQLite refused a statement on {path}: {error}")


def store_error(error: Exception, path: str) -> Exception:
    """Return what leaves the store in place of an error; its own errors, and faults of ours, as they are."""
    made: Exception
    if isinstance(error, sqlite3.Error):
        made = translated(error, path)
    elif isinstance(error, LockTimeout):
        made = StoreUnavailable(str(error))
    elif isinstance(error, PermissionError):
        made = StoreError(_NOT_WRITABLE.format(path=path))
    elif isinstance(error, OSError):
        made = StoreUnavailable(f"{path} cannot be reached: {error.strerror or error}")
    elif isinstance(error, UnicodeError | OverflowError):
        made = StoreError(f"a value cannot be stored in {path}: {error}; nothing was written")
    else:
        return error
    made.__cause__ = error
    return made


@contextmanager
def translating(path: str) -> Iterator[None]:
    """Raise the store's errors in place of SQLite's and the system's."""
    try:
        yield
    except Exception as error:
        made = store_error(error, path)
        if made is error:
            raise
        raise made from error
