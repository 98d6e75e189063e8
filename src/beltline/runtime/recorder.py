"""Carries what jobs remember to the store and back: questions that arrive together go together.

While one batch is on its way, the next gathers; a lone question goes at once.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Future
from functools import partial
from typing import Any, Final, NamedTuple, TypeAlias, TypeVar

from beltline.core.backoff import growing
from beltline.core.errors import ObjectsError, ObjectsUnavailable, StoreError, StoreUnavailable
from beltline.core.ids import Random
from beltline.engine.objects import is_large, kept_step, whole_steps
from beltline.store.contract import Store
from beltline.store.steps import (
    EnterOnce,
    NewEntry,
    NewPosition,
    NewStep,
    RecordSteps,
    Remembered,
    SavePositions,
)

T = TypeVar("T")

LARGEST_BATCH: Final = 200
# About a quarter of a minute in all: longer than a restart of a database, shorter than most leases.
MOST_TRIES: Final = 10
_SHORTEST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 5.0
_ENDING: Final = "this worker ends; the job goes on in another one"


class Load(NamedTuple):
    """What does this job remember?"""

    job_id: str


Question: TypeAlias = Load | NewStep | NewPosition | NewEntry


class _Asked(NamedTuple):
    question: Question
    told: Callable[[Any], Any]
    future: Future[Any]


class Recorder:
    """Asks the store for all runs of a worker. While it is away questions wait, but not for ever."""

    def __init__(self, store: Store, namespace: str, *, random: Random, most_tries: int = MOST_TRIES) -> None:
        self.store = store
        self.namespace = namespace
        self._random = random
        self._most_tries = most_tries
        self._loop = asyncio.get_running_loop()
        self._thread = threading.get_ident()
        self._waiting: list[_Asked] = []
        self._putting: set[asyncio.Task[None]] = set()
        self._flushing: asyncio.Task[None] | None = None
        self._closed = False

    def ask(self, question: Question, told: Callable[[Any], T]) -> Future[T]:
        """Return what `told` makes of the store's answer, or raises; safe from any thread."""
        future: Future[T] = Future()
        asked = _Asked(question, told, future)
        if threading.get_ident() == self._thread:
            self._take(asked)
        else:
            self._loop.call_soon_threadsafe(self._take, asked)
        return future

    async def close(self) -> None:
        """Wait for what is on its way; what is asked later is refused."""
        self._closed = True
        if self._putting:
            await asyncio.wait(self._putting)
        if self._flushing is not None:
            await asyncio.wait([self._flushing])

    def stop(self) -> None:
        """End at once: who still waits is refused, also in a thread, and so is what is asked later."""
        self._closed = True
        left, self._waiting = self._waiting, []
        _refuse(left, StoreUnavailable(_ENDING))

    def _take(self, asked: _Asked) -> None:
        if self._closed:
            _refuse([asked], StoreUnavailable(_ENDING))
            return
        step = asked.question
        if isinstance(step, NewStep) and is_large(self.store, step.result):
            task = asyncio.create_task(self._put_away(asked, step))
            self._putting.add(task)
            task.add_done_callback(self._putting.discard)
            return
        self._waiting.append(asked)
        self._flush_soon()

    def _flush_soon(self) -> None:
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush())

    async def _put_away(self, asked: _Asked, step: NewStep) -> None:
        """Put a large result into the object store before it joins a batch, which must not wait for that."""
        keep = partial(kept_step, self.store, self.namespace, step)
        kept = await self._insisted([asked], keep)
        if kept is not None:
            self._waiting.append(asked._replace(question=kept))
            self._flush_soon()

    async def _flush(self) -> None:
        batch: list[_Asked] = []
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:LARGEST_BATCH], self._waiting[LARGEST_BATCH:]
                kinds: defaultdict[type[Question], list[_Asked]] = defaultdict(list)
                for asked in batch:
                    kinds[type(asked.question)].append(asked)
                for alike in kinds.values():
                    await self._answer(alike)
        finally:
            self._flushing = None
            # Only where this task was cancelled does anyone still wait, perhaps in a thread.
            left, self._waiting = [*batch, *self._waiting], []
            _refuse(left, StoreUnavailable(_ENDING))

    async def _answer(self, alike: Sequence[_Asked]) -> None:
        answers = await self._insisted(alike, partial(self._put, [asked.question for asked in alike]))
        if answers is not None:
            for asked, answer in zip(alike, answers, strict=True):
                _tell(asked, answer)

    async def _insisted(self, alike: Sequence[_Asked], ask: Callable[[], Awaitable[T]]) -> T | None:
        """Ask again while the store or the object store is away; refuse those who asked, and return None."""
        for failures in range(1, self._most_tries + 1):
            try:
                return await ask()
            except (StoreError, ObjectsUnavailable) as error:
                if failures == self._most_tries or self._closed:
                    _refuse(alike, error)
                    return None
                if failures == 1:
                    logging.getLogger("beltline").warning("recording steps: %s; trying again", error)
                pause = growing(_SHORTEST_PAUSE, failures, longest=_LONGEST_PAUSE)
                await asyncio.sleep(pause * (0.5 + self._random.random()))
            except Exception as error:  # noqa: BLE001 - whatever it is, it belongs to the runs that asked
                _refuse(alike, error)
                return None
        return None

    async def _put(self, questions: Sequence[Any]) -> Sequence[object]:
        """Put questions of one kind to the store."""
        steps, namespace, now = self.store.steps, self.namespace, self.store.now()
        match questions[0]:
            case NewStep():
                return await steps.record(RecordSteps(namespace=namespace, steps=questions, now=now))
            case NewPosition():
                return await steps.save(SavePositions(namespace=namespace, positions=questions, now=now))
            case NewEntry():
                return await steps.enter(EnterOnce(namespace=namespace, entries=questions, now=now))
        found: defaultdict[str, list[Remembered]] = defaultdict(list)
        for row in await steps.load(namespace, [question.job_id for question in questions]):
            found[row.job_id].append(row)
        return [await self._whole(found[question.job_id]) for question in questions]

    async def _whole(self, rows: Sequence[Remembered]) -> Sequence[Remembered] | ObjectsError:
        """Return what one job remembers; an error is the answer to that job alone."""
        try:
            return await whole_steps(self.store, rows)
        except ObjectsError as error:
            return error


def _tell(asked: _Asked, answer: object) -> None:
    if not asked.future.set_running_or_notify_cancel():
        return
    if isinstance(answer, ObjectsError):
        asked.future.set_exception(answer)
        return
    try:
        value = asked.told(answer)
    except BaseException as error:  # noqa: BLE001 - it belongs to the run that asked
        asked.future.set_exception(error)
    else:
        asked.future.set_result(value)


def _refuse(asked: Sequence[_Asked], error: Exception) -> None:
    for each in asked:
        if not each.future.done() and each.future.set_running_or_notify_cancel():
            each.future.set_exception(error)
