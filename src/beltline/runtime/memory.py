"""What a running job remembers, as its Context asks for it."""

from __future__ import annotations

import asyncio
import logging
from concurrent.futures import Future
from typing import Any, cast

from beltline.core.errors import BeltlineError, LeaseLost, OnceConflict
from beltline.core.outcome import Suspended
from beltline.definitions.port import Recalled
from beltline.engine.objects import kept_step, payload_limit
from beltline.runtime.recorder import Load, Recorder
from beltline.runtime.run import Run
from beltline.store.steps import (
    Memory,
    NewEntry,
    NewPosition,
    NewStep,
    OnceOutcome,
    RecordSteps,
    Remembered,
    StepOutcome,
    not_held,
    require_recorded,
)


class RunMemory:
    """The memory of one run. What is read or written goes through the recorder, in batches."""

    def __init__(self, run: Run, recorder: Recorder) -> None:
        self._run = run
        self._job = run.job
        self._recorder = recorder
        self._reached: dict[str, str] = {}
        self._recording: set[Future[None]] = set()
        self._asked = 0

    @property
    def most_bytes(self) -> int:
        """How many bytes the result of a step may have."""
        return payload_limit(self._recorder.store)

    def now(self) -> int:
        """Return the store's time."""
        return self._recorder.store.now()

    def is_pausing(self) -> bool:
        """Return whether a pause is noted on the job."""
        return self._run.pausing

    def load(self) -> Future[Recalled]:
        """Return what the job remembers. Its first run has nothing to ask for."""
        if self._job.run == 1:
            return _answered(Recalled({}, {}))
        return self._recorder.ask(Load(self._job.id), _recalled)

    def record(self, name: str, result: str) -> Future[None]:
        """Keep a done step."""
        step = NewStep(self._job.id, self._job.fence, name, result.encode())
        future = self._recorder.ask(step, self._recorded)
        self._recording.add(future)
        future.add_done_callback(self._recording.discard)
        return future

    async def record_with(self, conn: object, name: str, result: str) -> None:
        """Keep a done step in the transaction of the body's own connection."""
        store, namespace = self._recorder.store, self._recorder.namespace
        step = await kept_step(
            store, namespace, NewStep(self._job.id, self._job.fence, name, result.encode())
        )
        params = RecordSteps(namespace=namespace, steps=[step], now=self.now())
        self._recorded(await store.steps.record_with(conn, params))

    def save(self, name: str, position: str) -> Future[None]:
        """Keep a position."""
        self._reached.pop(name, None)
        return self._recorder.ask(self._position(name, position), self._saved)

    def reach(self, name: str, position: str) -> None:
        """Take note of a position."""
        self._reached[name] = position

    def enter(self, key: str, content: str | None) -> Future[bool]:
        """Return whether this is the first use of a key."""
        self._asked += 1
        entry = NewEntry(self._job.id, self._job.fence, self._asked, self._job.definition, key, content)

        def told(outcome: OnceOutcome) -> bool:
            if outcome is OnceOutcome.LOST:
                raise self._lost()
            if outcome is OnceOutcome.OTHER:
                raise OnceConflict(key)
            return outcome is OnceOutcome.FIRST

        return self._recorder.ask(entry, told)

    async def leave(self) -> None:
        """Keep the positions that were only noted, and wait for the records on their way: the run ends.

        A step that was done when its run was asked to stop is recorded before the job is given back.
        """
        reached, self._reached = self._reached, {}
        saving = [
            self._recorder.ask(self._position(name, position), self._saved)
            for name, position in reached.items()
        ]
        for future in (*self._recording, *saving):
            try:
                await asyncio.wrap_future(future)
            except (BeltlineError, Suspended) as error:
                logging.getLogger("beltline").warning(
                    "job %s: a step or position was not kept as its run ended: %s", self._job.id, error
                )

    def _position(self, name: str, position: str) -> NewPosition:
        return NewPosition(self._job.id, self._job.fence, name, position.encode())

    def _recorded(self, outcome: StepOutcome) -> None:
        require_recorded(outcome, self._job.id, self._job.fence)

    def _saved(self, kept: Any) -> None:  # noqa: ANN401 - the recorder's answer, a bool
        if not kept:
            raise self._lost()

    def _lost(self) -> LeaseLost:
        return not_held(self._job.id, self._job.fence)


def _recalled(rows: Any) -> Recalled:  # noqa: ANN401 - the recorder's answer
    steps: dict[str, str] = {}
    positions: dict[str, str] = {}
    for row in cast("list[Remembered]", rows):
        (steps if row.kind is Memory.STEP else positions)[row.name] = row.value.decode()
    return Recalled(steps, positions)


def _answered(value: Recalled) -> Future[Recalled]:
    future: Future[Recalled] = Future()
    future.set_result(value)
    return future
