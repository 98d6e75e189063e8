"""Runs one body in a process of its own, to an outcome."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol, cast

from beltline.core.failure import failure_of
from beltline.core.job import ClaimedJob
from beltline.core.outcome import (
    Ending,
    Outcome,
    Signal,
    raised,
    signalled,
    succeeded,
    suspended,
    suspension_in,
    unreadable,
    waits_for_objects,
)
from beltline.core.reasons import Reason
from beltline.core.sizes import shown_bytes
from beltline.definitions.context import Context, RunContext
from beltline.definitions.definition import JobDefinition, is_async
from beltline.definitions.port import ContextPort, Through
from beltline.definitions.registry import Registry
from beltline.definitions.sync_context import SyncContext
from beltline.executors.process.memory import allocating_at_most


class BodyPort(ContextPort, Protocol):
    """A Context's port that can also call out when the body is asked to stop."""

    def on_stop(self, call: Callable[[], object]) -> None:
        """Call it, from any thread, when the body is asked to stop; at once where it was."""
        ...


class App(Protocol):
    """The app whose bodies run here, as a Beltline is one."""

    @property
    def registry(self) -> Registry:
        """Its definitions."""
        ...

    @property
    def through(self) -> Through:
        """The way to the store for its handles while it is not open."""
        ...

    async def open(self) -> object:
        """Be open on the worker's store, for a coroutine."""
        ...

    async def close(self) -> None:
        """Undo `open`."""
        ...

    def open_sync(self) -> object:
        """Be open on the worker's store, for a plain function."""
        ...

    def close_sync(self) -> None:
        """Undo `open_sync`."""
        ...


def run_body(
    definition: JobDefinition, job: ClaimedJob, port: BodyPort, *, app: App, most_bytes: int
) -> Outcome:
    """Run a body; whatever it does short of ending the process becomes an outcome.

    A suspect of another mode than "process" expects the app to be open, as it is in a worker.
    """
    app.through.port = port
    try:
        with allocating_at_most(definition.memory):
            return _ran(definition, job, port, None if definition.mode == "process" else app, most_bytes)
    except Signal as signal:
        return signalled(signal)
    except BaseException as error:  # noqa: BLE001 - a body may raise anything; the process lives on
        waits = None if port.is_cancelled() else waits_for_objects(job, error)
        return waits or _broken(definition, error, is_asked=port.is_cancelled())
    finally:
        app.through.port = None


def _broken(definition: JobDefinition, error: BaseException, *, is_asked: bool) -> Outcome:
    if (suspension := suspension_in(error)) is not None:
        return suspended(suspension)
    if is_asked and isinstance(error, asyncio.CancelledError):
        return Outcome(Ending.FAILED)
    if definition.memory is not None and isinstance(error, MemoryError):
        told = f"{str(error) or 'an allocation was refused'}; the limit is {shown_bytes(definition.memory)}"
        told_error = MemoryError(told).with_traceback(error.__traceback__)
        return Outcome(Ending.LOST, error=failure_of(told_error), reason=Reason.OUT_OF_MEMORY)
    return raised(error, definition.retry)


def _ran(
    definition: JobDefinition, job: ClaimedJob, port: BodyPort, app: App | None, most_bytes: int
) -> Outcome:
    try:
        arguments = definition.payload.load(job.payload)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001 - the types of a payload are user code too
        return unreadable(error)
    if is_async(definition.handler):
        body = _called(definition, Context(job, port), arguments)
        value = asyncio.run(_awaited(cast("Coroutine[Any, Any, object]", body), port, app))
    else:
        with _opened(app):
            value = _called(definition, SyncContext(job, port), arguments)
    if isinstance(value, Signal):
        return signalled(value)
    return succeeded(definition.result.dump(value, limit=most_bytes))


def _called(definition: JobDefinition, context: RunContext, arguments: Mapping[str, object]) -> object:
    if definition.takes_context:
        return definition.handler(context, **arguments)
    return definition.handler(**arguments)


async def _awaited(body: Coroutine[Any, Any, object], port: BodyPort, app: App | None) -> object:
    """Await a body that is a coroutine; being asked to stop cancels it, as it does on a worker's own loop."""
    loop = asyncio.get_running_loop()
    if app is not None:
        await app.open()
    try:
        task = asyncio.ensure_future(body)
        port.on_stop(lambda: loop.call_soon_threadsafe(task.cancel))
        return await task
    finally:
        if app is not None:
            await app.close()


@contextmanager
def _opened(app: App | None) -> Iterator[None]:
    if app is not None:
        app.open_sync()
    try:
        yield
    finally:
        if app is not None:
            app.close_sync()
