"""One run of a job in this process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Future
from enum import StrEnum
from typing import Any, Final, Protocol, TypeAlias

from beltline.core.errors import InvalidInput, Unsupported
from beltline.core.job import ClaimedJob
from beltline.definitions.children import Brood
from beltline.definitions.definition import JobDefinition, Mode
from beltline.definitions.port import MemoryPort

MOST_ARTIFACTS: Final = 100


class Cause(StrEnum):
    """Why a run is asked to stop before its body ended."""

    CANCEL = "cancel"
    TIMEOUT = "timeout"
    DEADLINE = "deadline"
    DRAIN = "drain"
    LOST = "lost"


class Reports(Protocol):
    """Where runs leave log lines and progress."""

    def log(self, run: Run, level: str, message: str, fields: str) -> None:
        """Keep a line; safe from any thread."""
        ...

    def progress(self, run: Run, fraction: float, note: str) -> None:
        """Keep the newest progress; safe from any thread."""
        ...

    def artifact(self, run: Run, name: str, kind: str, data: bytes) -> None:
        """Keep a file; safe from any thread."""
        ...


class RunMemory(MemoryPort, Protocol):
    """What the job of a run remembers."""

    async def leave(self) -> None:
        """Keep what was only noted, as well as that can be done: the body has ended."""
        ...


Submit: TypeAlias = "Callable[[Run, str, str, Sequence[bytes]], Future[list[tuple[str, bool]]]]"


class Run:
    """A claimed job, its task, and why it was asked to stop.

    It is the port through which the job's Context speaks.
    """

    __slots__ = (
        "_remember",
        "_submit",
        "artifacts",
        "begun",
        "brood",
        "cause",
        "coroutine",
        "definition",
        "job",
        "key",
        "limit",
        "mode",
        "pausing",
        "remembered",
        "reports",
        "settled",
        "task",
        "whole_messages",
    )

    def __init__(
        self,
        job: ClaimedJob,
        definition: JobDefinition,
        reports: Reports,
        remember: Callable[[Run], RunMemory],
        submit: Submit | None = None,
    ) -> None:
        self.job = job
        # What tells this run from every other, also from a later run of the same job in this process.
        self.key = (job.id, job.fence)
        self.definition = definition
        # Where its body runs: that of a suspect in a process.
        self.mode: Mode = definition.mode
        self.reports = reports
        self.task: asyncio.Task[None] | None = None
        # What runs the body; None until it begins.
        self.coroutine: Coroutine[Any, Any, object] | None = None
        self.cause: Cause | None = None
        self.limit: asyncio.TimerHandle | None = None
        self.begun = False
        self.settled = False
        self.pausing = False
        self.artifacts = 0
        self.whole_messages = 0
        # Made when the body first asks for it: most bodies remember nothing.
        self.remembered: RunMemory | None = None
        self._remember = remember
        # The children that a body in another process submits through this one.
        self.brood: Brood | None = None
        self._submit = submit

    @property
    def memory(self) -> RunMemory:
        """What the job remembers."""
        if self.remembered is None:
            self.remembered = self._remember(self)
        return self.remembered

    def interrupt(self, cause: Cause) -> None:
        """Ask the body to stop; the first cause stays, but a lost lease overrides every other.

        A body is asked once: what it does to clean up is not interrupted. A task that has not begun is left
        to find the cause, for a task that is cancelled before its first step never runs at all.
        """
        asked = self.cause is not None
        if not asked or cause is Cause.LOST:
            self.cause = cause
        if self.begun and not asked and self.task is not None:
            self.task.cancel()

    def append_log(self, level: str, message: str, fields: str) -> None:
        """Keep a log line of this run."""
        self.reports.log(self, level, message, fields)

    def report_progress(self, fraction: float, note: str) -> None:
        """Keep the progress of this run."""
        self.reports.progress(self, fraction, note)

    def keep_artifact(self, name: str, kind: str, data: bytes) -> None:
        """Keep a file that this run made."""
        self.artifacts += 1
        if self.artifacts > MOST_ARTIFACTS:
            raise InvalidInput(f"a run keeps at most {MOST_ARTIFACTS} artifacts; put several into one file")
        self.reports.artifact(self, name, kind, data)

    def submit(
        self, definition: str, options: str, payloads: Sequence[bytes]
    ) -> Future[list[tuple[str, bool]]]:
        """Store jobs for the body, where it runs in another process."""
        if self._submit is None:
            raise Unsupported("this worker stores no jobs for bodies in processes")
        return self._submit(self, definition, options, payloads)

    def is_cancelled(self) -> bool:
        """Return whether the body was asked to stop."""
        return self.cause is not None
