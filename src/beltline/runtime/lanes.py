"""Tasks in which bodies run one after another, as long as none of them waits."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextvars import copy_context
from typing import Any, Final, TypeAlias

from beltline.core.outcome import Outcome
from beltline.runtime.run import Run

# A lane lets the rest of the loop run when it has gone on for so long.
TURN_US: Final = 20_000

Body: TypeAlias = Callable[[Run], Awaitable[Outcome]]
Start: TypeAlias = Callable[[Run, Body], Coroutine[Any, Any, None]]


class Lanes:
    """Runs each in a task of its own, as far as it can tell.

    Most bodies that do little never wait, and making a task costs more than running them: so they share one.
    A body that waits keeps its task for good, and those behind it go on in a new one. One that leaves the
    context of its task changed, or a cancellation pending, is the last in it.
    """

    def __init__(self, start: Start, *, now: Callable[[], int]) -> None:
        self._start = start
        self._now = now
        self._waiting: deque[tuple[Run, Body]] = deque()
        # The lane that takes the next run; None where there is none.
        self._open: asyncio.Task[None] | None = None
        # What every body finds.
        self._fresh = copy_context()

    def put(self, run: Run, body: Body) -> None:
        """Let a run begin soon; `run.task` is its task, or that of those before it until it begins."""
        self._waiting.append((run, body))
        if self._open is None:
            self._leave()
        run.task = self._open

    async def _lane(self) -> None:
        task, waiting = self._open, self._waiting
        since = self._now()
        while waiting:
            run, body = waiting.popleft()
            run.task = task
            run.coroutine = self._start(run, body)
            await _Begun(run.coroutine, self._leave)
            if self._open is not task:
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


class _Begun:
    """Awaits a coroutine, and calls `waits` where that waits for the first time."""

    __slots__ = ("_coroutine", "_waits")

    def __init__(self, coroutine: Coroutine[Any, Any, None], waits: Callable[[], None]) -> None:
        self._coroutine = coroutine
        self._waits = waits

    def __await__(self) -> Generator[Any, Any, None]:
        coroutine = self._coroutine
        try:
            awaited = coroutine.send(None)
        except StopIteration:
            return
        self._waits()
        while True:
            try:
                yield awaited
            except BaseException as error:  # noqa: BLE001 - what is thrown in is meant for the coroutine
                try:
                    awaited = coroutine.throw(error)
                except StopIteration:
                    return
            else:
                yield from coroutine.__await__()
                return
