"""The audit log: appended alone, or with the verb that an operator's action is."""

from __future__ import annotations

from collections.abc import Sequence

from beltline.core.audit import GENESIS, chain_hash
from beltline.store.params import AuditEntry, AuditRow
from beltline.store.postgres.connection import Pool, Statements


class PostgresAudit:
    """The verbs of the audit log."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def append(self, namespace: str, entries: Sequence[AuditEntry], now: int) -> None:
        async def work(statements: Statements) -> None:
            await append_audit(statements, namespace=namespace, entries=entries, now=now)

        await self._pool.transaction(work)

    async def page(self, namespace: str, *, after: int = 0, limit: int = 1_000) -> list[AuditRow]:
        return [AuditRow._make(row) for row in await self._pool.rows("audit_page", namespace, after, limit)]


async def append_audit(
    statements: Statements, *, namespace: str, entries: Sequence[AuditEntry], now: int
) -> None:
    """Append entries to the namespace's chain: last in a transaction, which locks the chain to its end."""
    if not entries:
        return
    await statements.value("lock", statements.address.number("audit", namespace))
    last = await statements.rows("audit_last", namespace)
    seq, previous = last[0] if last else (0, GENESIS)
    rows: list[tuple[int | str, ...]] = []
    for entry in entries:
        seq += 1
        fields = (entry.actor, entry.action, entry.target, entry.reason, entry.before, entry.after)
        chained = chain_hash(previous, namespace, seq, now, fields)
        rows.append((seq, *fields, previous, chained))
        previous = chained
    await statements.run("audit_append", namespace, now, *map(list, zip(*rows, strict=True)))
