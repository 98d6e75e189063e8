"""The contract of workflows: their graphs, and the signals that their runs are sent.

It is a part of `contract`, and what is said there holds here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol


class StoredWorkflow(NamedTuple):
    """A version of a workflow; `graph` is JSON."""

    name: str
    version: str
    graph: str
    applied_at: int


class Signal(NamedTuple):
    """What a run was sent; `payload` is JSON."""

    name: str
    payload: bytes
    actor: str
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SendSignal:
    """Send a signal to a run of a workflow."""

    namespace: str
    job_id: str
    name: str
    payload: bytes
    actor: str
    now: int


class WorkflowStore(Protocol):
    """Workflows by name and version, and signals by run and name."""

    async def apply(self, namespace: str, workflow: StoredWorkflow) -> None:
        """Store a version and make it the newest of its name; the graph of a stored version stays."""
        ...

    async def get(self, namespace: str, name: str, version: str | None = None) -> StoredWorkflow | None:
        """Return a version of a workflow, by default the newest."""
        ...

    async def page(self, namespace: str, *, after: str = "", limit: int = 1_000) -> list[StoredWorkflow]:
        """Return the newest version of each workflow whose name comes after `after`, by name."""
        ...

    async def versions(
        self, namespace: str, name: str, *, before: str | None = None, limit: int = 100
    ) -> list[StoredWorkflow]:
        """Return versions of a workflow, the newest first; `before` is the last one of the page before."""
        ...

    async def signal(self, params: SendSignal) -> bool:
        """Keep a signal and give the run's batch a turn; False where the run had one of this name before.

        Hints `linked`.
        """
        ...

    async def signals(self, namespace: str, job_id: str) -> list[Signal]:
        """Return what a run was sent, by name."""
        ...
