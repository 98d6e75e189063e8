"""Subscriptions, and the outcomes that are still to be told."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial

from beltline.store.rows import noted_outcome
from beltline.store.sqlite.audit import append_audit
from beltline.store.sqlite.transaction import Gate, Transaction
from beltline.store.subscriptions import NotedOutcome, StoredSubscription, WriteSubscription


class SqliteSubscriptions:
    """The verbs of subscriptions."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def write(self, params: WriteSubscription) -> bool:
        return await self._gate.write(partial(_write, params=params))

    async def get(self, namespace: str, subscription_id: str) -> StoredSubscription | None:
        found = await self._listed("subscription_get", {"namespace": namespace, "id": subscription_id})
        return found[0] if found else None

    async def page(self, namespace: str) -> list[StoredSubscription]:
        return await self._listed("subscription_page", {"namespace": namespace})

    async def namespaces(self) -> list[str]:
        rows = await self._gate.read(
            lambda transaction: transaction.run("subscription_namespaces", {}).fetchall()
        )
        return [name for (name,) in rows]

    async def outcomes(self, namespace: str, limit: int) -> list[NotedOutcome]:
        given = {"namespace": namespace, "limit": limit}
        rows = await self._gate.read(lambda transaction: transaction.run("outcome_page", given).fetchall())
        return [noted_outcome(row) for row in rows]

    async def forget(self, namespace: str, seqs: Sequence[int]) -> None:
        given = {"namespace": namespace, "seqs": json.dumps(list(seqs))}
        await self._gate.write(lambda transaction: transaction.changed("outcome_forget", given))

    async def _listed(self, name: str, parameters: dict[str, object]) -> list[StoredSubscription]:
        rows = await self._gate.read(lambda transaction: transaction.run(name, parameters).fetchall())
        return [StoredSubscription._make((*row[:6], bool(row[6]), *row[7:])) for row in rows]


def _write(transaction: Transaction, *, params: WriteSubscription) -> bool:
    given: dict[str, object] = {"namespace": params.namespace, "id": params.id}
    if params.revision is not None:
        given["revision"] = params.revision
    if params.subscription is None:
        statement = "subscription_remove"
    else:
        statement = "subscription_make" if params.revision is None else "subscription_change"
        given |= {**params.subscription._asdict(), "now": params.now}
    if transaction.changed(statement, given) != 1:
        return False
    append_audit(transaction, namespace=params.namespace, entries=params.audit, now=params.now)
    return True
