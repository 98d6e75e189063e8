"""A loop that ticks."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from beltline.core.backoff import growing
from beltline.core.errors import StoreError
from beltline.core.ids import Random

# A loop that others wake looks by itself only so often, in case no one did.
REST_S: Final = 30.0
# How far ahead a loop sets itself an alarm: others wake it oftener than that.
AHEAD_S: Final = 2.0
_FIRST_PAUSE: Final = 1.0
_LONGEST_PAUSE: Final = 10.0
# uvloop makes no timer of less than half a millisecond.
_SHORTEST_WAIT: Final = 0.001


class Loop:
    """Calls `tick` now and again until stopped.

    `tick` returns whether there may be more to do at once. Between ticks it waits `interval` seconds, with a
    fifth of jitter so that many workers do not beat in step; `wake` and `wake_in` cut the wait short. Where
    the store fails it waits longer and longer, at most ten seconds, and says so once; it never gives up.
    """

    def __init__(
        self, name: str, interval: float, tick: Callable[[], Awaitable[bool]], *, random: Random
    ) -> None:
        self.name = name
        self.tick = tick
        self._interval = interval
        self._random = random
        self._woken = asyncio.Event()
        self._alarm: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._failures = 0

    def start(self) -> None:
        """Start ticking, the first time at once."""
        self._task = asyncio.create_task(self._run(), name=f"beltline-{self.name}")

    def wake(self) -> None:
        """Tick soon."""
        self._woken.set()

    def wake_in(self, seconds: float) -> None:
        """Tick when this time has passed; of several such calls the earliest counts."""
        if seconds < _SHORTEST_WAIT:
            self.wake()
            return
        alarm = asyncio.get_running_loop().call_later(seconds, self._ring)
        if self._alarm is not None and self._alarm.when() <= alarm.when():
            alarm.cancel()
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = alarm

    async def stop(self) -> None:
        """Stop; a tick under way is cancelled."""
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def _ring(self) -> None:
        self._alarm = None
        self.wake()

    async def _run(self) -> None:
        while True:
            self._woken.clear()
            if await self._guarded():
                continue
            if self._failures:
                # What fails is not hurried.
                await asyncio.sleep(self._pause())
            else:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(self._pause()):
                        await self._woken.wait()

    def _pause(self) -> float:
        failures = self._failures
        first = min(self._interval, _FIRST_PAUSE)
        base = growing(first, failures, longest=_LONGEST_PAUSE) if failures else self._interval
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
