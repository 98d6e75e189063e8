"""Workflows and signals."""

from __future__ import annotations

from beltline.store.hints import Hint
from beltline.store.postgres.connection import Pool, Statements
from beltline.store.postgres.wakeups import PostgresWakeups
from beltline.store.workflows import SendSignal, Signal, StoredWorkflow


class PostgresWorkflows:
    """The verbs of workflows."""

    def __init__(self, pool: Pool, wakeups: PostgresWakeups) -> None:
        self._pool = pool
        self._wakeups = wakeups

    async def apply(self, namespace: str, workflow: StoredWorkflow) -> None:
        await self._pool.run("workflow_apply", namespace, *workflow)

    async def get(self, namespace: str, name: str, version: str | None = None) -> StoredWorkflow | None:
        rows = await self._pool.rows("workflow_get", namespace, name, version)
        return StoredWorkflow._make(rows[0]) if rows else None

    async def page(self, namespace: str, *, after: str = "", limit: int = 1_000) -> list[StoredWorkflow]:
        rows = await self._pool.rows("workflow_page", namespace, after, limit)
        return [StoredWorkflow._make(row) for row in rows]

    async def versions(
        self, namespace: str, name: str, *, before: str | None = None, limit: int = 100
    ) -> list[StoredWorkflow]:
        rows = await self._pool.rows("workflow_versions", namespace, name, before, limit)
        return [StoredWorkflow._make(row) for row in rows]

    async def signal(self, params: SendSignal) -> bool:
        values = (params.namespace, params.job_id, params.name, params.payload, params.actor, params.now)

        async def work(statements: Statements) -> bool:
            is_first = await statements.value("signal_put", *values) is not None
            await statements.run("batch_touch", params.namespace, [params.job_id])
            return is_first

        is_first = await self._pool.transaction(work)
        self._wakeups.fire(params.namespace, Hint.LINKED)
        return is_first

    async def signals(self, namespace: str, job_id: str) -> list[Signal]:
        return [Signal._make(row) for row in await self._pool.rows("signal_page", namespace, job_id)]
