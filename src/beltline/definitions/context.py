"""The Context: what a body sees of its run, and the only way in which it speaks to the service."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable, Mapping
from concurrent.futures import Future
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, Concatenate, Final, ParamSpec, TypeVar, cast, overload

from beltline.core.durations import Duration, Moment, micros, moment
from beltline.core.errors import InvalidInput
from beltline.core.job import ClaimedJob
from beltline.definitions.artifact import BINARY, checked_artifact
from beltline.definitions.children import Brood, Submittable
from beltline.definitions.context_log import ContextLog, cut
from beltline.definitions.port import ContextPort, Recalled
from beltline.definitions.step_result import StepResult
from beltline.definitions.steps import (
    LONGEST_KEY,
    LONGEST_NAME,
    Pace,
    Steps,
    checked,
    content_hash,
    end_until,
    wake_up,
    wake_up_text,
)

C = TypeVar("C")
P = ParamSpec("P")
T = TypeVar("T")

NOTE_LIMIT: Final = 512
CHUNK: Final = 1_000

_NO_LABELS: Final[Mapping[str, str]] = MappingProxyType({})
_ROUNDING: Final = 1e-9


class RunContext:
    """What a body knows of its run: ids, labels, counts, and its way to report.

    `run` counts every start of the job, `attempt` the charged ones, this one included (of `max_attempts`).
    `fence` only goes up from run to run of a job: hand it to systems that can refuse an older run's write.
    """

    __slots__ = (
        "_brood",
        "_port",
        "_used",
        "attempt",
        "correlation_id",
        "definition",
        "fence",
        "job_id",
        "labels",
        "max_attempts",
        "queue",
        "run",
        "version",
    )

    def __init__(self, job: ClaimedJob, port: ContextPort) -> None:
        self._port = port
        self._used: Steps | None = None
        self._brood: Brood | None = None
        self.job_id = job.id
        self.definition = job.definition
        self.version = job.version
        self.queue = job.queue
        self.run = job.run
        self.attempt = job.attempts_used + 1
        self.max_attempts = job.max_attempts
        self.fence = job.fence
        self.labels: Mapping[str, str] = job.labels or _NO_LABELS
        self.correlation_id = job.correlation_id

    @property
    def log(self) -> ContextLog:
        """Where this run writes its log lines."""
        return ContextLog(self._port)

    @property
    def cancelled(self) -> bool:
        """Whether this run was asked to stop (cancel, time-out, shutdown). Bodies in threads poll it."""
        return self._port.is_cancelled()

    def check_cancelled(self) -> None:
        """Raise asyncio.CancelledError where this run was asked to stop: let it pass."""
        if self._port.is_cancelled():
            raise asyncio.CancelledError

    def progress(self, fraction: float, note: str = "") -> None:
        """Report how far this run is, 0 to 1; the newest report is the one that is kept.

        Raises InvalidInput for anything but a number from 0 to 1.
        """
        if not _is_fraction(fraction):
            raise InvalidInput(
                f"progress {fraction!r} is not a number from 0 to 1; give the part that is done"
            )
        self._port.report_progress(min(max(float(fraction), 0.0), 1.0), cut(str(note), NOTE_LIMIT))

    def artifact(self, name: str, data: bytes | bytearray | memoryview | Path, *, type: str = BINARY) -> None:  # noqa: A002 - its public word
        """Keep a file that this run made: bytes, or the path of a file, which is read now.

        It is on its way when this returns and durable before the job is final; `type` is its content type. A
        later one of the same name replaces it; each run has its own. Raises InvalidInput for another name
        than 1 to 128 letters, digits and . _ -, PayloadTooLarge, Unsupported where the store has no place for
        objects.
        """
        self._port.keep_artifact(*checked_artifact(name, type, data))

    @property
    def brood(self) -> Brood:
        """The children of this run; `handle.options(parent=ctx.brood)` makes a handle's jobs its children."""
        if self._brood is None:
            self._brood = Brood(self.job_id, self.run, self.correlation_id)
        return self._brood

    @property
    def _steps(self) -> Steps:
        """What this run uses of its job's memory, made when it is first used."""
        if self._used is None:
            self._used = Steps(self._port.memory)
        return self._used


class Context(RunContext):
    """The Context of coroutine functions: its verbs are awaited. Plain functions get a SyncContext.

    What a verb says is kept is in the store when it returns. Every verb raises LeaseLost where another run
    has the job by now, and StoreUnavailable where the store stays away: let both pass.
    """

    __slots__ = ()

    @overload
    async def step(
        self, name: str, function: Callable[P, Awaitable[T]], /, *args: P.args, **kwargs: P.kwargs
    ) -> T: ...

    @overload
    async def step(self, name: str, function: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> T: ...

    async def step(self, name: str, function: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Call `function` and remember what it returns: later runs get that, and do not call it again.

        A plain function is called in a thread. What it raises is not remembered. A crash between its end and
        the record lets it be called once more: make it repeatable, or use `step_in`. Its result is JSON, by
        its return annotation. Raises StepRepeated for a name that this run used before, InvalidResult,
        MalformedJson, PayloadTooLarge.
        """
        self._steps.begin(name)
        result = StepResult(name, function)
        recalled = await self._recalled()
        if (known := recalled.steps.get(name)) is not None:
            return result.load(known)
        try:
            value = await _called(function, args, kwargs)
            text = result.dump(value, limit=self._steps.port.most_bytes)
        except BaseException:
            self._steps.give_back(name)
            raise
        await answer(self._steps.port.record(name, text))
        return result.load(text)

    @overload
    async def step_in(
        self,
        conn: C,
        name: str,
        function: Callable[Concatenate[C, P], Awaitable[T]],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T: ...

    @overload
    async def step_in(
        self,
        conn: C,
        name: str,
        function: Callable[Concatenate[C, P], T],
        /,
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T: ...

    async def step_in(
        self, conn: Any, name: str, function: Callable[..., Any], /, *args: Any, **kwargs: Any
    ) -> Any:
        """Do a step inside the open transaction of your own connection to the store's database.

        `function` gets the connection first. What it writes and the record exist when you commit, both or
        neither: this step is done exactly once. A plain function is called where you are, not in a thread.
        """
        self._steps.begin(name)
        result = StepResult(name, function)
        recalled = await self._recalled()
        if (known := recalled.steps.get(name)) is not None:
            return result.load(known)
        try:
            value = function(conn, *args, **kwargs)
            text = result.dump(await value if inspect.isawaitable(value) else value)
            await self._steps.port.record_with(conn, name, text)
        except BaseException:
            self._steps.give_back(name)
            raise
        return result.load(text)

    async def sleep(self, duration: Duration, *, name: str | None = None) -> None:
        """Go on after `duration`, without holding a slot: the run ends, and the job runs again then.

        The wake-up is remembered as a step; a later run passes through once it is reached. Without a name it
        is `wait-1`, `wait-2`, … in the order of the calls of a run.
        """
        delay_us = micros(duration, what="sleep")
        await self._wait(lambda now: now + delay_us, name)

    async def wait_until(self, at: Moment, *, name: str | None = None) -> None:
        """Go on at a moment, as `sleep` does."""
        until = moment(at, what="wait_until")
        await self._wait(lambda _: until, name)

    async def once(self, key: str, content: object = None) -> bool:
        """Return True for the first use of a key, False ever after; per namespace and definition.

        What you do on True is done at most once: after a crash the key stays used. `content`, any JSON value,
        is compared with that of the first use: OnceConflict where they differ.
        """
        checked(key, "once-key", LONGEST_KEY)
        return await answer(self._steps.port.enter(key, content_hash(content)))

    async def checkpoint(self, name: str, position: object) -> None:
        """Keep how far this job has come, as a JSON value, in place of what was kept before."""
        checked(name, "checkpoint name", LONGEST_NAME)
        await answer(self._steps.port.save(name, self._steps.reached(name, position)))

    async def checkpointed(self, name: str) -> Any:  # noqa: ANN401 - any JSON value
        """Return what was last kept under this name by this run or an earlier one, else None."""
        return self._steps.position(await self._recalled(), name)

    async def cursor(
        self,
        name: str,
        source: Callable[[Any], AsyncIterable[T] | Iterable[T]],
        *,
        key: Callable[[T], object],
        every: Duration = "5s",
    ) -> AsyncIterator[T]:
        """Yield the rows of `source(position)`, which begins after that position: None is the beginning.

        `key(row)` is the position of a row, as JSON. It counts as done when the loop asks for the next one;
        the position is kept every so often, at the end, and when the run ends for whatever reason but a
        crash: then the rows since the last time come again.
        """
        steps = self._steps
        steps.begin_cursor(name)
        pace = Pace(steps, name, micros(every, what="every"))
        async for row in _each(source(steps.position(await self._recalled(), name))):
            yield row
            text = steps.reached(name, key(row))
            if pace.is_due(text):
                await answer(steps.port.save(name, text))
            steps.end_if_pausing()
        if pace.unsaved is not None:
            await answer(steps.port.save(name, pace.unsaved))

    async def submit(self, handle: Submittable, /, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the handle
        """Submit a child: this job ends when its body has returned and all its children have ended.

        A later run of this job that submits the same gets the same child. Raises ParentEnded.
        """
        return await handle.options(parent=self.brood).submit(*args, **kwargs)

    async def submit_many(self, handle: Submittable, calls: Iterable[Mapping[str, Any]], /) -> int:
        """Submit a child for each mapping of arguments, read a thousand at a time; return how many."""
        child = handle.options(parent=self.brood)
        rest, count = iter(calls), 0
        while chunk := list(islice(rest, CHUNK)):
            await child.submit_many(chunk)
            count += len(chunk)
        return count

    async def _wait(self, until_of: Callable[[int], int], name: str | None) -> None:
        steps = self._steps
        chosen = steps.wait_name(name)
        steps.begin(chosen)
        known = (await self._recalled()).steps.get(chosen)
        now = steps.port.now()
        until = until_of(now) if known is None else wake_up(known)
        if known is None:
            await answer(steps.port.record(chosen, wake_up_text(until)))
        end_until(until, now)

    async def _recalled(self) -> Recalled:
        return await answer(self._steps.recall())


async def answer(future: Future[T]) -> T:
    """Wait for what a port answers. Who waits may be cancelled; what was asked goes on."""
    if future.done():
        return future.result()
    return await asyncio.shield(asyncio.wrap_future(future))


async def _called(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:  # noqa: ANN401 - the function's own
    if inspect.iscoroutinefunction(function):
        return await function(*args, **kwargs)
    value = await asyncio.to_thread(function, *args, **kwargs)
    return await value if inspect.isawaitable(value) else value


async def _each(rows: AsyncIterable[T] | Iterable[T]) -> AsyncIterator[T]:
    if isinstance(rows, AsyncIterable):
        async for row in rows:
            yield row
    else:
        for row in rows:
            yield row


def _is_fraction(value: object) -> bool:
    # NaN fails both comparisons; the tolerance forgives sums of floats.
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and -_ROUNDING <= cast("float", value) <= 1 + _ROUNDING
