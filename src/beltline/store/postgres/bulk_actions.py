"""Actions on many jobs that may still be undone."""

from __future__ import annotations

from collections.abc import Sequence

from beltline.store.bulk_actions import TAKEN_US, StoredBulkAction
from beltline.store.params import AuditEntry
from beltline.store.postgres.audit import append_audit
from beltline.store.postgres.connection import Pool, Statements


class PostgresBulkActions:
    """The verbs of bulk actions."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(
        self, namespace: str, action: StoredBulkAction, *, audit: Sequence[AuditEntry] = ()
    ) -> None:
        async def work(statements: Statements) -> None:
            await statements.run("bulk_action_add", namespace, *action[:-2])
            await append_audit(statements, namespace=namespace, entries=audit, now=action.created_at)

        await self._pool.transaction(work)

    async def undo(
        self, namespace: str, action_id: str, now: int, *, audit: Sequence[AuditEntry] = ()
    ) -> bool:
        async def work(statements: Statements) -> bool:
            if not await statements.rows("bulk_action_undo", namespace, action_id, now):
                return False
            await append_audit(statements, namespace=namespace, entries=audit, now=now)
            return True

        return await self._pool.transaction(work)

    async def take(self, namespace: str, now: int) -> StoredBulkAction | None:
        rows = await self._pool.rows("bulk_action_take", namespace, now, now - TAKEN_US)
        return StoredBulkAction._make(rows[0]) if rows else None

    async def finish(self, namespace: str, action_id: str, changed: int) -> None:
        await self._pool.run("bulk_action_finish", namespace, action_id, changed)

    async def page(self, namespace: str, *, limit: int = 1_000) -> list[StoredBulkAction]:
        rows = await self._pool.rows("bulk_action_page", namespace, limit)
        return [StoredBulkAction._make(row) for row in rows]
