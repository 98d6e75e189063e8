"""Waiting for jobs to end: all waiters of a process share one query."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from beltline.core.clock import MICROS
from beltline.core.errors import NotOpen, StoreError
from beltline.store.contract import Store
from beltline.store.hints import Hint
from beltline.store.params import Finished

SOONEST_S: Final = 0.02
LATEST_S: Final = 0.25
_CHUNK: Final = 1_000


class Waiter:
    """Resolves futures when their jobs are final.

    Hints make it quick; without any it polls, slower and slower up to LATEST_S.
    """

    def __init__(self, store: Store, namespace: str) -> None:
        self._store = store
        self._namespace = namespace
        self._futures: dict[str, list[asyncio.Future[Finished]]] = {}
        self._hinted = asyncio.Event()
        self._poller: asyncio.Task[None] | None = None
        self._unsubscribe: Callable[[], None] | None = None

    async def wait(self, job_id: str, timeout_us: int | None) -> Finished | None:
        """Return how the job ended; None where it was not final within the time."""
        future: asyncio.Future[Finished] = asyncio.get_running_loop().create_future()
        self._futures.setdefault(job_id, []).append(future)
        self._hinted.set()
        if self._poller is None or self._poller.done():
            self._poller = asyncio.create_task(self._poll())
        try:
            async with asyncio.timeout(None if timeout_us is None else timeout_us / MICROS):
                return await future
        except TimeoutError:
            return None
        finally:
            self._forget(job_id, future)

    async def close(self) -> None:
        """Stop polling; those who still wait get NotOpen."""
        if self._poller is not None:
            self._poller.cancel()
            await asyncio.wait([self._poller])
        if self._unsubscribe is not None:
            self._unsubscribe()
        self._fail(NotOpen("the Beltline was closed while this job's end was awaited; the job goes on"))

    def _forget(self, job_id: str, future: asyncio.Future[Finished]) -> None:
        futures = self._futures.get(job_id, [])
        if future in futures:
            futures.remove(future)
        if not futures:
            self._futures.pop(job_id, None)

    def _hint(self, hint: Hint) -> None:
        if hint is Hint.FINISHED:
            self._hinted.set()

    def _fail(self, error: Exception) -> None:
        for futures in self._futures.values():
            for future in futures:
                if not future.done():
                    future.set_exception(error)

    async def _poll(self) -> None:
        try:
            await self._poll_on()
        except Exception as error:  # noqa: BLE001 - whatever it is, those who wait must hear of it
            self._fail(error)

    async def _poll_on(self) -> None:
        pause = SOONEST_S
        while self._futures:
            self._hinted.clear()
            if await self._look():
                pause = SOONEST_S
            if self._futures:
                try:
                    async with asyncio.timeout(pause):
                        await self._hinted.wait()
                except TimeoutError:
                    pause = min(pause * 1.5, LATEST_S)

    async def _look(self) -> bool:
        """Ask once for all; where the store is away, say that nothing was found."""
        try:
            if self._unsubscribe is None:
                self._unsubscribe = await self._store.wakeups.subscribe(self._namespace, self._hint)
            return await self._ask()
        except StoreError:
            return False

    async def _ask(self) -> bool:
        found = False
        ids = list(self._futures)
        for start in range(0, len(ids), _CHUNK):
            for ended in await self._store.reads.finished(self._namespace, ids[start : start + _CHUNK]):
                found = True
                for future in self._futures.get(ended.id, []):
                    if not future.done():
                        future.set_result(ended)
        return found
