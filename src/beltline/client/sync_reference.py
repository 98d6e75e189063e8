"""A submitted job for code that has no event loop."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, Generic, Protocol, TypeVar

from beltline.client.parts import JobArtifact
from beltline.core.durations import Duration
from beltline.core.job import Attempt, Job
from beltline.store.log_lines import LogLine

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class AsyncReference(Protocol[T_co]):
    """What a JobReference does."""

    @property
    def id(self) -> str:
        """The job's id."""
        ...

    async def result(self, *, timeout: Duration | None = None) -> T_co:
        """Wait for the result."""
        ...

    async def wait(self, *, timeout: Duration | None = None) -> Job:
        """Wait for the end."""
        ...

    async def job(self) -> Job:
        """Return the job."""
        ...

    async def cancel(self, *, why: str = "") -> Job:
        """Cancel the job."""
        ...

    async def attempts(self) -> list[Attempt]:
        """Return its runs."""
        ...

    async def logs(self, *, after: int = 0, limit: int = 10_000) -> list[LogLine]:
        """Return lines of its log."""
        ...

    async def artifacts(self) -> list[JobArtifact]:
        """Return its files."""
        ...

    async def artifact(self, name: str, *, run: int | None = None) -> bytes:
        """Return the content of a file."""
        ...


class SyncReference(Generic[T_co]):
    """The same calls as those of the reference behind it, without await.

    They raise what those raise; NotOpen before `open_sync`, and Unsupported on an event loop.
    """

    def __init__(
        self,
        reference: AsyncReference[T_co],
        run: Callable[[Callable[[], Coroutine[Any, Any, Any]]], Any],
    ) -> None:
        self._reference = reference
        self._run = run

    @property
    def id(self) -> str:
        """The job's id."""
        return self._reference.id

    def result(self, *, timeout: Duration | None = None) -> T_co:
        """Wait for the job to end and return its typed result."""
        found: T_co = self._run(lambda: self._reference.result(timeout=timeout))
        return found

    def wait(self, *, timeout: Duration | None = None) -> Job:
        """Wait for the job to end, however it ends, and return it."""
        found: Job = self._run(lambda: self._reference.wait(timeout=timeout))
        return found

    def job(self) -> Job:
        """Return the job as it stands."""
        found: Job = self._run(self._reference.job)
        return found

    def cancel(self, *, why: str = "") -> Job:
        """Cancel the job."""
        found: Job = self._run(lambda: self._reference.cancel(why=why))
        return found

    def attempts(self) -> list[Attempt]:
        """Return its runs, oldest first."""
        found: list[Attempt] = self._run(self._reference.attempts)
        return found

    def logs(self, *, after: int = 0, limit: int = 10_000) -> list[LogLine]:
        """Return lines of its log, oldest first."""
        found: list[LogLine] = self._run(lambda: self._reference.logs(after=after, limit=limit))
        return found

    def artifacts(self) -> list[JobArtifact]:
        """Return the files that it made."""
        found: list[JobArtifact] = self._run(self._reference.artifacts)
        return found

    def artifact(self, name: str, *, run: int | None = None) -> bytes:
        """Return the content of a file that it made."""
        found: bytes = self._run(lambda: self._reference.artifact(name, run=run))
        return found
