"""What belongs to a job beside itself: its attempts, its log, the files that it made."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from beltline.core.errors import NotFound
from beltline.core.job import Attempt
from beltline.engine import control
from beltline.engine.objects import whole_bytes, whole_lines
from beltline.objects.reference import reference_of
from beltline.store.artifact import StoredArtifact
from beltline.store.contract import Store
from beltline.store.log_lines import LogLine

PAGE = 1_000


class JobArtifact(NamedTuple):
    """A file that a run made. `size` in bytes and `sha256` are those of its content."""

    name: str
    run: int
    type: str
    size: int
    sha256: str
    created_at: int


class JobParts(Protocol):
    """Reads what belongs to a job, from a store or from a service. Raises NotFound where there is no job."""

    async def attempts(self, job_id: str) -> list[Attempt]:
        """Return all runs, oldest first."""
        ...

    async def logs(self, job_id: str, *, after: int, limit: int) -> list[LogLine]:
        """Return at most so many lines after this one, oldest first, with their whole messages."""
        ...

    async def artifacts(self, job_id: str) -> list[JobArtifact]:
        """Return the files, by run and name."""
        ...

    async def artifact(self, job_id: str, name: str, run: int | None) -> bytes:
        """Return the content of a file, of the last run that made one of this name if `run` is None."""
        ...


class StoreParts:
    """The parts of jobs in a store."""

    def __init__(self, store: Store, namespace: str) -> None:
        self._store = store
        self._namespace = namespace

    async def attempts(self, job_id: str) -> list[Attempt]:
        """Read the attempts."""
        await self._require(job_id)
        return await self._store.reads.attempts(self._namespace, job_id)

    async def logs(self, job_id: str, *, after: int, limit: int) -> list[LogLine]:
        """Read lines, a page at a time."""
        await self._require(job_id)
        lines: list[LogLine] = []
        while len(lines) < limit:
            wanted = min(PAGE, limit - len(lines))
            page = await self._store.logs.read(self._namespace, job_id, after=after, limit=wanted)
            lines += await whole_lines(self._store, page)
            if len(page) < wanted:
                break
            after = page[-1].seq
        return lines

    async def artifacts(self, job_id: str) -> list[JobArtifact]:
        """Read the list."""
        return [_artifact(found) for found in await self._stored(job_id)]

    async def artifact(self, job_id: str, name: str, run: int | None) -> bytes:
        """Read a content."""
        found = [each for each in await self._stored(job_id) if each.name == name and run in {None, each.run}]
        if not found:
            raise NotFound("artifact", name, f"job {job_id} made none of this name")
        return await whole_bytes(self._store, found[-1].reference)

    async def _stored(self, job_id: str) -> list[StoredArtifact]:
        await self._require(job_id)
        return await self._store.artifacts.page(self._namespace, job_id)

    async def _require(self, job_id: str) -> None:
        await control.fetch(self._store, self._namespace, job_id)


def _artifact(found: StoredArtifact) -> JobArtifact:
    sha256 = reference_of(found.reference).sha256
    return JobArtifact(found.name, found.run, found.type, found.size, sha256, found.created_at)
