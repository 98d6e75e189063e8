"""Tasks in which bodies run one after another, as long as none of them waits."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextvars import copy_context
from typing import Any, Final, Generic, TypeVar

from beltline.runtime.run import Run

# A lane lets the rest of the loop run when it has gone on for so long.
TURN_US: Final = 20_000

W = TypeVar("W")


class Lanes(Generic[W]):
    """Runs each in a task of its own, as far as it can tell.

    Most bodies that do little never wait, and making a task costs more than running them: so they share one.
    `begin` executes a body to where it first waits, and returns what is to be awaited from there on, or None
    where it has ended. A body that waits keeps its task for good, and those behind it go on in a new one. One
    that leaves the context of its task changed, or a cancellation pending, is the last in it.
    """

    def __init__(self, begin: Callable[[Run, W], Awaitable[None] | None], *, now: Callable[[], int]) -> None:
        self._begin = begin
        self._now = now
        self._waiting: deque[tuple[Run, W]] = deque()
        # The lane that takes the next run; None where there is none.
        self._open: asyncio.Task[None] | None = None
        # What every body finds.
        self._fresh = copy_context()

    def put(self, run: Run, way: W) -> None:
        """Let a run begin soon; `run.task` is its task, or that of those before it until it begins."""
        self._waiting.append((run, way))
        if self._open is None:
            self._leave()
        run.task = self._open

    async def _lane(self) -> None:
        task, waiting = self._open, self._waiting
        since = self._now()
        while waiting:
            run, way = waiting.popleft()
            run.task = task
            rest = self._begin(run, way)
            if rest is not None:
                self._leave()
                await rest
                return
            is_spoilt = copy_context() != self._fresh or (task is not None and task.cancelling())
            if is_spoilt or self._now() - since >= TURN_US:
                break
        self._leave()

    def _leave(self) -> None:
        """Let a new lane go on with what waits."""
        self._open = None
        if self._waiting:
            self._open = asyncio.create_task(self._lane(), context=self._fresh.copy())


class Rest:
    """Awaits what a coroutine comes to that waits for `awaited` by now."""

    __slots__ = ("_awaited", "_coroutine")

    def __init__(self, coroutine: Coroutine[Any, Any, object], awaited: object) -> None:
        self._coroutine = coroutine
        self._awaited = awaited

    def __await__(self) -> Generator[Any, Any, object]:
        """Go on with the coroutine, and return what it returns."""
        coroutine, awaited = self._coroutine, self._awaited
        while True:
            try:
                yield awaited
            except BaseException as error:  # noqa: BLE001 - what is thrown in is meant for the coroutine
                try:
                    awaited = coroutine.throw(error)
                except StopIteration as end:
                    return end.value
            else:
                return (yield from coroutine.__await__())
