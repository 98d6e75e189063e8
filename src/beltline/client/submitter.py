"""Submits that arrive together are stored together: one statement for many callers, no waiting for one.

While one batch is on its way, the next gathers. Callers of one turn of the event loop share a batch; where
the last batch was a lone caller's, the next caller goes without: it would wait two turns and a task for
nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, TypeAlias

from beltline.core.errors import StoreError
from beltline.core.job import NewJob
from beltline.engine.submit import insert
from beltline.store.batches import Family
from beltline.store.contract import Store
from beltline.store.edges import NOTHING, Waits
from beltline.store.params import Inserted

LARGEST_BATCH: Final = 1_000

Waiting: TypeAlias = tuple[NewJob, asyncio.Future[Inserted]]


class Submitter:
    """Gathers single submits into batches. Belongs to one event loop."""

    def __init__(self, store: Store, namespace: str) -> None:
        self._store = store
        self._namespace = namespace
        self._waiting: list[Waiting] = []
        self._flushing: asyncio.Task[None] | None = None
        self._is_quiet = False
        self._alone: asyncio.Event | None = None

    async def submit(self, job: NewJob) -> Inserted:
        """Store one job; return once it is durable. A cancelled caller's job may be stored all the same."""
        if self._is_quiet and self._flushing is None and self._alone is None:
            return await self._store_alone(job)
        future: asyncio.Future[Inserted] = asyncio.get_running_loop().create_future()
        self._waiting.append((job, future))
        if self._alone is None:
            self._begin()
        return await future

    async def submit_many(
        self, jobs: Sequence[NewJob], waits: Waits = NOTHING, family: Family | None = None
    ) -> list[Inserted]:
        """Store all of the jobs or none, in one transaction, with what they wait for and whose they are."""
        return await insert(self._store, self._namespace, jobs, all_or_none=True, waits=waits, family=family)

    async def close(self) -> None:
        """Wait for what is on its way."""
        if self._alone is not None:
            await self._alone.wait()
        if self._flushing is not None:
            await asyncio.wait([self._flushing])

    async def _store_alone(self, job: NewJob) -> Inserted:
        self._alone = done = asyncio.Event()
        try:
            [answer] = await insert(self._store, self._namespace, [job], all_or_none=False)
            return answer
        finally:
            self._alone = None
            if self._waiting:
                self._begin()
            done.set()

    def _begin(self) -> None:
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush())

    async def _flush(self) -> None:
        batch: list[Waiting] = []
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:LARGEST_BATCH], self._waiting[LARGEST_BATCH:]
                await self._store_batch(batch)
            self._is_quiet = len(batch) == 1
        finally:
            self._flushing = None
            # Only where this task was cancelled does anyone still wait: nobody will answer them.
            for _, future in (*batch, *self._waiting):
                future.cancel()
            self._waiting.clear()

    async def _store_batch(self, batch: list[Waiting]) -> None:
        try:
            answers = await insert(self._store, self._namespace, [job for job, _ in batch], all_or_none=False)
        except StoreError as error:
            _refuse(batch, error)
            return
        except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to the callers
            if len(batch) == 1:
                _refuse(batch, error)
                return
            # One caller's job that cannot be written must not take its neighbours' with it.
            for item in batch:
                await self._store_batch([item])
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():
                future.set_result(answer)


def _refuse(batch: list[Waiting], error: Exception) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(error)
