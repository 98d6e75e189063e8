"""Puts results and artifacts into the object store before the outcome of their run is settled."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, TypeAlias, TypeVar

from beltline.core.backoff import growing
from beltline.core.errors import ObjectsUnavailable, PayloadTooLarge, StoreError, Unsupported
from beltline.core.failure import failure, failure_of
from beltline.core.ids import Random
from beltline.core.outcome import Ending, Outcome, given_back
from beltline.engine.objects import NewArtifact, add_artifact, is_large, kept_result
from beltline.engine.settle import Settlement
from beltline.runtime.run import Run
from beltline.runtime.settler import Settler
from beltline.store.contract import Store

_SHORTEST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 10.0
_LOG: Final = "beltline"

T = TypeVar("T")
Key: TypeAlias = tuple[str, int]


class Stower:
    """Stands before its settler, which most outcomes reach at once.

    Where the object store is away, an outcome with a large result or with artifacts waits here: the job stays
    running, under its lease. What still waits when the worker ends is given back, uncharged.
    """

    def __init__(
        self,
        store: Store,
        namespace: str,
        *,
        random: Random,
        settled: Callable[[], None],
        gather_s: Callable[[], float],
    ) -> None:
        self._settler = Settler(store, namespace, random=random, settled=settled, gather_s=gather_s)
        self._store = store
        self._namespace = namespace
        self._random = random
        self._loop = asyncio.get_running_loop()
        self._items: dict[Key, Settlement] = {}
        self._artifacts: dict[Key, deque[NewArtifact]] = {}
        # A body in a thread adds to what the event loop takes away.
        self._lock = threading.Lock()
        self._tasks: dict[Key, asyncio.Task[None]] = {}
        self._told = False

    @property
    def behind(self) -> int:
        """How many outcomes are not in the store yet."""
        return self._settler.behind + len(self._items)

    @property
    def idle(self) -> bool:
        """Whether every outcome and every artifact is in the store."""
        return self._settler.idle and not self._tasks

    @property
    def pending(self) -> set[Key]:
        """The runs, as (id, fence), whose outcomes are not in the store yet."""
        return self._settler.pending | self._items.keys()

    def unwritten(self) -> tuple[Settlement, ...]:
        """Return the outcomes that are not in the store yet, without their objects; safe from any thread."""
        waiting = list(self._items.values())
        stripped = (item._replace(outcome=self._without_objects(item)) for item in waiting)
        return (*self._settler.unwritten(), *stripped)

    def put(self, item: Settlement) -> None:
        """Take an outcome; it is written as soon as what belongs to it is."""
        key = (item.job.id, item.job.fence)
        if key in self._artifacts or is_large(self._store, item.outcome.result):
            self._items[key] = item
            self._begin(key)
        else:
            self._settler.put(item)

    def keep(self, run: Run, artifact: NewArtifact) -> None:
        """Take an artifact of a run; safe from any thread. Raises Unsupported and PayloadTooLarge."""
        objects = self._store.objects
        if objects is None:
            raise Unsupported("this store has no place for artifacts; name one in objects.url")
        if len(artifact.data) > objects.limit:
            raise PayloadTooLarge(f"the artifact {artifact.name!r}", len(artifact.data), objects.limit)
        with self._lock:
            self._artifacts.setdefault(run.key, deque()).append(artifact)
        self._loop.call_soon_threadsafe(self._begin, run.key)

    async def close(self, patience_s: float) -> int:
        """Wait until all is written, half the time for objects; return how many outcomes are not.

        An outcome whose object could not be written is settled without it: as released where that was its
        result, so that the job runs again, else as it was.
        """
        tasks = set(self._tasks.values())
        if tasks:
            await asyncio.wait(tasks, timeout=patience_s / 2)
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        if self._artifacts:
            names = [artifact.name for waiting in self._artifacts.values() for artifact in waiting]
            logging.getLogger(_LOG).error("%d artifacts were not written: %s", len(names), names[:5])
        for item in self._items.values():
            self._settler.put(item._replace(outcome=self._without_objects(item)))
        self._items.clear()
        return await self._settler.close(patience_s / 2)

    def _begin(self, key: Key) -> None:
        if key not in self._tasks:
            self._tasks[key] = asyncio.create_task(self._stow(key))

    async def _stow(self, key: Key) -> None:
        """Write the artifacts of a run, and its result where its body has ended."""
        try:
            while self._artifacts.get(key) or key in self._items:
                await self._stow_artifacts(key)
                item = self._items.get(key)
                if item is not None:
                    outcome = await self._stowed_result(item)
                    if not self._artifacts.get(key):
                        del self._items[key]
                        self._settler.put(item._replace(outcome=outcome))
        finally:
            del self._tasks[key]
            with self._lock:
                if not self._artifacts.get(key):
                    self._artifacts.pop(key, None)

    async def _stow_artifacts(self, key: Key) -> None:
        waiting = self._artifacts.get(key, deque())
        while waiting:
            artifact = waiting[0]
            try:
                await self._insist(partial(add_artifact, self._store, self._namespace, artifact))
            except Exception:
                logging.getLogger(_LOG).exception("artifact %r of job %s is lost", artifact.name, key[0])
            waiting.popleft()

    async def _stowed_result(self, item: Settlement) -> Outcome:
        keep = partial(kept_result, self._store, self._namespace, item.job.id, item.outcome)
        try:
            return await self._insist(keep)
        except Exception as error:  # noqa: BLE001 - whatever it is, the job must be settled
            return Outcome(Ending.FAILED, error=failure_of(error))

    async def _insist(self, write: Callable[[], Awaitable[T]]) -> T:
        """Write, again and again while the object store or the store is away; tell it once."""
        failures = 0
        while True:
            try:
                done = await write()
            except (ObjectsUnavailable, StoreError) as error:
                if not self._told:
                    logging.getLogger(_LOG).warning("objects: %s; %d outcomes wait", error, len(self._items))
                self._told = True
                failures += 1
                pause = growing(_SHORTEST_PAUSE, failures, longest=_LONGEST_PAUSE)
                await asyncio.sleep(pause * (0.5 + self._random.random()))
            else:
                self._told = False
                return done

    def _without_objects(self, item: Settlement) -> Outcome:
        if not is_large(self._store, item.outcome.result):
            return item.outcome
        message = "the worker stopped before the object store took the result; the job runs again"
        return given_back(item.job, failure("ObjectsUnavailable", message))
