"""The Context of plain functions, which run in threads: the verbs of Context, awaited nowhere."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Iterator
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from beltline.core.durations import Duration, Moment, micros, moment
from beltline.core.errors import Unsupported
from beltline.core.job import ClaimedJob
from beltline.definitions.children import Submittable
from beltline.definitions.context import RunContext
from beltline.definitions.port import ContextPort
from beltline.definitions.step_result import StepResult
from beltline.definitions.steps import (
    LONGEST_KEY,
    LONGEST_NAME,
    Pace,
    checked,
    content_hash,
    end_until,
    wake_up,
    wake_up_text,
)

C = TypeVar("C")
P = ParamSpec("P")
T = TypeVar("T")


class SyncContext(RunContext):
    """What `Context` is, for plain functions; each verb blocks its thread until it is done.

    A run that was asked to stop is told so once: by `cancelled`, by `check_cancelled`, or by
    asyncio.CancelledError out of the next verb. What the body does afterwards, to clean up, it may do in
    steps.
    """

    __slots__ = ("_was_told",)

    def __init__(self, job: ClaimedJob, port: ContextPort) -> None:
        super().__init__(job, port)
        self._was_told = False

    @property
    def cancelled(self) -> bool:
        """Whether this run was asked to stop (cancel, time-out, shutdown)."""
        self._was_told = self._port.is_cancelled()
        return self._was_told

    def check_cancelled(self) -> None:
        """Raise asyncio.CancelledError where this run was asked to stop: let it pass."""
        if self.cancelled:
            raise asyncio.CancelledError

    def step(self, name: str, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Call `function` here and remember what it returns; see Context.step."""
        self._begin(name)
        result = StepResult(name, function)
        known = self._steps.recall().result().steps.get(name)
        if known is not None:
            return cast("T", result.load(known))
        try:
            text = result.dump(function(*args, **kwargs), limit=self._steps.port.most_bytes)
        except BaseException:
            self._steps.give_back(name)
            raise
        self._steps.port.record(name, text).result()
        return cast("T", result.load(text))

    def step_in(
        self,
        conn: C,
        name: str,
        function: Callable[Concatenate[C, P], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Do a step inside the open transaction of your own synchronous connection; see Context.step_in."""
        self._begin(name)
        result = StepResult(name, function)
        known = self._steps.recall().result().steps.get(name)
        if known is not None:
            return cast("T", result.load(known))
        try:
            text = result.dump(function(conn, *args, **kwargs))
            _done(self._steps.port.record_with(conn, name, text))
        except BaseException:
            self._steps.give_back(name)
            raise
        return cast("T", result.load(text))

    def sleep(self, duration: Duration, *, name: str | None = None) -> None:
        """Go on after `duration`, without holding a slot; see Context.sleep."""
        delay_us = micros(duration, what="sleep")
        self._wait(lambda now: now + delay_us, name)

    def wait_until(self, at: Moment, *, name: str | None = None) -> None:
        """Go on at a moment, as `sleep` does."""
        until = moment(at, what="wait_until")
        self._wait(lambda _: until, name)

    def once(self, key: str, content: object = None) -> bool:
        """Return True for the first use of a key, False ever after; see Context.once."""
        checked(key, "once-key", LONGEST_KEY)
        return self._steps.port.enter(key, content_hash(content)).result()

    def checkpoint(self, name: str, position: object) -> None:
        """Keep how far this job has come, as a JSON value, in place of what was kept before."""
        checked(name, "checkpoint name", LONGEST_NAME)
        self._steps.port.save(name, self._steps.reached(name, position)).result()

    def checkpointed(self, name: str) -> Any:  # noqa: ANN401 - any JSON value
        """Return what was last kept under this name by this run or an earlier one, else None."""
        return self._steps.position(self._steps.recall().result(), name)

    def cursor(
        self,
        name: str,
        source: Callable[[Any], Iterable[T]],
        *,
        key: Callable[[T], object],
        every: Duration = "5s",
    ) -> Iterator[T]:
        """Yield the rows of `source(position)` and keep the position; see Context.cursor."""
        steps = self._steps
        steps.begin_cursor(name)
        pace = Pace(steps, name, micros(every, what="every"))
        for row in source(steps.position(steps.recall().result(), name)):
            yield row
            text = steps.reached(name, key(row))
            if pace.is_due(text):
                steps.port.save(name, text).result()
            self._end_if_asked()
        if pace.unsaved is not None:
            steps.port.save(name, pace.unsaved).result()

    def submit(self, handle: Submittable, /, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the handle
        """Submit a child; see Context.submit."""
        return handle.options(parent=self.brood).submit_sync(*args, **kwargs)

    def _wait(self, until_of: Callable[[int], int], name: str | None) -> None:
        steps = self._steps
        chosen = steps.wait_name(name)
        self._begin(chosen)
        known = steps.recall().result().steps.get(chosen)
        now = steps.port.now()
        until = until_of(now) if known is None else wake_up(known)
        if known is None:
            steps.port.record(chosen, wake_up_text(until)).result()
        end_until(until, now)

    def _begin(self, name: str) -> None:
        self._end_if_asked()
        self._steps.begin(name)

    def _end_if_asked(self) -> None:
        if not self._was_told:
            self.check_cancelled()
        self._steps.end_if_pausing()


def _done(coroutine: Coroutine[Any, Any, None]) -> None:
    """Run a coroutine that never waits: the caller's connection is a synchronous one."""
    try:
        coroutine.send(None)
    except StopIteration:
        return
    coroutine.close()
    raise Unsupported(
        "the connection is an asynchronous one: a plain function needs a synchronous one, or write the body"
        " as a coroutine function"
    )
