"""The heartbeat: renews the session from a thread of its own, which bodies cannot starve.

From there it also watches over the event loop.

The thread has its own event loop and its own connection to the store.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from beltline.core.clock import MICROS, Clock
from beltline.core.errors import BeltlineError
from beltline.store.contract import Store
from beltline.store.params import BeatReply

_STOP_PATIENCE_S: Final = 30.0


class Watch(Protocol):
    """What looks after the process at each beat, on the heart's own loop."""

    async def look(self, store: Store) -> None:
        """Look once."""
        ...


class Heart:
    """Beats for whatever session `session` names, every `interval_us`.

    `replied` gets each reply, with the session that it is about, on the worker's loop. A beat that fails is
    tried again at a fourth of the interval; nothing ends the heart but `stop`.
    """

    def __init__(
        self,
        open_store: Callable[[], Store],
        namespace: str,
        *,
        session: Callable[[], str],
        interval_us: int,
        replied: Callable[[str, BeatReply], None],
        watches: Sequence[Watch] = (),
    ) -> None:
        self._open_store = open_store
        self._namespace = namespace
        self._session = session
        self._interval_s = interval_us / MICROS
        self._replied = replied
        self._watches = watches
        self._owner = asyncio.get_running_loop()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping = asyncio.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start beating."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=self._live, args=(self._loop,), name="beltline-heart", daemon=True
        )
        self._thread.start()

    async def stop(self) -> None:
        """Stop beating; returns when the thread has ended."""
        if self._loop is not None and self._thread is not None:
            with contextlib.suppress(RuntimeError):  # it was stopped before
                self._loop.call_soon_threadsafe(self._stopping.set)
            await asyncio.to_thread(self._thread.join, _STOP_PATIENCE_S)

    def _live(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            loop.run_until_complete(self._beat_on())
        finally:
            loop.close()

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
            except Exception:
                # Without a heartbeat others take over what runs here: whatever it was, the heart goes on.
                logging.getLogger("beltline").exception("heartbeat failed; trying again")
                pause /= 4
            await self._rest(store, pause)
        with contextlib.suppress(BeltlineError):
            await store.close()

    async def _beat(self, store: Store) -> None:
        session = self._session()
        reply = await store.sessions.beat(self._namespace, session, store.now())
        if session == self._session():
            self._owner.call_soon_threadsafe(self._replied, session, reply)

    async def _rest(self, store: Store, pause: float) -> None:
        """Wait for the next beat; the watches look once a second meanwhile."""
        while pause > 0 and not self._stopping.is_set():
            await self._look(store)
            step = min(pause, 1.0)
            try:
                async with asyncio.timeout(step):
                    await self._stopping.wait()
            except TimeoutError:
                pause -= step

    async def _look(self, store: Store) -> None:
        for watch in self._watches:
            try:
                await watch.look(store)
            except Exception:
                logging.getLogger("beltline").exception("%s failed", type(watch).__name__)


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
