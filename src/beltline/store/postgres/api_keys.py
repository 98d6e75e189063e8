"""API keys."""

from __future__ import annotations

from collections.abc import Sequence

from beltline.store.api_keys import ApiKey, RotateApiKey
from beltline.store.params import AuditEntry
from beltline.store.postgres.audit import append_audit
from beltline.store.postgres.connection import Pool, Statements
from beltline.store.rows import api_key_of, api_key_row


class PostgresApiKeys:
    """The verbs of API keys."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, key: ApiKey, *, audit: Sequence[AuditEntry] = ()) -> None:
        async def work(statements: Statements) -> None:
            await self._add(statements, key, audit, key.created_at)

        await self._pool.transaction(work)

    async def find(self, hash: bytes) -> ApiKey | None:  # noqa: A002 - the column's name
        rows = await self._pool.rows("api_key_find", hash)
        return api_key_of(rows[0]) if rows else None

    async def page(self, namespace: str) -> list[ApiKey]:
        return [api_key_of(row) for row in await self._pool.rows("api_key_page", namespace)]

    async def revoke(
        self, namespace: str, key_id: str, now: int, *, audit: Sequence[AuditEntry] = ()
    ) -> bool:
        async def work(statements: Statements) -> bool:
            if not await statements.rows("api_key_revoke", namespace, key_id, now):
                return False
            await append_audit(statements, namespace=namespace, entries=audit, now=now)
            return True

        return await self._pool.transaction(work)

    async def rotate(self, params: RotateApiKey) -> bool:
        old = (params.namespace, params.id, params.until, params.now)

        async def work(statements: Statements) -> bool:
            if not await statements.rows("api_key_expire", *old):
                return False
            await self._add(statements, params.new, params.audit, params.now)
            return True

        return await self._pool.transaction(work)

    async def namespaces(self) -> list[str]:
        return [row[0] for row in await self._pool.rows("api_key_namespaces")]

    async def note_used(self, used: Sequence[tuple[str, str, int]]) -> None:
        if used:
            await self._pool.run("api_key_used", *map(list, zip(*used, strict=True)))

    async def _add(self, statements: Statements, key: ApiKey, audit: Sequence[AuditEntry], now: int) -> None:
        await statements.run("api_key_add", *api_key_row(key))
        await append_audit(statements, namespace=key.namespace, entries=audit, now=now)
