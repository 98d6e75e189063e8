"""Workflows and signals."""

from __future__ import annotations

from beltline.store.hints import Hint
from beltline.store.sqlite.packing import packed
from beltline.store.sqlite.transaction import Gate, Transaction
from beltline.store.workflows import SendSignal, Signal, StoredWorkflow


class SqliteWorkflows:
    """The verbs of workflows."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def apply(self, namespace: str, workflow: StoredWorkflow) -> None:
        name, version, graph, now = workflow
        parameters = {"namespace": namespace, "name": name, "version": version, "graph": graph, "now": now}
        await self._gate.write(lambda transaction: transaction.run("workflow_apply", parameters).close())

    async def get(self, namespace: str, name: str, version: str | None = None) -> StoredWorkflow | None:
        parameters = {"namespace": namespace, "name": name, "version": version}
        row = await self._gate.read(lambda transaction: transaction.row("workflow_get", parameters))
        return None if row is None else StoredWorkflow._make(row)

    async def page(self, namespace: str, *, after: str = "", limit: int = 1_000) -> list[StoredWorkflow]:
        return await self._listed("workflow_page", {"namespace": namespace, "after": after, "limit": limit})

    async def versions(
        self, namespace: str, name: str, *, before: str | None = None, limit: int = 100
    ) -> list[StoredWorkflow]:
        given: dict[str, object] = {"namespace": namespace, "name": name, "before": before, "limit": limit}
        return await self._listed("workflow_versions", given)

    async def signal(self, params: SendSignal) -> bool:
        parameters = {
            "namespace": params.namespace,
            "job_id": params.job_id,
            "name": params.name,
            "payload": params.payload,
            "actor": params.actor,
            "now": params.now,
        }

        def verb(transaction: Transaction) -> bool:
            is_first = transaction.changed("signal_put", parameters) > 0
            ids = {"namespace": params.namespace, "ids": packed([params.job_id])}
            transaction.run("batch_touch", ids)
            transaction.hint(params.namespace, Hint.LINKED)
            return is_first

        return await self._gate.write(verb)

    async def signals(self, namespace: str, job_id: str) -> list[Signal]:
        parameters = {"namespace": namespace, "job_id": job_id}
        rows = await self._gate.read(
            lambda transaction: transaction.run("signal_page", parameters).fetchall()
        )
        return [Signal._make(row) for row in rows]

    async def _listed(self, name: str, parameters: dict[str, object]) -> list[StoredWorkflow]:
        rows = await self._gate.read(lambda transaction: transaction.run(name, parameters).fetchall())
        return [StoredWorkflow._make(row) for row in rows]
