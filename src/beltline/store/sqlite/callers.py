"""Writing inside the caller's own transaction, whether sqlite3 or SQLAlchemy holds it."""

from __future__ import annotations

import inspect
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

from beltline.core.errors import BeltlineError, InvalidInput, StoreError
from beltline.store.caller import require_loop
from beltline.store.sqlite.failures import translated
from beltline.store.sqlite.transaction import Connection, Parameters, T, Transaction, Verb

# An object of SQLAlchemy, whose types are known only to a caller who has it.
Foreign: TypeAlias = Any


class Alchemy:
    """An SQLAlchemy connection that runs statements as they are."""

    def __init__(self, connection: Foreign) -> None:
        self._connection = connection

    @property
    def in_transaction(self) -> bool:
        return bool(self._connection.connection.driver_connection.in_transaction)

    def execute(self, sql: str, parameters: Parameters = (), /) -> Foreign:
        return self._connection.exec_driver_sql(sql, parameters)


async def run_with(conn: object, path: str | None, verb: Verb[T]) -> T:
    """Run a verb as a part of the open transaction of `conn`; where it fails, the transaction is as it was.

    It runs where the caller is: a connection belongs to its thread.
    """
    if path is None:
        raise InvalidInput("a store in memory has one connection, its own; go without `conn=`")
    if isinstance(conn, sqlite3.Connection):
        return _run(conn, path, verb)
    if type(conn).__module__.partition(".")[0] == "sqlalchemy":
        run_sync = getattr(conn, "run_sync", None)
        if run_sync is None:
            return _run_alchemy(conn, path, verb)
        require_loop(conn)
        return await _answered(run_sync, path, verb)
    raise InvalidInput(f"`conn=` is a {type(conn).__qualname__}; give a connection of sqlite3 or SQLAlchemy")


async def _answered(run_sync: Foreign, path: str, verb: Verb[T]) -> T:
    def work(conn: Foreign) -> T:
        return _run_alchemy(conn, path, verb)

    found: T = await run_sync(work)
    return found


def _run_alchemy(conn: Foreign, path: str, verb: Verb[T]) -> T:
    # A Session gives its connection, a Connection is one.
    connection = conn.connection() if inspect.ismethod(conn.connection) else conn
    return _run(Alchemy(connection), path, verb)


def _run(connection: Connection, path: str, verb: Verb[T]) -> T:
    try:
        _require(connection, path)
        transaction = Transaction(connection)
        transaction.run("insert_lock")
        _require_open(connection)
        return _whole(connection, lambda: verb(transaction))
    except BeltlineError:
        raise
    except Exception as error:
        cause = getattr(error, "orig", error)
        if isinstance(cause, sqlite3.Error):
            raise translated(cause, path) from error
        raise StoreError(f"the connection given as `conn=` could not write: {error}") from error


def _whole(connection: Connection, work: Callable[[], T]) -> T:
    """Do the work whole or not at all, without ending the caller's transaction."""
    connection.execute("SAVEPOINT beltline")
    try:
        done = work()
    except BaseException:
        connection.execute("ROLLBACK TO beltline")
        raise
    finally:
        connection.execute("RELEASE beltline")
    return done


def _require(connection: Connection, path: str) -> None:
    """Raise InvalidInput unless the connection's main database is the store's file."""
    files = {name: file for _, name, file in connection.execute("PRAGMA database_list").fetchall()}
    main: str = files.get("main") or "a database in memory"
    if not Path(main).exists() or not Path(path).exists() or not Path(main).samefile(path):
        raise InvalidInput(f"`conn=` is connected to {main}; give a connection to {path}")


def _require_open(connection: Connection) -> None:
    if not connection.in_transaction:
        raise InvalidInput("`conn=` has no open transaction; begin one, and commit it afterwards")
