"""Where a Context leads: the Protocols that the side of the worker fulfils.

Nothing but texts, numbers and bytes crosses them (a caller's own connection excepted), so that a body may run
in another process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import NamedTuple, Protocol


class Recalled(NamedTuple):
    """What a job remembers from its earlier runs, as JSON texts by name."""

    steps: Mapping[str, str]
    positions: Mapping[str, str]


class MemoryPort(Protocol):
    """What a job remembers. Each method may be called from any thread and returns at once.

    A future answers once the store has it. It raises LeaseLost where the run does not hold the job any more,
    and StoreUnavailable where the store stays away.
    """

    @property
    def most_bytes(self) -> int:
        """How many bytes the result of a step may have."""
        ...

    def now(self) -> int:
        """Return the store's time."""
        ...

    def is_pausing(self) -> bool:
        """Return whether the job is to be paused where that can be done."""
        ...

    def load(self) -> Future[Recalled]:
        """Return what the job remembers from its earlier runs."""
        ...

    def record(self, name: str, result: str) -> Future[None]:
        """Keep a done step. Raises Suspended where an earlier run kept one of this name meanwhile."""
        ...

    async def record_with(self, conn: object, name: str, result: str) -> None:
        """Do what `record` does inside the open transaction of the body's own connection.

        It runs where it is awaited: a connection belongs to its thread, or its event loop.
        """
        ...

    def save(self, name: str, position: str) -> Future[None]:
        """Keep a position in place of the one before it."""
        ...

    def reach(self, name: str, position: str) -> None:
        """Take note of a position that is kept when the run ends, unless `save` keeps a later one before."""
        ...

    def enter(self, key: str, content: str | None) -> Future[bool]:
        """Return whether this is the first use of a key; `content` is a hash. Raises OnceConflict."""
        ...


class ContextPort(Protocol):
    """What a run offers to its body. Each method may be called from any thread and returns at once."""

    @property
    def memory(self) -> MemoryPort:
        """What the job remembers; it costs nothing until it is asked for."""
        ...

    def append_log(self, level: str, message: str, fields: str) -> None:
        """Keep a log line of this run; `fields` is a JSON object as text, or empty."""
        ...

    def report_progress(self, fraction: float, note: str) -> None:
        """Keep how far this run is, 0 to 1."""
        ...

    def is_cancelled(self) -> bool:
        """Return whether this run was asked to stop, for whatever cause."""
        ...

    def submit(
        self, definition: str, options: str, payloads: Sequence[bytes]
    ) -> Future[list[tuple[str, bool]]]:
        """Store jobs for a body that has no store; the answer has each id, and whether the job was there.

        `options` is a JSON text. Raises what a submit raises; then nothing was stored.
        """
        ...

    def keep_artifact(self, name: str, kind: str, data: bytes) -> None:
        """Keep something that this run made; it is durable before the run's outcome is.

        Raises Unsupported where there is no object store, PayloadTooLarge, InvalidInput for one too many.
        """
        ...


class Through:
    """The way to the store for handles of an app that is not open: through the body that runs."""

    __slots__ = ("port",)

    def __init__(self) -> None:
        self.port: ContextPort | None = None
