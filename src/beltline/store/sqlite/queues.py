"""Queues."""

from __future__ import annotations

from collections.abc import Sequence

from beltline.store.hints import Hint
from beltline.store.params import AuditEntry, QueueInfo
from beltline.store.sqlite.audit import append_audit
from beltline.store.sqlite.transaction import Gate, Transaction


class SqliteQueues:
    """The verbs of queues."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def set_paused(
        self, namespace: str, queue: str, *, paused: bool, now: int, audit: Sequence[AuditEntry] = ()
    ) -> None:
        def verb(transaction: Transaction) -> None:
            parameters = {"namespace": namespace, "queue": queue, "paused": paused, "now": now}
            transaction.run("queue_set_paused", parameters)
            append_audit(transaction, namespace=namespace, entries=audit, now=now)
            if not paused:
                transaction.hint(namespace, Hint.QUEUED)

        await self._gate.write(verb)

    async def page(self, namespace: str) -> list[QueueInfo]:
        rows = await self._gate.read(
            lambda transaction: transaction.run("queue_page", {"namespace": namespace}).fetchall()
        )
        return [
            QueueInfo(name, bool(paused), queued, running, oldest)
            for name, paused, queued, running, oldest in rows
        ]
