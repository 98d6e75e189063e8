"""asyncpg's and the system's errors in the words of the store's contract."""

from __future__ import annotations

from typing import Final

import asyncpg  # type: ignore[import-untyped]

from beltline.core.errors import BeltlineError, InvalidInput, StoreError, StoreFull, StoreUnavailable

# All that a call of asyncpg may raise; its internal error is how it meets a connection that broke under it.
FAILURES: Final = (
    OSError,
    TimeoutError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)

# Rolled back by the server because of what others did at the same moment: to be repeated by us, at once.
COLLISIONS: Final = (
    asyncpg.DeadlockDetectedError,
    asyncpg.SerializationError,
    asyncpg.InvalidCachedStatementError,
)

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


class Duplicate(StoreError):
    """A row with this primary key exists. Met and settled inside the driver."""


# The first entry that fits counts.
_WORDS: Final[tuple[tuple[tuple[type[Exception], ...], type[BeltlineError], str], ...]] = (
    ((asyncpg.UniqueViolationError,), Duplicate, "{url} has this row already: {said}"),
    (
        (asyncpg.DiskFullError,),
        StoreFull,
        "the disk of {url} is full: nothing of this call was stored; free some space and repeat it",
    ),
    (
        (
            asyncpg.InvalidAuthorizationSpecificationError,
            asyncpg.InvalidCatalogNameError,
            asyncpg.InsufficientPrivilegeError,
        ),
        StoreUnavailable,
        "{url} refuses us: {said}; check the database's name, the user and its rights",
    ),
    (
        (asyncpg.UndefinedTableError, asyncpg.UndefinedFunctionError, asyncpg.InvalidSchemaNameError),
        StoreError,
        "{url} lacks a part of the schema: {said}; run: beltline db migrate --store {url}",
    ),
    (
        # Refused by the server, or by asyncpg when it encodes a value.
        (asyncpg.DataError,),
        InvalidInput,
        "PostgreSQL cannot store a value: {said}; nothing of this call was stored",
    ),
    (
        (TimeoutError,),
        StoreUnavailable,
        "{url} did not answer in time; check the server and the network, and repeat the call",
    ),
    (_PASSING, StoreUnavailable, "{url} is not available now: {said}; repeat the call"),
    ((asyncpg.PostgresError,), StoreError, "PostgreSQL at {url} refused a statement: {said}"),
)


def leaves_connection_whole(error: BaseException) -> bool:
    """Return whether the connection can be used further: the server answered, and goes on."""
    ended = (asyncpg.PostgresConnectionError, asyncpg.OperatorInterventionError, asyncpg.FatalPostgresError)
    return isinstance(error, asyncpg.PostgresError) and not isinstance(error, ended)


def translated(error: Exception, url: str) -> BeltlineError:
    """Return what the store raises in place of an error of PostgreSQL; the message says what to do.

    `url` is one without a password.
    """
    if isinstance(error, BeltlineError):
        return error
    said = str(error) or type(error).__name__
    for kinds, raised, message in _WORDS:
        if isinstance(error, kinds):
            return raised(message.format(url=url, said=said))
    return StoreUnavailable(
        f"{url} cannot be reached: {said}; check that the server runs and the address is right"
    )
