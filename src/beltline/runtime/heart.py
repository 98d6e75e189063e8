"""The heartbeat: renews the session from a thread of its own, which bodies cannot starve.

And watches over the event loop.

The thread has its own event loop and its own connection to the store.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from beltline.core.clock import MICROS, Clock
from beltline.core.errors import BeltlineError
from beltline.store.contract import Store
from beltline.store.params import BeatReply

_START_PATIENCE_S: Final = 30.0


class Watch(Protocol):
    """What looks after the process at each beat, on the heart's own loop."""

    async def look(self, store: Store) -> None:
        """Look once."""
        ...


class Heart:
    """Beats for whatever session `session` names, every `interval_us`.

    `replied` gets each reply on the worker's loop. A beat that fails is tried again at a fourth of the
    interval.
    """

    def __init__(
        self,
        open_store: Callable[[], Store],
        namespace: str,
        *,
        session: Callable[[], str],
        interval_us: int,
        replied: Callable[[BeatReply], None],
        watches: Sequence[Watch] = (),
    ) -> None:
        self._open_store = open_store
        self._namespace = namespace
        self._session = session
        self._interval_s = interval_us / MICROS
        self._replied = replied
        self._watches = watches
        self._owner = asyncio.get_running_loop()
        self._loop = asyncio.new_event_loop()
        self._stopping = asyncio.Event()
        self._thread = threading.Thread(target=self._live, name="beltline-heart", daemon=True)

    def start(self) -> None:
        """Start beating."""
        self._thread.start()

    async def stop(self) -> None:
        """Stop beating; returns when the thread has ended."""
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._stopping.set)
            await asyncio.to_thread(self._thread.join, _START_PATIENCE_S)

    def _live(self) -> None:
        try:
            self._loop.run_until_complete(self._beat_on())
        finally:
            self._loop.close()

    async def _beat_on(self) -> None:
        store = self._open_store()
        opened = False
        while not self._stopping.is_set():
            pause = self._interval_s
            try:
                if not opened:
                    await store.open(migrate=False)
                    opened = True
                await self._beat(store)
            except BeltlineError as error:
                logging.getLogger("beltline").warning("heartbeat: %s; trying again", error)
                pause /= 4
            await self._rest(store, pause)
        await store.close()

    async def _beat(self, store: Store) -> None:
        session = self._session()
        reply = await store.sessions.beat(self._namespace, session, store.now())
        if session == self._session():
            self._owner.call_soon_threadsafe(self._replied, reply)

    async def _rest(self, store: Store, pause: float) -> None:
        """Wait for the next beat; the watches look once a second meanwhile."""
        while pause > 0 and not self._stopping.is_set():
            for watch in self._watches:
                await watch.look(store)
            step = min(pause, 1.0)
            try:
                await asyncio.wait_for(self._stopping.wait(), step)
            except TimeoutError:
                pause -= step


class Pulse:
    """Shows that an event loop turns: the loop itself moves `at` forward twice a second."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._handle: asyncio.TimerHandle | None = None
        self.at = clock.monotonic()
        self.beat()

    def beat(self) -> None:
        """Move forward, and again in half a second."""
        self.at = self._clock.monotonic()
        self._handle = self._loop.call_later(0.5, self.beat)

    def still_for(self) -> int:
        """Return how many microseconds the loop has not turned."""
        return self._clock.monotonic() - self.at

    def stop(self) -> None:
        """Beat no more."""
        if self._handle is not None:
            self._handle.cancel()
