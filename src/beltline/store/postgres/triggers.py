"""Triggers."""

from __future__ import annotations

from beltline.store.postgres.audit import append_audit
from beltline.store.postgres.connection import Pool, Statements
from beltline.store.triggers import StoredTrigger, WriteTrigger


class PostgresTriggers:
    """The verbs of triggers."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def write(self, params: WriteTrigger) -> bool:
        async def work(statements: Statements) -> bool:
            if await _written(statements, params) is None:
                return False
            await append_audit(
                statements,
                self._pool.address,
                namespace=params.namespace,
                entries=params.audit,
                now=params.now,
            )
            return True

        return await self._pool.transaction(work)

    async def get(self, namespace: str, name: str) -> StoredTrigger | None:
        rows = await self._pool.rows("trigger_get", namespace, name)
        return StoredTrigger._make(rows[0]) if rows else None

    async def page(self, namespace: str, *, after: str = "", limit: int = 1_000) -> list[StoredTrigger]:
        rows = await self._pool.rows("trigger_page", namespace, after, limit)
        return [StoredTrigger._make(row) for row in rows]


async def _written(statements: Statements, params: WriteTrigger) -> str | None:
    name: str | None
    if params.trigger is None:
        name = await statements.value("trigger_remove", params.namespace, params.name, params.revision)
    elif params.revision is None:
        name = await statements.value("trigger_make", params.namespace, params.now, *params.trigger)
    else:
        given = (params.namespace, params.now, *params.trigger, params.revision)
        name = await statements.value("trigger_change", *given)
    return name
