"""Workflows and their runs, from a program."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from beltline.client.port import ClientPort
from beltline.client.reference import JobReference
from beltline.client.remote import Remote, part
from beltline.definitions.result import ResultType
from beltline.definitions.workflow import workflow_of
from beltline.engine import graphs, runs, workflows
from beltline.engine.runs import Run
from beltline.engine.submit import JobOptions
from beltline.store.params import Insertion
from beltline.store.workflows import StoredWorkflow
from beltline.wire.reading_linked import run_of_body, workflow_of_body

_ACTOR = "client"
_PAGE = 1_000


class Workflows(Protocol):
    """What `belt.workflows` is. Each method raises NotOpen; those that take a name or id raise NotFound.

    `belt.batches` cancels, pauses, resumes and re-runs a run as a whole.
    """

    async def apply(self, graph: Mapping[str, Any], *, why: str = "") -> StoredWorkflow:
        """Check a graph in its JSON form, store it and make it the newest version of its name.

        Raises InvalidWorkflow that lists every fault, Conflict where its version has another graph; then
        nothing was stored.
        """
        ...

    async def get(self, name: str, version: str | None = None) -> StoredWorkflow:
        """Return a version of a workflow, by default the newest."""
        ...

    async def list(self) -> list[StoredWorkflow]:
        """Return the newest version of each workflow, by name."""
        ...

    async def versions(self, name: str, *, limit: int = 50) -> Sequence[StoredWorkflow]:
        """Return versions of a workflow, the newest first, at most `limit` (up to 1,000)."""
        ...

    async def start(self, name: str, given: object = None, *, id: str | None = None) -> JobReference[Any]:
        """Start a run with this input (an empty object where none is given); `id` makes it repeatable.

        Raises IdReused, InvalidWorkflow where job definitions or workflows are missing.
        """
        ...

    async def run(self, job_id: str) -> Run:
        """Return a run with how its steps stand."""
        ...

    async def signal(self, job_id: str, name: str, payload: object = None) -> bool:
        """Send a signal to a run; False where it had one of this name before, which counts.

        Raises InvalidInput where no step waits for it, InvalidTransition where the run has ended.
        """
        ...


class StoreWorkflows:
    """Workflows in the store of an open client."""

    def __init__(self, port: ClientPort) -> None:
        self._port = port

    async def apply(self, graph: Mapping[str, Any], *, why: str = "") -> StoredWorkflow:
        return await graphs.apply_new(self._port.store, self._port.namespace, graph, actor=_ACTOR, why=why)

    async def get(self, name: str, version: str | None = None) -> StoredWorkflow:
        return await graphs.stored_version(self._port.store, self._port.namespace, name, version)

    async def list(self) -> list[StoredWorkflow]:
        found: list[StoredWorkflow] = []
        while True:
            after = found[-1].name if found else ""
            page = await self._port.store.workflows.page(self._port.namespace, after=after, limit=_PAGE)
            found += page
            if len(page) < _PAGE:
                return found

    async def versions(self, name: str, *, limit: int = 50) -> Sequence[StoredWorkflow]:
        await self.get(name)
        return await self._port.store.workflows.versions(self._port.namespace, name, limit=limit)

    async def start(self, name: str, given: object = None, *, id: str | None = None) -> JobReference[Any]:
        port = self._port
        found = await workflows.begin(
            port.store,
            port.namespace,
            name,
            {} if given is None else given,
            random=port.random,
            options=JobOptions(id=id),
        )
        return _reference(port, found.id, is_new=found.outcome is Insertion.CREATED)

    async def run(self, job_id: str) -> Run:
        return runs.told(await runs.view(self._port.store, self._port.namespace, job_id))

    async def signal(self, job_id: str, name: str, payload: object = None) -> bool:
        port = self._port
        return await runs.signal(port.store, port.namespace, job_id, name, payload, actor=_ACTOR)


class RemoteWorkflows:
    """Workflows behind a service's URL."""

    def __init__(self, remote: Remote, port: ClientPort) -> None:
        self._remote = remote
        self._port = port

    async def apply(self, graph: Mapping[str, Any], *, why: str = "") -> StoredWorkflow:
        name = workflow_of(graph).name
        return workflow_of_body(
            await self._remote.call("PUT", f"/workflows/{part(name)}?why={part(why)}", dict(graph))
        )

    async def get(self, name: str, version: str | None = None) -> StoredWorkflow:
        query = "" if version is None else f"?version={part(version)}"
        return workflow_of_body(await self._remote.call("GET", f"/workflows/{part(name)}{query}"))

    async def list(self) -> list[StoredWorkflow]:
        return [workflow_of_body(body) async for body in self._remote.listed("/workflows")]

    async def versions(self, name: str, *, limit: int = 50) -> Sequence[StoredWorkflow]:
        body = await self._remote.call("GET", f"/workflows/{part(name)}/versions?limit={limit}")
        return [workflow_of_body(each) for each in body["items"]]

    async def start(self, name: str, given: object = None, *, id: str | None = None) -> JobReference[Any]:
        body = {"input": {} if given is None else given, "id": id or self._remote.new_id()}
        found = await self._remote.call("POST", f"/workflows/{part(name)}/runs", body)
        # An id that was drawn here exists already where the answer to a first try was lost.
        return _reference(self._port, found["id"], is_new=id is None or not found["existing"])

    async def run(self, job_id: str) -> Run:
        return run_of_body(await self._remote.call("GET", f"/runs/{part(job_id)}"))

    async def signal(self, job_id: str, name: str, payload: object = None) -> bool:
        body = {"name": name, "payload": payload}
        found = await self._remote.once("POST", f"/runs/{part(job_id)}/signal", body)
        return bool(found["is_first"])


def workflows_of(port: ClientPort) -> Workflows:
    """Return the workflows of where a client is open."""
    return StoreWorkflows(port) if port.remote is None else RemoteWorkflows(port.remote, port)


def _reference(port: ClientPort, job_id: str, *, is_new: bool) -> JobReference[Any]:
    return JobReference(job_id, not is_new, port, ResultType.any_json())
