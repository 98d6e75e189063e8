"""API keys."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from beltline.store.api_keys import ApiKey, RotateApiKey
from beltline.store.params import AuditEntry
from beltline.store.rows import api_key_of, api_key_row
from beltline.store.sqlite.audit import append_audit
from beltline.store.sqlite.transaction import Gate, Transaction


class SqliteApiKeys:
    """The verbs of API keys."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def add(self, key: ApiKey, *, audit: Sequence[AuditEntry] = ()) -> None:
        await self._gate.write(partial(_add, key=key, audit=audit, now=key.created_at))

    async def find(self, hash: bytes) -> ApiKey | None:  # noqa: A002 - the column's name
        row = await self._gate.read(lambda transaction: transaction.row("api_key_find", {"hash": hash}))
        return None if row is None else api_key_of(row)

    async def page(self, namespace: str) -> list[ApiKey]:
        parameters = {"namespace": namespace}
        rows = await self._gate.read(
            lambda transaction: transaction.run("api_key_page", parameters).fetchall()
        )
        return [api_key_of(row) for row in rows]

    async def revoke(
        self, namespace: str, key_id: str, now: int, *, audit: Sequence[AuditEntry] = ()
    ) -> bool:
        parameters = {"namespace": namespace, "id": key_id, "now": now}

        def verb(transaction: Transaction) -> bool:
            if not transaction.changed("api_key_revoke", parameters):
                return False
            append_audit(transaction, namespace=namespace, entries=audit, now=now)
            return True

        return await self._gate.write(verb)

    async def rotate(self, params: RotateApiKey) -> bool:
        old = {"namespace": params.namespace, "id": params.id, "until": params.until, "now": params.now}

        def verb(transaction: Transaction) -> bool:
            if not transaction.changed("api_key_expire", old):
                return False
            _add(transaction, key=params.new, audit=params.audit, now=params.now)
            return True

        return await self._gate.write(verb)

    async def namespaces(self) -> list[str]:
        rows = await self._gate.read(lambda transaction: transaction.run("api_key_namespaces", {}).fetchall())
        return [name for (name,) in rows]

    async def note_used(self, used: Sequence[tuple[str, str, int]]) -> None:
        def verb(transaction: Transaction) -> None:
            for namespace, key_id, at in used:
                transaction.run("api_key_used", {"namespace": namespace, "id": key_id, "at": at})

        await self._gate.write(verb)


def _add(transaction: Transaction, *, key: ApiKey, audit: Sequence[AuditEntry], now: int) -> None:
    transaction.run("api_key_add", dict(zip(ApiKey._fields, api_key_row(key), strict=False)))
    append_audit(transaction, namespace=key.namespace, entries=audit, now=now)
