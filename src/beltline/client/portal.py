"""A thread with an event loop of its own, through which synchronous code calls the asynchronous client."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar, cast

from beltline.core.errors import NotOpen, Unsupported

T = TypeVar("T")


def call_from_thread(
    loop: asyncio.AbstractEventLoop | None, function: Callable[[], Coroutine[Any, Any, T]]
) -> T:
    """Run a coroutine function on another thread's event loop and return what it returns.

    Raises Unsupported inside an event loop, which it would block, and NotOpen where there is no loop.
    """
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        if loop is None:
            raise NotOpen("this Beltline is not open: call open_sync() before the _sync methods") from None
        return asyncio.run_coroutine_threadsafe(function(), loop).result()
    raise Unsupported("this is an event loop: await the asynchronous form instead of the _sync one")


def run_apart(function: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a coroutine function on an event loop made for it. Raises Unsupported on an event loop."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(function())
    raise Unsupported("this is an event loop: await the asynchronous form instead of the _sync one")


def run_here(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never waits, on this thread. Raises Unsupported where it waits."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return cast("T", done.value)
    coroutine.close()
    raise Unsupported("this call waits for an event loop: await the asynchronous form instead")


class Portal:
    """Runs coroutines for synchronous callers, from any thread. Started at the first call."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._process = 0

    def call(self, function: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine function to its end and return what it returns.

        Raises Unsupported inside an event loop.
        """
        return call_from_thread(self._running(), function)

    def stop(self) -> None:
        """Stop the loop and its thread."""
        if self._loop is not None and self._thread is not None and self._process == os.getpid():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
        self._loop = self._thread = None

    def _running(self) -> asyncio.AbstractEventLoop:
        if self._process != os.getpid():
            # A fork copies neither the thread nor a say in whether the lock was held meanwhile.
            self._process = os.getpid()
            self._starting = threading.Lock()
            self._loop = None
        with self._starting:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=self._loop.run_forever, name="beltline-portal", daemon=True
                )
                self._thread.start()
            return self._loop
