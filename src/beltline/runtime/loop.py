"""A loop that ticks."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from beltline.core.errors import StoreError
from beltline.core.ids import Random

_LONGEST_PAUSE = 10.0


class Loop:
    """Calls `tick` now and again until stopped.

    `tick` returns whether there may be more to do at once. Between ticks it waits `interval` seconds, with a
    fifth of jitter so that many workers do not beat in step; `wake` cuts the wait short. Where the store
    fails it waits longer and longer, at most ten seconds, and says so once; it never gives up.
    """

    def __init__(
        self, name: str, interval: float, tick: Callable[[], Awaitable[bool]], *, random: Random
    ) -> None:
        self.name = name
        self.tick = tick
        self._interval = interval
        self._random = random
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._failures = 0

    def start(self) -> None:
        """Start ticking, the first time at once."""
        self._task = asyncio.create_task(self._run(), name=f"beltline-{self.name}")

    def wake(self) -> None:
        """Tick soon."""
        self._woken.set()

    async def stop(self) -> None:
        """Stop; a tick under way is cancelled."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            if not await self._guarded():
                pause = self._pause()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._woken.wait(), pause)

    def _pause(self) -> float:
        base = (
            self._interval if not self._failures else min(self._interval * 2**self._failures, _LONGEST_PAUSE)
        )
        return base * (0.9 + 0.2 * self._random.random())

    async def _guarded(self) -> bool:
        try:
            more = await self.tick()
        except StoreError as error:
            self._failures += 1
            if self._failures == 1:
                logging.getLogger("beltline").warning("%s: %s; trying again", self.name, error)
            return False
        except Exception:
            self._failures += 1
            logging.getLogger("beltline").exception("%s failed; going on", self.name)
            return False
        if self._failures:
            logging.getLogger("beltline").warning(
                "%s: works again after %d failures", self.name, self._failures
            )
            self._failures = 0
        return more
