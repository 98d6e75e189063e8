"""The seam of the store in memory: every verb passes a door, which a test may shut, count or let fail."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from beltline.core.clock import Clock, SystemClock
from beltline.core.errors import StoreUnavailable
from beltline.store.sqlite.store import SqliteStore

T = TypeVar("T")


class Door:
    """A hop. `passed` counts the verbs that were done, `knocks` those that were begun."""

    def __init__(self) -> None:
        self.knocks = 0
        self.passed = 0
        self._error: Exception | None = None
        self._after = False
        self._open = asyncio.Event()
        self._open.set()

    async def __call__(self, work: Callable[[], T], /) -> T:
        self.knocks += 1
        await self._open.wait()
        if self._error is not None and not self._after:
            raise self._error
        value = work()
        self.passed += 1
        if self._error is not None:
            raise self._error
        return value

    def shut(self) -> None:
        """Let verbs wait."""
        self._open.clear()

    def open(self) -> None:
        """Let them pass, and fail no more."""
        self._error = None
        self._open.set()

    def fail(self, error: Exception | None = None, *, after: bool = False) -> None:
        """Let verbs fail, `after` they were done where the reply is what gets lost."""
        self._error = error or StoreUnavailable("the store is away, says the test")
        self._after = after


async def memory_store(door: Door, clock: Clock | None = None) -> SqliteStore:
    """Return an open store in memory behind this door."""
    store = SqliteStore(None, clock=clock or SystemClock(), hop=door)
    await store.open()
    return store
