"""A submitted job, held by its id."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar, cast

from beltline.client.parts import JobArtifact, JobParts
from beltline.client.sync_reference import SyncReference
from beltline.core.durations import Duration, micros
from beltline.core.errors import InvalidInput, JobFailed, ResultTimeout
from beltline.core.failure import read_failure
from beltline.core.job import Attempt, Job
from beltline.core.states import JobState
from beltline.definitions.result import ResultType
from beltline.store.log_lines import LogLine
from beltline.store.params import Finished

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class JobPort(Protocol):
    """What a reference needs of the client that made it."""

    @property
    def namespace(self) -> str:
        """The namespace of its jobs."""
        ...

    async def wait_for(self, job_id: str, timeout_us: int | None) -> Finished | None:
        """Return how the job ended, None after the time-out."""
        ...

    async def require(self, job_id: str) -> None:
        """Raise NotFound where there is no such job."""
        ...

    async def get(self, job_id: str) -> Job:
        """Return the job as it stands."""
        ...

    async def cancel(self, job_id: str, *, why: str = "") -> Job:
        """Cancel the job."""
        ...

    @property
    def parts(self) -> JobParts:
        """Where attempts, logs and artifacts are read."""
        ...

    def run_sync(self, call: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine function from synchronous code."""
        ...


# Not frozen: a bulk submit makes one for each job, in a third of the time that a frozen one takes.
@dataclass(slots=True, unsafe_hash=True)
class JobReference(Generic[T_co]):
    """A job, by its id. `existing`: an earlier submit with the same key or id made it.

    None where nobody looked.
    """

    id: str
    existing: bool | None
    _port: JobPort
    _result: ResultType

    @property
    def namespace(self) -> str:
        """The namespace that the job is in."""
        return self._port.namespace

    async def result(self, *, timeout: Duration | None = None) -> T_co:
        """Wait for the job to end and return its typed result.

        Raises NotFound, JobFailed where it ended otherwise than succeeded, ResultTimeout where it is not
        final in time (it goes on).
        """
        ended = await self._ended(timeout)
        if ended is None:
            raise ResultTimeout(
                f"job {self.id} was not final within {timeout}; it goes on: await it again or watch it"
            )
        if ended.state is not JobState.SUCCEEDED:
            failure = read_failure(ended.error)
            message = f"{failure['type']}: {failure['message']}" if failure else ""
            raise JobFailed(self.id, ended.state.value, ended.reason, message)
        return cast("T_co", self._result.load(ended.result or b"null"))

    def result_sync(self, *, timeout: Duration | None = None) -> T_co:
        """Do what `result` does, from code that has no event loop."""
        return self._port.run_sync(lambda: self.result(timeout=timeout))

    async def wait(self, *, timeout: Duration | None = None) -> Job:
        """Wait for the job to end, however it ends, and return it: its state says how.

        After the time-out it is returned as it stands; it goes on. Raises NotFound.
        """
        await self._ended(timeout)
        return await self._port.get(self.id)

    @property
    def sync(self) -> SyncReference[T_co]:
        """The same calls for code that has no event loop."""
        return SyncReference(self, self._port.run_sync)

    async def job(self) -> Job:
        """Return the job as it stands: state, reason, attempts, error."""
        return await self._port.get(self.id)

    async def cancel(self, *, why: str = "") -> Job:
        """Cancel the job; a running body is asked to stop."""
        return await self._port.cancel(self.id, why=why)

    async def attempts(self) -> list[Attempt]:
        """Return its runs, oldest first: worker, times, how each ended. Raises NotFound."""
        return await self._port.parts.attempts(self.id)

    async def logs(self, *, after: int = 0, limit: int = 10_000) -> list[LogLine]:
        """Return lines of its log over all runs, oldest first, also while it runs. Raises NotFound.

        `after` is the `seq` of a line that was read before. Where the first line has a `seq` beyond
        `after` + 1, those between were dropped: a log is bounded.
        """
        if after < 0 or limit < 1:
            raise InvalidInput(f"after={after}, limit={limit}: after is at least 0, limit at least 1")
        return await self._port.parts.logs(self.id, after=after, limit=limit)

    async def artifacts(self) -> list[JobArtifact]:
        """Return the files that its runs made, by run and name. Raises NotFound."""
        return await self._port.parts.artifacts(self.id)

    async def artifact(self, name: str, *, run: int | None = None) -> bytes:
        """Return the content of a file: of the last run that made one of this name, if no run is given.

        Raises NotFound, ObjectsError.
        """
        return await self._port.parts.artifact(self.id, name, run)

    async def _ended(self, timeout: Duration | None) -> Finished | None:
        if self.existing is None:
            await self._port.require(self.id)
        return await self._port.wait_for(
            self.id, None if timeout is None else micros(timeout, what="timeout")
        )
