"""Actions on many jobs that may still be undone."""

from __future__ import annotations

from collections.abc import Sequence

from beltline.store.bulk_actions import TAKEN_US, StoredBulkAction
from beltline.store.params import AuditEntry
from beltline.store.sqlite.audit import append_audit
from beltline.store.sqlite.transaction import Gate, Transaction


class SqliteBulkActions:
    """The verbs of bulk actions."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def add(
        self, namespace: str, action: StoredBulkAction, *, audit: Sequence[AuditEntry] = ()
    ) -> None:
        parameters = {"namespace": namespace, **action._asdict()}

        def verb(transaction: Transaction) -> None:
            transaction.run("bulk_action_add", parameters)
            append_audit(transaction, namespace=namespace, entries=audit, now=action.created_at)

        await self._gate.write(verb)

    async def undo(
        self, namespace: str, action_id: str, now: int, *, audit: Sequence[AuditEntry] = ()
    ) -> bool:
        parameters = {"namespace": namespace, "id": action_id, "now": now}

        def verb(transaction: Transaction) -> bool:
            if not transaction.changed("bulk_action_undo", parameters):
                return False
            append_audit(transaction, namespace=namespace, entries=audit, now=now)
            return True

        return await self._gate.write(verb)

    async def take(self, namespace: str, now: int) -> StoredBulkAction | None:
        parameters = {"namespace": namespace, "now": now, "abandoned": now - TAKEN_US}
        rows = await self._gate.write(
            lambda transaction: transaction.run("bulk_action_take", parameters).fetchall()
        )
        return StoredBulkAction._make(rows[0]) if rows else None

    async def finish(self, namespace: str, action_id: str, changed: int) -> None:
        parameters = {"namespace": namespace, "id": action_id, "changed": changed}
        await self._gate.write(lambda transaction: transaction.run("bulk_action_finish", parameters).close())

    async def page(self, namespace: str, *, limit: int = 1_000) -> list[StoredBulkAction]:
        parameters = {"namespace": namespace, "limit": limit}
        rows = await self._gate.read(
            lambda transaction: transaction.run("bulk_action_page", parameters).fetchall()
        )
        return [StoredBulkAction._make(row) for row in rows]
