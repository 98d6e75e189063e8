"""What a body asks of its worker over the pipe."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from typing import Any, Final, TypeVar

from beltline.config import load
from beltline.core.clock import Clock
from beltline.core.errors import LeaseLost
from beltline.definitions.port import Recalled
from beltline.executors.process.frames import Frame, Kind
from beltline.executors.process.messages import error_of
from beltline.executors.process.pipe import Pipe
from beltline.store.steps import NewStep, RecordSteps, require_recorded

T = TypeVar("T")

# A pause is noticed by a cursor within this time; every row would else cost a round trip.
_LOOK_US: Final = 100_000


class Asking:
    """Asks for one run, from any thread; whoever listens to the pipe hands the answers in.

    `numbers` tells the questions of all runs of the process apart.
    """

    def __init__(self, pipe: Pipe, numbers: Iterator[int]) -> None:
        self._pipe = pipe
        self._numbers = numbers
        self._open: dict[int, tuple[Future[Any], Callable[[Any], Any]]] = {}
        self._ended = False

    def ask(self, verb: str, *arguments: object, told: Callable[[Any], T], body: bytes = b"") -> Future[T]:
        """Return what `told` makes of the answer, or the error with which the worker answers."""
        future: Future[T] = Future()
        future.set_running_or_notify_cancel()
        if self._ended:
            future.set_exception(LeaseLost("the run of this body has ended; let this error pass"))
            return future
        number = next(self._numbers)
        self._open[number] = future, told
        self._pipe.send(Frame(Kind.ASK, {"number": number, "verb": verb, "arguments": arguments}, body))
        return future

    def hear(self, frame: Frame) -> None:
        """Take an answer."""
        future, told = self._open.pop(frame.head["number"], (None, _as_it_is))
        if future is None:
            return
        if (error := frame.head.get("error")) is not None:
            future.set_exception(error_of(error))
        else:
            future.set_result(told(json.loads(frame.body)))

    def end(self) -> None:
        """Refuse what is asked from now on: the body has ended."""
        self._ended = True


class DistantMemory:
    """What a job remembers, kept by the worker at the other end of the pipe; `held` is its id and fence."""

    def __init__(self, asking: Asking, clock: Clock, held: tuple[str, int], most_bytes: int) -> None:
        self._asking = asking
        self.most_bytes = most_bytes
        self._held = held
        self._clock = clock
        self._reached: dict[str, str] = {}
        self._ahead_us: int | None = None
        self._pausing = False
        self._look_at: int | None = None

    def now(self) -> int:
        """Return the store's time: asked once, then followed by the monotonic clock."""
        if self._ahead_us is None:
            self._ahead_us = self._asking.ask("now", told=int).result() - self._clock.monotonic()
        return self._clock.monotonic() + self._ahead_us

    def is_pausing(self) -> bool:
        """Return whether a pause is noted on the job, as the worker said not long ago."""
        if self._look_at is None or self._clock.monotonic() >= self._look_at:
            self._pausing = self._asking.ask("is_pausing", told=bool).result()
            self._look_at = self._clock.monotonic() + _LOOK_US
        return self._pausing

    def load(self) -> Future[Recalled]:
        """Return what the job remembers."""
        return self._asking.ask("load", told=lambda found: Recalled(*found))

    def record(self, name: str, result: str) -> Future[None]:
        """Keep a done step."""
        return self._asking.ask("record", name, result, told=_nothing)

    async def record_with(self, conn: object, name: str, result: str) -> None:
        """Keep a done step in the transaction of the body's own connection: from here, where that is.

        The store is the one that a Beltline which the body opens is on; it is not opened for this.
        """
        from beltline.store.open import store_from_url  # noqa: PLC0415 - few bodies need a store here

        config = load(None, os.environ, {}).store
        step = NewStep(*self._held, name, result.encode())
        params = RecordSteps(namespace=config.namespace, steps=[step], now=self.now())
        require_recorded(await store_from_url(config.url).steps.record_with(conn, params), *self._held)

    def save(self, name: str, position: str) -> Future[None]:
        """Keep a position."""
        self._reached.pop(name, None)
        return self._asking.ask("save", name, position, told=_nothing)

    def reach(self, name: str, position: str) -> None:
        """Take note of a position."""
        self._reached[name] = position

    def enter(self, key: str, content: str | None) -> Future[bool]:
        """Return whether this is the first use of a key."""
        return self._asking.ask("enter", key, content, told=bool)

    def leave(self) -> None:
        """Tell the worker which positions were only noted: the body has ended."""
        for name, position in self._reached.items():
            self._asking.ask("reach", name, position, told=_nothing)


def _as_it_is(answer: object) -> object:
    return answer


def _nothing(_: object) -> None:
    return
