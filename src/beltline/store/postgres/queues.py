"""Queues."""

from __future__ import annotations

from collections.abc import Sequence

from beltline.store.hints import Hint
from beltline.store.params import AuditEntry, QueueInfo
from beltline.store.postgres.audit import append_audit
from beltline.store.postgres.connection import Pool, Statements
from beltline.store.postgres.wakeups import PostgresWakeups


class PostgresQueues:
    """The verbs of queues."""

    def __init__(self, pool: Pool, wakeups: PostgresWakeups) -> None:
        self._pool = pool
        self._wakeups = wakeups

    async def set_paused(
        self, namespace: str, queue: str, *, paused: bool, now: int, audit: Sequence[AuditEntry] = ()
    ) -> None:
        async def work(statements: Statements) -> None:
            await statements.run("queue_set_paused", namespace, queue, paused, now)
            await append_audit(statements, namespace=namespace, entries=audit, now=now)

        await self._pool.transaction(work)
        if not paused:
            self._wakeups.fire(namespace, Hint.QUEUED)

    async def page(self, namespace: str) -> list[QueueInfo]:
        return [QueueInfo._make(row) for row in await self._pool.scan("queue_page", namespace)]
