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
        self._let_pass = 0
        self._open = asyncio.Event()
        self._open.set()

    async def __call__(self, work: Callable[[], T], /) -> T:
        self.knocks += 1
        await self._open.wait()
        failing = self._error if self._let_pass <= 0 else None
        self._let_pass -= 1
        if failing is not None and not self._after:
            raise failing
        value = work()
        self.passed += 1
        if failing is not None:
            raise failing
        return value

    def shut(self) -> None:
        """Let verbs wait."""
        self._open.clear()

    def open(self) -> None:
        """Let them pass, and fail no more."""
        self._error = None
        self._open.set()

    def fail(self, error: Exception | None = None, *, after: bool = False, let_pass: int = 0) -> None:
        """Let verbs fail, but for the first `let_pass`.

        `after`: they fail once they are done, so that only the reply is lost.
        """
        self._let_pass = let_pass
        self._error = error or StoreUnavailable("the store is away, says the test")
        self._after = after


async def memory_store(door: Door, clock: Clock | None = None) -> SqliteStore:
    """Return an open store in memory behind this door."""
    store = SqliteStore(None, clock=clock or SystemClock(), hop=door)
    await store.open()
    return store
