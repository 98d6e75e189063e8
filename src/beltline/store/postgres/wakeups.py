"""Hints by LISTEN and NOTIFY: the first one sent at once, those that follow soon after it together, later."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from contextlib import suppress
from types import MappingProxyType
from typing import Final, TypeAlias

from beltline.core.errors import StoreError
from beltline.core.job import NewJob
from beltline.store.hints import Hint
from beltline.store.postgres.connection import Pool
from beltline.store.postgres.floors import Floors
from beltline.store.postgres.listener import Listener

OnHint: TypeAlias = Callable[[Hint], None]

# A commit with a NOTIFY in it takes one lock for the whole server and keeps it while it writes to disk: so
# the hint goes after the commit, by itself. An idle worker should hear soon; who waits for results can wait.
PAUSE_SECONDS: Final = MappingProxyType(
    {Hint.QUEUED: 0.005, Hint.SCHEDULED: 0.02, Hint.REQUESTED: 0.005, Hint.FINISHED: 0.05, Hint.LINKED: 0.005}
)


class PostgresWakeups:
    """Hints from this and other processes."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self.floors = Floors()
        self._subscribers: dict[object, tuple[str, OnHint]] = {}
        self._pauses: dict[tuple[str, Hint], asyncio.TimerHandle] = {}
        self._again: set[tuple[str, Hint]] = set()
        self._sending: set[asyncio.Task[None]] = set()
        self._listener = Listener(pool, self._heard, self._missed)

    async def subscribe(self, namespace: str, on_hint: OnHint) -> Callable[[], None]:
        token = object()
        self._subscribers[token] = (namespace, on_hint)
        await self._listener.listen(self._pool.address.channel(namespace))

        def unsubscribe() -> None:
            self._subscribers.pop(token, None)

        return unsubscribe

    def fire(self, namespace: str, hint: Hint, jobs: Collection[NewJob] = ()) -> None:
        """Tell this process now, and the others now or soon. Call it after the commit.

        `jobs` are those that were stored, where that is all that happened.
        """
        if hint is Hint.QUEUED:
            self.floors.lower(namespace, jobs)
        self._tell(namespace, hint)
        what = (namespace, hint)
        if what in self._pauses:
            self._again.add(what)
        else:
            self._send(what)

    async def close(self) -> None:
        """Send what waits, and stop listening."""
        for pause in self._pauses.values():
            pause.cancel()
        self._pauses.clear()
        for what in sorted(self._again):
            self._start(what)
        self._again.clear()
        if self._sending:
            await asyncio.wait(self._sending)
        await self._listener.close()

    def _send(self, what: tuple[str, Hint]) -> None:
        self._start(what)
        loop = asyncio.get_running_loop()
        self._pauses[what] = loop.call_later(PAUSE_SECONDS[what[1]], self._pause_ended, what)

    def _pause_ended(self, what: tuple[str, Hint]) -> None:
        del self._pauses[what]
        if what in self._again:
            self._again.discard(what)
            self._send(what)

    def _start(self, what: tuple[str, Hint]) -> None:
        task = asyncio.get_running_loop().create_task(self._notify(what))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _notify(self, what: tuple[str, Hint]) -> None:
        namespace, hint = what
        # A hint may be lost; the connection that broke is noticed by the next verb.
        with suppress(StoreError):
            await self._pool.run("notify", self._pool.address.channel(namespace), hint.value)

    def _heard(self, sender: int, channel: str, word: str) -> None:
        # What our own connections sent was told when it was fired.
        if sender in self._pool.backends or word not in set(Hint):
            return
        for namespace in {namespace for namespace, _ in self._subscribers.values()}:
            if self._pool.address.channel(namespace) == channel:
                self._tell(namespace, Hint(word))

    def _missed(self) -> None:
        """Nothing was heard for a while: anything may have happened."""
        for namespace in {namespace for namespace, _ in self._subscribers.values()}:
            for hint in Hint:
                self._tell(namespace, hint)

    def _tell(self, namespace: str, hint: Hint) -> None:
        for theirs, on_hint in tuple(self._subscribers.values()):
            if theirs == namespace:
                on_hint(hint)
