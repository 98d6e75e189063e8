"""The one thread that writes: it owns the write connection, and looks for what other processes write."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

from beltline.core.clock import Clock
from beltline.core.errors import StoreError
from beltline.store.sqlite.connection import FileLock, connect, data_version
from beltline.store.sqlite.failures import translating
from beltline.store.sqlite.groups import Groups
from beltline.store.sqlite.parking import Leave, Outcome, Parked, Parking, Request
from beltline.store.sqlite.short_log import Checkpoint, ShortLog
from beltline.store.sqlite.transaction import T, Verb
from beltline.store.sqlite.wakeups import Fire, Hints
from beltline.store.sqlite.watch import Watch

# The kernel tells of writes to the log. Where it cannot, the thread looks: that takes 4 us, waking it 40 us,
# so the looks get rarer where nobody else has written for a while.
POLL_S: Final = 0.025
POLL_US: Final = 25_000
# A worker's own writes are heard too: while it is busy it looks as often as this.
LOOK_US: Final = 10_000
DOZE_S: Final = 0.05
LIVELY_POLLS: Final = 40


class Writer:
    """Takes verbs from the event loop, commits them in groups, and answers when they are on disk."""

    def __init__(
        self, path: str, *, lock: FileLock, clock: Clock, fire: Fire, checkpoint: Checkpoint
    ) -> None:
        self._path = path
        self._lock = lock
        self._clock = clock
        self._fire = fire
        self._checkpoint = checkpoint
        # None wakes the thread; the future that ends it comes last.
        self._requests: SimpleQueue[Request | Leave | asyncio.Future[None] | None] = SimpleQueue()
        self._parking = Parking()
        self._end: asyncio.Future[None] | None = None
        self._closed = True
        self._listening = False
        self._watch = Watch(
            Path(f"{path}-wal"), partial(self._requests.put, None), clock=clock, gap_us=LOOK_US
        )
        self._watched = False
        self._version = 0
        self._polled_at = 0
        self._lively = LIVELY_POLLS

    async def open(self, prepare: Callable[[sqlite3.Connection], None]) -> None:
        """Start the thread and let it connect; `prepare` sees the connection under the lock."""
        self._loop = asyncio.get_running_loop()
        self._end = None
        opened: asyncio.Future[None] = self._loop.create_future()
        # A daemon: a program that ends without closing its store must not hang. What is open is undone.
        thread = threading.Thread(
            target=self._live, args=(prepare, opened), name="beltline-sqlite-writer", daemon=True
        )
        thread.start()
        try:
            await asyncio.shield(opened)
        except asyncio.CancelledError:
            # Whoever gave up leaves no thread behind.
            await asyncio.wait([opened])
            if opened.exception() is None:
                self._closed = False
                await self.close()
            raise
        self._closed = False

    async def write(self, verb: Verb[T]) -> T:
        """Run a verb and return its value once it is on disk. A cancelled caller does not call it back."""
        if self._closed:
            raise StoreError("the store is closed; open it before use")
        future: asyncio.Future[T] = self._loop.create_future()
        self._requests.put(Request(verb, future))
        return await future

    async def park(self, namespace: str, verb: Verb[T], *, until: asyncio.Event, empty: T) -> T:
        """Run a verb in the transaction that next queues a job here; return `empty` once `until` is set."""
        if self._closed:
            raise StoreError("the store is closed; open it before use")
        parked = Parked(verb, self._loop.create_future(), namespace)
        self._requests.put(parked)
        waiting = asyncio.ensure_future(until.wait())
        waiting.add_done_callback(lambda _: self._requests.put(Leave(parked, empty)))
        try:
            value: T = await parked.future
        except asyncio.CancelledError:
            # At once: what its caller gives back next must not be taken for it again.
            self._requests.put(Leave(parked, empty))
            raise
        finally:
            waiting.cancel()
        return value

    def listen(self, *, wanted: bool) -> None:
        """Look for the commits of other processes from now on, or no more."""
        if wanted and not self._listening:
            self._watched = self._watch.start()
            self._requests.put(None)
        elif not wanted:
            self._watch.stop()
        self._listening = wanted

    async def close(self) -> None:
        """Finish what waits and end the thread."""
        if not self._closed:
            self._closed = True
            self._watch.stop()
            ended: asyncio.Future[None] = self._loop.create_future()
            self._requests.put(ended)
            await ended

    def _live(self, prepare: Callable[[sqlite3.Connection], None], opened: asyncio.Future[None]) -> None:
        try:
            connection = self._connect(prepare)
        except Exception as error:  # noqa: BLE001 - whatever it is, the one who opens must hear of it
            self._post([Outcome(opened, None, error)], frozenset())
            return
        self._post([Outcome(opened, None, None)], frozenset())
        groups = Groups(
            self._path,
            connection,
            lock=self._lock,
            clock=self._clock,
            more=self._more,
            parking=self._parking,
        )
        log = ShortLog(self._checkpoint)
        while self._end is None:
            request = self._sorted(self._take(connection))
            if request is None:
                self._notice(connection)
            else:
                self._post(*groups.commit(request))
                self._notice_while_busy(connection)
                log.committed(connection)
        connection.close()
        unanswered = self._parking.close(StoreError("the store was closed while a claim waited"))
        self._post([*unanswered, Outcome(self._end, None, None)], frozenset())

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

    def _take(self, connection: sqlite3.Connection) -> Request | Leave | asyncio.Future[None] | None:
        while self._listening and not self._watched:
            try:
                return self._requests.get(timeout=POLL_S if self._lively else DOZE_S)
            except Empty:
                self._lively = max(0, self._lively - 1)
                self._notice(connection)
        return self._requests.get()

    def _more(self) -> Request | None:
        while self._end is None:
            try:
                request = self._sorted(self._requests.get_nowait())
            except Empty:
                return None
            if request is not None:
                return request
        return None

    def _sorted(self, item: Request | Leave | asyncio.Future[None] | None) -> Request | None:
        """Return a request that is to run now; note what else the item says."""
        if isinstance(item, Parked):
            self._parking.enter(item)
        elif isinstance(item, Request):
            return item
        elif isinstance(item, Leave):
            self._post(self._parking.leave(item), frozenset())
        elif item is not None:
            self._end = item
        return None

    def _notice(self, connection: sqlite3.Connection) -> None:
        """Hint at everything where another process has committed since the last look."""
        if not self._listening:
            return
        try:
            version = data_version(connection)
        except sqlite3.Error:
            return
        if version != self._version:
            self._version = version
            self._lively = LIVELY_POLLS
            self._post([], None)

    def _notice_while_busy(self, connection: sqlite3.Connection) -> None:
        now = self._clock.monotonic()
        if not self._watched and now - self._polled_at >= POLL_US:
            self._polled_at = now
            self._notice(connection)

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
