"""Subscriptions, and the outcomes that are still to be told."""

from __future__ import annotations

from collections.abc import Sequence

from beltline.store.postgres.audit import append_audit
from beltline.store.postgres.connection import Pool, Statements
from beltline.store.rows import noted_outcome
from beltline.store.subscriptions import NotedOutcome, StoredSubscription, WriteSubscription


class PostgresSubscriptions:
    """The verbs of subscriptions."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def write(self, params: WriteSubscription) -> bool:
        async def work(statements: Statements) -> bool:
            if await _written(statements, params) is None:
                return False
            await append_audit(statements, namespace=params.namespace, entries=params.audit, now=params.now)
            return True

        return await self._pool.transaction(work)

    async def get(self, namespace: str, subscription_id: str) -> StoredSubscription | None:
        rows = await self._pool.rows("subscription_get", namespace, subscription_id)
        return StoredSubscription._make(rows[0]) if rows else None

    async def page(self, namespace: str) -> list[StoredSubscription]:
        return [
            StoredSubscription._make(row) for row in await self._pool.rows("subscription_page", namespace)
        ]

    async def namespaces(self) -> list[str]:
        return [row[0] for row in await self._pool.rows("subscription_namespaces")]

    async def outcomes(self, namespace: str, limit: int) -> list[NotedOutcome]:
        rows = await self._pool.rows("outcome_page", namespace, limit)
        return [noted_outcome(row) for row in rows]

    async def forget(self, namespace: str, seqs: Sequence[int]) -> None:
        await self._pool.run("outcome_forget", namespace, list(seqs))


async def _written(statements: Statements, params: WriteSubscription) -> str | None:
    found: str | None
    if params.subscription is None:
        found = await statements.value("subscription_remove", params.namespace, params.id, params.revision)
    elif params.revision is None:
        given = (params.namespace, params.now, *params.subscription)
        found = await statements.value("subscription_make", *given)
    else:
        given = (params.namespace, params.now, *params.subscription)
        found = await statements.value("subscription_change", *given, params.revision)
    return found
