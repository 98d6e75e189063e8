"""The audit log: appended alone, or with the verb that an operator's action is."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from beltline.core.audit import GENESIS, chain_hash
from beltline.store.params import AuditEntry, AuditRow
from beltline.store.sqlite.transaction import Gate, Transaction


class SqliteAudit:
    """The verbs of the audit log."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def append(self, namespace: str, entries: Sequence[AuditEntry], now: int) -> None:
        await self._gate.write(partial(append_audit, namespace=namespace, entries=entries, now=now))

    async def page(self, namespace: str, *, after: int = 0, limit: int = 1_000) -> list[AuditRow]:
        parameters = {"namespace": namespace, "after": after, "limit": limit}
        rows = await self._gate.read(lambda transaction: transaction.run("audit_page", parameters).fetchall())
        return [AuditRow._make(row) for row in rows]


def append_audit(
    transaction: Transaction, *, namespace: str, entries: Sequence[AuditEntry], now: int
) -> None:
    """Append entries to the namespace's chain, as a part of the transaction."""
    if not entries:
        return
    seq, last = transaction.row("audit_last", {"namespace": namespace}) or (0, GENESIS)
    for entry in entries:
        seq += 1
        fields = (entry.actor, entry.action, entry.target, entry.reason, entry.before, entry.after)
        chained = chain_hash(last, namespace, seq, now, fields)
        transaction.run("audit_append", (namespace, seq, now, *fields, last, chained))
        last = chained
