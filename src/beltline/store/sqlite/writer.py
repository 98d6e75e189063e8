"""The one thread that writes: it owns the write connection and commits what waits as one group."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from typing import Any, Final, NamedTuple

from beltline.core.clock import Clock
from beltline.core.errors import StoreError
from beltline.store.sqlite.connection import FileLock, connect, data_version
from beltline.store.sqlite.failures import translated, translating
from beltline.store.sqlite.transaction import T, Transaction, Verb
from beltline.store.sqlite.wakeups import Fire, Hints

# A look for the commits of other processes takes 4 us, waking the thread for it 40 to 80 us. So the looks
# become
# rarer where nobody else has written for a while: 0.15 to 0.3 % of a core.
POLL_S: Final = 0.025
PAGES_A_COMMIT: Final = 6
CHANGES_A_PAGE: Final = 20
CHECKPOINT_PAGES: Final = 1_000
DOZE_S: Final = 0.05
LIVELY_POLLS: Final = 40
POLL_US: Final = 25_000
GROUP_MOST: Final = 128
# A group ends after this long, so that those that come later do not keep its first verb from its commit.
GROUP_US: Final = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """A verb that waits for the writer."""

    verb: Verb[Any]
    future: asyncio.Future[Any]


class Outcome(NamedTuple):
    """What became of a request once the group was committed."""

    future: asyncio.Future[Any]
    value: Any
    error: BaseException | None


class Writer:
    """Takes verbs from the event loop, runs what waits in one transaction, answers when that is on disk."""

    def __init__(
        self,
        path: str,
        *,
        lock: FileLock,
        clock: Clock,
        fire: Fire,
        checkpoint: Callable[[], None],
    ) -> None:
        self._path = path
        self._lock = lock
        self._clock = clock
        self._fire = fire
        self._checkpoint = checkpoint
        self._logged = 0
        self._changes = 0
        # None wakes the thread; the future that ends it comes last.
        self._requests: SimpleQueue[Request | asyncio.Future[None] | None] = SimpleQueue()
        self._end: asyncio.Future[None] | None = None
        self._closed = True
        self._listening = False
        self._version = 0
        self._polled_at = 0
        self._lively = LIVELY_POLLS

    async def open(self, prepare: Callable[[sqlite3.Connection], None]) -> None:
        """Start the thread and let it connect; `prepare` sees the connection under the lock."""
        self._loop = asyncio.get_running_loop()
        opened: asyncio.Future[None] = self._loop.create_future()
        # A daemon: a program that ends without closing its store must not hang. What is open is undone.
        thread = threading.Thread(
            target=self._live, args=(prepare, opened), name="beltline-sqlite-writer", daemon=True
        )
        self._end = None
        thread.start()
        await opened
        self._closed = False

    async def write(self, verb: Verb[T]) -> T:
        """Run a verb and return its value once it is on disk. A cancelled caller does not call it back."""
        if self._closed:
            raise StoreError("the store is closed; open it before use")
        future: asyncio.Future[T] = self._loop.create_future()
        self._requests.put(Request(verb, future))
        return await future

    def listen(self, *, wanted: bool) -> None:
        """Poll for the commits of other processes from now on, or no more."""
        if wanted and not self._listening:
            self._requests.put(None)
        self._listening = wanted

    async def close(self) -> None:
        """Finish what waits and end the thread."""
        if not self._closed:
            self._closed = True
            ended: asyncio.Future[None] = self._loop.create_future()
            self._requests.put(ended)
            await ended

    def _live(self, prepare: Callable[[sqlite3.Connection], None], opened: asyncio.Future[None]) -> None:
        try:
            self._connection = self._connect(prepare)
        except Exception as error:  # noqa: BLE001 - whatever it is, the one who opens must hear of it
            self._post([Outcome(opened, None, error)], frozenset())
            return
        self._post([Outcome(opened, None, None)], frozenset())
        while self._end is None:
            request = self._take()
            if isinstance(request, Request):
                self._post(*self._commit(request))
                self._notice_while_busy()
                self._keep_log_short()
            elif request is not None:
                self._end = request
        self._connection.close()
        self._post([Outcome(self._end, None, None)], frozenset())

    def _connect(self, prepare: Callable[[sqlite3.Connection], None]) -> sqlite3.Connection:
        with translating(self._path), self._lock.held():
            connection = connect(self._path)
            try:
                prepare(connection)
                self._version = data_version(connection)
            except BaseException:
                connection.close()
                raise
            return connection

    def _take(self) -> Request | asyncio.Future[None] | None:
        while self._listening:
            try:
                return self._requests.get(timeout=POLL_S if self._lively else DOZE_S)
            except Empty:
                self._lively = max(0, self._lively - 1)
                self._notice()
        return self._requests.get()

    def _notice_while_busy(self) -> None:
        now = self._clock.monotonic()
        if self._listening and now - self._polled_at >= POLL_US:
            self._polled_at = now
            self._notice()

    def _keep_log_short(self) -> None:
        """Have the log copied now and then; what a commit adds to it is estimated."""
        changes = self._connection.total_changes
        self._logged += PAGES_A_COMMIT + (changes - self._changes) // CHANGES_A_PAGE
        self._changes = changes
        if self._logged >= CHECKPOINT_PAGES:
            self._logged = 0
            self._checkpoint()

    def _notice(self) -> None:
        """Hint at everything where another process has committed since the last look."""
        try:
            version = data_version(self._connection)
        except sqlite3.Error:
            return
        if version != self._version:
            self._version = version
            self._lively = LIVELY_POLLS
            self._post([], None)

    def _commit(self, first: Request) -> tuple[list[Outcome], Hints]:
        taken = [first]
        try:
            with self._lock.held():
                if not self._begun(taken):
                    return self._failed(taken, self._refusal)
                return self._group(taken)
        except Exception as error:  # noqa: BLE001 - an error that ends the transaction, and one of the commit, is everyone's
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
            return self._failed(taken, error)

    def _begun(self, taken: list[Request]) -> bool:
        """Begin; where that fails, take all that waits, for it would wait for the same in vain."""
        try:
            self._connection.execute("BEGIN IMMEDIATE")
        except sqlite3.Error as error:
            self._refusal = error
            while (request := self._more(taken)) is not None:
                taken.append(request)
            return False
        return True

    def _failed(self, taken: list[Request], error: Exception) -> tuple[list[Outcome], Hints]:
        return [Outcome(request.future, None, self._error(error)) for request in taken], frozenset()

    def _error(self, error: Exception) -> Exception:
        if not isinstance(error, sqlite3.Error):
            return error
        made = translated(error, self._path)
        made.__cause__ = error
        return made

    def _group(self, taken: list[Request]) -> tuple[list[Outcome], Hints]:
        """Run what waits and commit it."""
        if self._requests.empty():
            outcomes, hints = self._alone(taken[0])
        else:
            outcomes, hints = self._together(taken)
        if self._connection.in_transaction:
            self._connection.execute("COMMIT")
        return outcomes, hints

    def _alone(self, request: Request) -> tuple[list[Outcome], Hints]:
        transaction = Transaction(self._connection)
        value = request.verb(transaction)
        return [Outcome(request.future, value, None)], transaction.hints

    def _together(self, taken: list[Request]) -> tuple[list[Outcome], Hints]:
        outcomes: list[Outcome] = []
        hints: set[tuple[str, Any]] = set()
        until = self._clock.monotonic() + GROUP_US
        request: Request | None = taken[0]
        while request is not None:
            transaction = Transaction(self._connection)
            self._connection.execute("SAVEPOINT verb")
            try:
                outcomes.append(Outcome(request.future, request.verb(transaction), None))
                hints |= transaction.hints
            except Exception as error:
                if not self._connection.in_transaction:
                    raise
                self._connection.execute("ROLLBACK TO verb")
                outcomes.append(Outcome(request.future, None, self._error(error)))
            self._connection.execute("RELEASE verb")
            request = self._more(taken) if self._clock.monotonic() < until else None
            if request is not None:
                taken.append(request)
        return outcomes, hints

    def _more(self, taken: list[Request]) -> Request | None:
        while len(taken) < GROUP_MOST and self._end is None:
            try:
                request = self._requests.get_nowait()
            except Empty:
                return None
            if isinstance(request, Request):
                return request
            self._end = request
        return None

    def _post(self, outcomes: list[Outcome], hints: Hints | None) -> None:
        """Hand a whole group to the event loop by one wake-up."""
        try:
            self._loop.call_soon_threadsafe(partial(self._deliver, outcomes, hints))
        except RuntimeError:
            # The loop is closed: nobody waits any more.
            return

    def _deliver(self, outcomes: list[Outcome], hints: Hints | None) -> None:
        for future, value, error in outcomes:
            if future.done():
                continue
            if error is None:
                future.set_result(value)
            else:
                future.set_exception(error)
        if hints is None or hints:
            self._fire(hints)
