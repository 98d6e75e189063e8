"""Connections: a small pool that grows as needed and mends itself, and statements run by name."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, Final, TypeAlias, TypeVar

import asyncpg  # type: ignore[import-untyped]

from beltline.core.errors import BeltlineError, StoreError, StoreUnavailable
from beltline.store.postgres.address import Address
from beltline.store.postgres.failures import COLLISIONS, FAILURES, leaves_connection_whole, translated
from beltline.store.statements import load_statements

# Claims, settlements, a beat and a submit at once; more only compete for the same rows and locks.
POOL_SIZE: Final = 4
CONNECT_SECONDS: Final = 10.0
COMMAND_SECONDS: Final = 60.0
# Claims and beats take milliseconds. Without an answer for this long the network has swallowed one of us, and
# a worker that waits on loses its lease; a new connection may get through.
ANSWER_SECONDS: Final = 10.0
# Time for the server to end what we gave up: it would go on without us, and others wait for its locks.
UNDO_SECONDS: Final = 5.0
WAIT_SECONDS: Final = 30.0
_TRIES: Final = 5
_BACK_OFF_SECONDS: Final = 0.02

T = TypeVar("T")
Row: TypeAlias = Sequence[Any]
Connection: TypeAlias = Any


class Statements:
    """A connection of asyncpg's, used through the names of our statements; `address` is its store's."""

    def __init__(self, raw: Connection, texts: Mapping[str, str], address: Address) -> None:
        self.raw = raw
        self.address = address
        self.backend: int = raw.get_server_pid()
        self._texts = texts

    async def rows(self, name: str, *values: object, within: float | None = None) -> list[Row]:
        """Run a statement and return its rows; `within` bounds the seconds until the answer."""
        found: list[Row] = await self.raw.fetch(self._texts[name], *values, timeout=within)
        return found

    async def value(self, name: str, *values: object, within: float | None = None) -> Any:  # noqa: ANN401 - as wide as SQL
        """Run a statement and return the first column of its first row, None where there is none."""
        return await self.raw.fetchval(self._texts[name], *values, timeout=within)

    async def run(self, name: str, *values: object, within: float | None = None) -> None:
        """Run a statement that returns nothing; `within` bounds the seconds that it takes."""
        await self.raw.execute(self._texts[name], *values, timeout=within)


Work: TypeAlias = Callable[[Statements], Awaitable[T]]


class Pool:
    """The connections of one store."""

    def __init__(self, address: Address, *, size: int = POOL_SIZE) -> None:
        self.address = address
        self._texts = load_statements("beltline.store.postgres")
        self._slots = asyncio.Semaphore(size)
        self._size = size
        self._idle: list[Statements] = []
        # The server's process numbers of our connections.
        self.backends: set[int] = set()
        self._closed = True

    async def open(self) -> None:
        """Make the first connection."""
        self._closed = False
        try:
            self._release(await self._acquire())
        except BaseException:
            self._closed = True
            raise

    async def close(self) -> None:
        """Wait for what runs, then disconnect."""
        if self._closed:
            return
        self._closed = True
        for _ in range(self._size):
            await self._slots.acquire()
        while self._idle:
            statements = self._idle.pop()
            try:
                await statements.raw.close(timeout=CONNECT_SECONDS)
            except FAILURES:
                statements.raw.terminate()
        for _ in range(self._size):
            self._slots.release()

    def text(self, name: str) -> str:
        """Return a statement's text, to be run on a connection that is not ours."""
        return self._texts[name]

    async def rows(self, name: str, *values: object) -> list[Row]:
        """Run one statement as its own transaction and return its rows."""
        return await self.use(lambda statements: statements.rows(name, *values))

    async def value(self, name: str, *values: object) -> Any:  # noqa: ANN401 - as wide as SQL
        """Run one statement as its own transaction and return its first value."""
        return await self.use(lambda statements: statements.value(name, *values))

    async def run(self, name: str, *values: object) -> None:
        """Run one statement as its own transaction."""
        await self.use(lambda statements: statements.run(name, *values))

    async def prompt(self, name: str, *values: object) -> list[Row]:
        """Do what `rows` does, but give a server up that does not answer promptly."""
        return await self.use(lambda statements: statements.rows(name, *values, within=ANSWER_SECONDS))

    async def scan(self, name: str, *values: object) -> list[Row]:
        """Run one statement that reads whole tables, planned freely, and return its rows."""

        async def work(statements: Statements) -> list[Row]:
            await statements.run("scan_settings")
            return await statements.rows(name, *values)

        return await self.transaction(work)

    async def transaction(self, work: Work[T]) -> T:
        """Run `work` in a transaction, again from its beginning where it collided with another one."""

        async def bounded(statements: Statements) -> T:
            transaction = statements.raw.transaction()
            await transaction.start()
            try:
                result = await work(statements)
            except BaseException:
                with suppress(*FAILURES):
                    async with asyncio.timeout(UNDO_SECONDS):
                        await transaction.rollback()
                raise
            await transaction.commit()
            return result

        return await self.use(bounded)

    async def connection(self) -> Connection:
        """Return a new connection that is not the pool's; the caller closes it. Raises the store's errors."""
        try:
            return await asyncpg.connect(
                self.address.dsn,
                timeout=CONNECT_SECONDS,
                command_timeout=COMMAND_SECONDS,
                statement_cache_size=len(self._texts),
                max_cached_statement_lifetime=0,
                server_settings=dict(self.address.settings),
            )
        except (*FAILURES, ValueError) as error:
            raise translated(error, self.address.shown) from error

    async def use(self, work: Work[T]) -> T:
        """Run `work` on one connection, each of its statements a transaction; again where one collided."""
        for tried in range(1, _TRIES):
            try:
                return await self._once(work)
            except COLLISIONS:
                # Whoever won must have its locks before we ask for ours again, or both collide again.
                await asyncio.sleep(_BACK_OFF_SECONDS * tried)
        try:
            return await self._once(work)
        except COLLISIONS as error:
            raise translated(error, self.address.shown) from error

    async def _once(self, work: Work[T]) -> T:
        statements = await self._acquire()
        try:
            result = await work(statements)
        except COLLISIONS:
            self._release(statements)
            raise
        except FAILURES as error:
            if isinstance(error, TimeoutError):
                await _stop(statements)
            self._release(statements, whole=leaves_connection_whole(error))
            raise translated(error, self.address.shown) from error
        except BeltlineError:
            self._release(statements)
            raise
        except BaseException:
            # Cancelled, or broken, at an unknown place: a new connection costs less than to find out.
            self._release(statements, whole=False)
            raise
        self._release(statements)
        return result

    async def _acquire(self) -> Statements:
        if self._closed:
            raise StoreError("the store is closed; open it first")
        if self._slots.locked():
            try:
                await asyncio.wait_for(self._slots.acquire(), WAIT_SECONDS)
            except TimeoutError as error:
                raise StoreUnavailable(
                    f"no connection to {self.address.shown} became free in {WAIT_SECONDS:.0f} s; repeat"
                ) from error
        else:
            await self._slots.acquire()
        try:
            # The last one used comes first, so that a quiet process stays with one connection.
            while self._idle:
                statements = self._idle.pop()
                if not statements.raw.is_closed():
                    return statements
                self.backends.discard(statements.backend)
            statements = Statements(await self.connection(), self._texts, self.address)
            self.backends.add(statements.backend)
            return statements
        except BaseException:
            self._slots.release()
            raise

    def _release(self, statements: Statements, *, whole: bool = True) -> None:
        if whole and not statements.raw.is_closed():
            self._idle.append(statements)
        else:
            statements.raw.terminate()
            self.backends.discard(statements.backend)
        self._slots.release()


async def _stop(statements: Statements) -> None:
    """Have the server end a statement that was given up, if it can still be told."""
    with suppress(*FAILURES):
        await statements.raw.close(timeout=UNDO_SECONDS)
