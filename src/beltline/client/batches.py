"""Batches and other trees of jobs, from a program."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol

from beltline.client.port import ClientPort
from beltline.client.remote import Remote, part
from beltline.core.batch import Batch
from beltline.core.job import Job
from beltline.engine import batches, control
from beltline.engine.batches import Tree
from beltline.engine.children import ChildrenPage, children_of
from beltline.wire.reading import job_of
from beltline.wire.reading_linked import batch_of_body, tree_of_body

_ACTOR = "client"
_PAGE = 1_000


class Batches(Protocol):
    """What `belt.batches` is: jobs with children, runs of workflows among them. Each takes the job's id.

    Each raises NotOpen, and NotFound where there is no such job, or where it has no children.
    """

    async def get(self, job_id: str) -> Tree:
        """Return how far it and all below it are, and why jobs of it failed."""
        ...

    async def list(self, *, limit: int = 50) -> Sequence[Batch]:
        """Return the newest batches, without those below others, at most `limit` (up to 1,000)."""
        ...

    def children(self, job_id: str, *, which: Sequence[str] = ()) -> AsyncIterator[Job]:
        """Yield its children: all, or only `which` of "open", "failed" and "ended"."""
        ...

    async def cancel(self, job_id: str, *, why: str = "") -> Job:
        """Cancel it and all below: at once what does not run, by request what does."""
        ...

    async def pause(self, job_id: str, *, why: str = "") -> Job:
        """Pause it and all below."""
        ...

    async def resume(self, job_id: str, *, why: str = "") -> Job:
        """Let it and all below go on."""
        ...

    async def retry_failed(self, job_id: str, *, why: str = "") -> Job:
        """Run its failed jobs again, and the batches above them that failed."""
        ...


class StoreBatches:
    """Batches in the store of an open client."""

    def __init__(self, port: ClientPort) -> None:
        self._port = port

    async def get(self, job_id: str) -> Tree:
        return await batches.tree_of(self._port.store, self._port.namespace, job_id)

    async def list(self, *, limit: int = 50) -> Sequence[Batch]:
        return await self._port.store.batches.page(self._port.namespace, limit=limit)

    async def children(self, job_id: str, *, which: Sequence[str] = ()) -> AsyncIterator[Job]:
        page = ChildrenPage([], None, 0)
        while True:
            page = await children_of(
                self._port.store,
                self._port.namespace,
                job_id,
                which=which,
                after=page.next,
                limit=_PAGE,
            )
            for job in page.items:
                yield job
            if page.next is None:
                return

    async def cancel(self, job_id: str, *, why: str = "") -> Job:
        port = self._port
        return await batches.cancel(port.store, port.namespace, job_id, actor=_ACTOR, why=why)

    async def pause(self, job_id: str, *, why: str = "") -> Job:
        await batches.pause(self._port.store, self._port.namespace, job_id, actor=_ACTOR, why=why)
        return await self._job(job_id)

    async def resume(self, job_id: str, *, why: str = "") -> Job:
        await batches.resume(self._port.store, self._port.namespace, job_id, actor=_ACTOR, why=why)
        return await self._job(job_id)

    async def retry_failed(self, job_id: str, *, why: str = "") -> Job:
        await batches.retry_failed(self._port.store, self._port.namespace, job_id, actor=_ACTOR, why=why)
        return await self._job(job_id)

    async def _job(self, job_id: str) -> Job:
        return await control.fetch(self._port.store, self._port.namespace, job_id)


def batches_of(port: ClientPort) -> Batches:
    """Return the batches of where a client is open."""
    return StoreBatches(port) if port.remote is None else RemoteBatches(port.remote)


class RemoteBatches:
    """Batches behind a service's URL."""

    def __init__(self, remote: Remote) -> None:
        self._remote = remote

    async def get(self, job_id: str) -> Tree:
        return tree_of_body(await self._remote.call("GET", f"/batches/{part(job_id)}"))

    async def list(self, *, limit: int = 50) -> Sequence[Batch]:
        body = await self._remote.call("GET", f"/batches?limit={limit}")
        return [batch_of_body(each) for each in body["items"]]

    async def children(self, job_id: str, *, which: Sequence[str] = ()) -> AsyncIterator[Job]:
        query = "&".join(f"which={part(word)}" for word in which)
        async for body in self._remote.listed(f"/jobs/{part(job_id)}/children", query):
            yield job_of(body)

    async def cancel(self, job_id: str, *, why: str = "") -> Job:
        return await self._acted(job_id, "cancel", why)

    async def pause(self, job_id: str, *, why: str = "") -> Job:
        return await self._acted(job_id, "pause", why)

    async def resume(self, job_id: str, *, why: str = "") -> Job:
        return await self._acted(job_id, "resume", why)

    async def retry_failed(self, job_id: str, *, why: str = "") -> Job:
        return await self._acted(job_id, "retry-failed", why)

    async def _acted(self, job_id: str, verb: str, why: str) -> Job:
        body: dict[str, Any] = await self._remote.call(
            "POST", f"/batches/{part(job_id)}/{verb}", {"why": why}
        )
        return job_of(body["job"])
