"""Answers who asks for the stacks of bodies that run here."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from typing import Final

from beltline.executors.contract import RemoteExecutor
from beltline.executors.stack import awaiting_stack, thread_stack
from beltline.executors.thread import ThreadExecutor
from beltline.runtime.heart import Pulse
from beltline.runtime.run import Run
from beltline.store.contract import Store

STACKS_S: Final = 1.0
STANDSTILL_US: Final = 2_000_000
_PATIENCE_S: Final = 5.0


class Stacks:
    """Tells stacks on the worker's loop at each tick, about once a second; an idle worker does not look.

    While a body blocks that loop, the heart tells the stacks of bodies on it from its own.
    """

    def __init__(
        self,
        store: Store,
        namespace: str,
        runs: Mapping[tuple[str, int], Run],
        *,
        session: Callable[[], str],
        threads: ThreadExecutor,
        processes: RemoteExecutor | None,
        pulse: Pulse,
    ) -> None:
        self._store = store
        self._namespace = namespace
        self._runs = runs
        self._session = session
        self._threads = threads
        self._processes = processes
        self._pulse = pulse
        self._loop = asyncio.get_running_loop()
        self._loop_thread = threading.get_ident()

    async def tick(self) -> bool:
        """Tell what is asked for."""
        for key in await self._asked(self._store):
            if (run := self._runs.get(key)) is not None:
                await self._store.stacks.tell(self._namespace, *key, await self._stack(run))
        return False

    async def look(self, store: Store) -> None:
        """Tell what is asked for while the worker's loop stands still."""
        if self._pulse.still_for() < STANDSTILL_US:
            return
        for key in await self._asked(store):
            run = self._runs.get(key)
            if run is not None and run.mode != "process":
                await store.stacks.tell(self._namespace, *key, self._stack_here(run))

    async def _asked(self, store: Store) -> list[tuple[str, int]]:
        if not self._runs:
            return []
        return await store.stacks.asked(self._namespace, self._session())

    async def _stack(self, run: Run) -> str:
        if run.mode != "process" or self._processes is None:
            return self._stack_here(run)
        asked = self._processes.stack(*run.key)
        if asked is None:
            return _NOT_BEGUN
        try:
            async with asyncio.timeout(_PATIENCE_S):
                return await asked
        except TimeoutError:
            return "the process does not answer: its body holds the interpreter's lock\n"

    def _stack_here(self, run: Run) -> str:
        if run.mode == "thread":
            thread = self._threads.thread_of(*run.key)
            return _NOT_BEGUN if thread is None else thread_stack(thread)
        if run.coroutine is None:
            return _NOT_BEGUN
        if run.task is asyncio.current_task(self._loop):
            return thread_stack(self._loop_thread)
        return awaiting_stack(run.coroutine)


_NOT_BEGUN: Final = "the body waits for its place; it has not begun\n"
