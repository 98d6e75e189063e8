"""What `@belt.job` returns: the function as before, and the ways to submit it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, Generic, Protocol, TypeVar

from beltline.client.portal import run_here
from beltline.client.reference import JobReference
from beltline.core.errors import InvalidInput, InvalidPayload, Unsupported
from beltline.definitions.definition import JobDefinition
from beltline.definitions.faults import UNEXPECTED
from beltline.engine.submit import DEFAULTS, OPTION_NAMES, JobOptions, with_option_faults

_OPTIONS: Final = OPTION_NAMES | {"conn"}

R = TypeVar("R")
T = TypeVar("T")


class SubmitPort(Protocol):
    """What a handle needs of the client that made it."""

    @property
    def payload_limit(self) -> int:
        """How many bytes a payload may have."""
        ...

    async def submit_payload(
        self, definition: JobDefinition, payload: bytes, options: JobOptions, conn: object
    ) -> JobReference[Any]:
        """Store one job."""
        ...

    async def submit_payloads(
        self, definition: JobDefinition, payloads: Sequence[bytes], options: JobOptions, conn: object
    ) -> list[JobReference[Any]]:
        """Store many jobs, all or none."""
        ...

    def run_sync(self, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine function from synchronous code."""
        ...


class JobHandle(Generic[R]):
    """A job definition bound to its Beltline.

    Calling it calls the function itself; submitting makes a durable job.
    """

    __slots__ = ("__wrapped__", "_conn", "_options", "_port", "definition")

    def __init__(
        self,
        definition: JobDefinition,
        port: SubmitPort,
        *,
        options: JobOptions = DEFAULTS,
        conn: object = None,
    ) -> None:
        self.definition = definition
        self.__wrapped__ = definition.handler
        self._port = port
        self._options = options
        self._conn = conn

    def __call__(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the function's own types
        """Call the function here and now: no job is made."""
        return self.definition.handler(*args, **kwargs)

    def options(self, *, conn: object = None, **changes: Any) -> JobHandle[R]:
        """Return this handle with options for its next submits (see JobOptions).

        `conn`: the caller's own database connection; the submit joins its open transaction and the job exists
        when that commits. Raises InvalidInput for unknown names.
        """
        unknown = sorted(set(changes) - OPTION_NAMES)
        if unknown:
            known = ", ".join(sorted(OPTION_NAMES))
            raise InvalidInput(f"unknown submit options {', '.join(unknown)}; known are {known} and conn")
        return JobHandle(
            self.definition,
            self._port,
            options=replace(self._options, **changes),
            conn=self._conn if conn is None else conn,
        )

    async def submit(self, *args: Any, **kwargs: Any) -> JobReference[R]:
        """Store a job with these arguments (without `ctx`); it is durable when this returns.

        Raises InvalidPayload (every fault listed), PayloadTooLarge, KeyReused, IdReused, ObjectsUnavailable,
        StoreUnavailable; then nothing was stored (after StoreUnavailable it may have been: submit again with
        an idempotency key).
        """
        try:
            payload = self.definition.payload.dump(args, kwargs, limit=self._port.payload_limit)
        except InvalidPayload as error:
            raise with_option_faults(_telling_options(error), self._options) from error
        return await self._port.submit_payload(self.definition, payload, self._options, self._conn)

    async def submit_many(self, calls: Iterable[Mapping[str, Any]]) -> list[JobReference[R]]:
        """Store a job for each mapping of keyword arguments, all in one transaction or none."""
        dump = self.definition.payload.dump
        limit = self._port.payload_limit
        payloads = [dump((), call, limit=limit) for call in calls]
        return await self._port.submit_payloads(self.definition, payloads, self._options, self._conn)

    def submit_sync(self, *args: Any, **kwargs: Any) -> JobReference[R]:
        """Do what `submit` does, from code that has no event loop.

        With `conn`, a synchronous connection, it runs on the caller's thread: a connection belongs to one.
        Raises Unsupported for an asynchronous one.
        """
        if self._conn is None:
            return self._port.run_sync(lambda: self.submit(*args, **kwargs))
        if inspect.iscoroutinefunction(getattr(self._conn, "execute", None)):
            raise Unsupported("`conn=` is an asynchronous connection: await the asynchronous form instead")
        return run_here(self.submit(*args, **kwargs))


def _telling_options(error: InvalidPayload) -> InvalidPayload:
    """Say of each option that was given as an argument how it is given."""
    faults = [
        (path, f"is no parameter of the job but an option: .options({path}=…).submit(…)")
        if text == UNEXPECTED and path in _OPTIONS
        else (path, text)
        for path, text in error.faults
    ]
    return InvalidPayload(error.definition, faults)
