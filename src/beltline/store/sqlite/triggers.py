"""Triggers."""

from __future__ import annotations

from functools import partial

from beltline.store.sqlite.audit import append_audit
from beltline.store.sqlite.transaction import Gate, Transaction
from beltline.store.triggers import StoredTrigger, WriteTrigger


class SqliteTriggers:
    """The verbs of triggers."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def write(self, params: WriteTrigger) -> bool:
        return await self._gate.write(partial(_write, params=params))

    async def get(self, namespace: str, name: str) -> StoredTrigger | None:
        found = await self._listed("trigger_get", {"namespace": namespace, "name": name})
        return found[0] if found else None

    async def page(self, namespace: str, *, after: str = "", limit: int = 1_000) -> list[StoredTrigger]:
        return await self._listed("trigger_page", {"namespace": namespace, "after": after, "limit": limit})

    async def _listed(self, name: str, parameters: dict[str, object]) -> list[StoredTrigger]:
        rows = await self._gate.read(lambda transaction: transaction.run(name, parameters).fetchall())
        return [StoredTrigger._make((*row[:4], bool(row[4]), *row[5:])) for row in rows]


def _write(transaction: Transaction, *, params: WriteTrigger) -> bool:
    given: dict[str, object] = {"namespace": params.namespace, "name": params.name, "now": params.now}
    if params.revision is not None:
        given["revision"] = params.revision
    if params.trigger is None:
        statement = "trigger_remove"
        del given["now"]
    else:
        statement = "trigger_make" if params.revision is None else "trigger_change"
        given |= params.trigger._asdict()
    if transaction.changed(statement, given) != 1:
        return False
    append_audit(transaction, namespace=params.namespace, entries=params.audit, now=params.now)
    return True
