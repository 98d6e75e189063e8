"""Waiting for what other processes and threads do: ask again and again until it is so, or too late."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final, TypeVar

T = TypeVar("T")

PATIENCE_S: Final = 30.0
_POLL_S: Final = 0.01


def eventually(check: Callable[[], T], *, within: float = PATIENCE_S, what: str = "") -> T:
    """Return the first true answer of `check`; fail where there is none within the time."""
    last = time.monotonic() + within
    while not (found := check()):
        assert time.monotonic() < last, f"not so within {within:g} s: {what or check}"
        threading.Event().wait(_POLL_S)
    return found


async def eventually_async(
    check: Callable[[], Awaitable[T]], *, within: float = PATIENCE_S, what: str = ""
) -> T:
    """Do what `eventually` does with a coroutine function, letting the event loop turn meanwhile."""
    last = time.monotonic() + within
    while not (found := await check()):
        assert time.monotonic() < last, f"not so within {within:g} s: {what or check}"
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.Event().wait(), _POLL_S)
    return found


async def pause(seconds: float) -> None:
    """Let a while pass, where the passing itself is what is tested: a random moment, a whole lease."""
    with suppress(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), seconds)
