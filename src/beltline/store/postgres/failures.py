"""asyncpg's and the system's errors in the words of the store's contract."""

from __future__ import annotations

from typing import Final

import asyncpg  # type: ignore[import-untyped]

from beltline.core.errors import BeltlineError, InvalidInput, StoreError, StoreFull, StoreUnavailable

# Rolled back by the server because of what others did at the same moment: to be repeated by us, at once.
COLLISIONS: Final = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.InvalidCachedStatementError)

# What a server says that is going, coming, full of connections or a standby: the call may be repeated later.
_PASSING: Final = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.TooManyConnectionsError,
    asyncpg.LockNotAvailableError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.OutOfMemoryError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    *COLLISIONS,
)
_REFUSED: Final = (
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.InsufficientPrivilegeError,
)
_UNSTORABLE: Final = (asyncpg.CharacterNotInRepertoireError, asyncpg.UntranslatableCharacterError)
_NO_SCHEMA: Final = (asyncpg.UndefinedTableError, asyncpg.UndefinedFunctionError, asyncpg.InvalidSchemaNameError)


class Duplicate(StoreError):
    """A row with this primary key exists. Met and settled inside the driver."""


def leaves_connection_whole(error: BaseException) -> bool:
    """Return whether the connection can be used further: the server answered, and goes on."""
    ended = (asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError, asyncpg.FatalPostgresError)
    if isinstance(error, asyncpg.PostgresError):
        return not isinstance(error, ended) or isinstance(error, asyncpg.QueryCanceledError)
    # A value that asyncpg could not encode never reached the server.
    return isinstance(error, asyncpg.InterfaceError) and isinstance(error, ValueError)


def translated(error: Exception, url: str) -> BeltlineError:
    """Return what the store raises in place of an error of PostgreSQL; the message says what to do. `url` has no password."""
    said = str(error) or type(error).__name__
    if isinstance(error, BeltlineError):
        return error
    if isinstance(error, asyncpg.UniqueViolationError):
        return Duplicate(f"PostgreSQL at {url} has this row already: {said}")
    if isinstance(error, asyncpg.DiskFullError):
        return StoreFull(f"the disk of {url} is full: nothing of this call was stored; free some space and repeat it")
    if isinstance(error, _REFUSED):
        return StoreUnavailable(f"{url} refuses us: {said}; check the database's name, the user and its rights")
    if isinstance(error, _NO_SCHEMA):
        return StoreError(f"{url} lacks a part of the schema: {said}; run: beltline db migrate --store {url}")
    if isinstance(error, _UNSTORABLE) or (isinstance(error, asyncpg.InterfaceError) and isinstance(error, ValueError)):
        return InvalidInput(f"PostgreSQL cannot store a value: {said}; nothing of this call was stored")
    if isinstance(error, TimeoutError):
        return StoreUnavailable(f"{url} did not answer in time; check the server and the network, and repeat the call")
    if isinstance(error, _PASSING):
        return StoreUnavailable(f"{url} is not available now: {said}; repeat the call")
    if isinstance(error, asyncpg.PostgresError):
        return StoreError(f"PostgreSQL at {url} refused a statement: {said}")
    return StoreUnavailable(f"{url} cannot be reached: {said}; check that the server runs and the address is right")
