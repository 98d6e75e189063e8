"""Job definitions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from beltline.store.params import Definition
from beltline.store.sqlite.transaction import Gate, Transaction


class SqliteDefinitions:
    """The verbs of definitions."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def apply(self, namespace: str, definitions: Sequence[Definition], now: int) -> list[str]:
        def verb(transaction: Transaction) -> list[str]:
            changed = [each.name for each in definitions if _applied(transaction, namespace, each, now)]
            return list(dict.fromkeys(changed))

        return await self._gate.write(verb)

    async def page(self, namespace: str) -> list[Definition]:
        rows = await self._gate.read(
            lambda transaction: transaction.run("definition_page", {"namespace": namespace}).fetchall()
        )
        return [_definition(row) for row in rows]

    async def get(self, namespace: str, name: str) -> Definition | None:
        return await self._gate.read(partial(_newest, namespace=namespace, name=name))


def _applied(transaction: Transaction, namespace: str, definition: Definition, now: int) -> bool:
    newest = _newest(transaction, namespace=namespace, name=definition.name)
    if newest is not None and replace(newest, applied_at=definition.applied_at) == definition:
        return False
    parameters = {
        "namespace": namespace,
        "name": definition.name,
        "version": definition.version,
        "queue": definition.queue,
        "schema": definition.schema,
        "policies": definition.policies,
        "owner": definition.owner,
        "runbook": definition.runbook,
        "now": now,
    }
    transaction.run("definition_apply", parameters)
    return True


def _newest(transaction: Transaction, *, namespace: str, name: str) -> Definition | None:
    row = transaction.row("definition_get", {"namespace": namespace, "name": name})
    return None if row is None else _definition(row)


def _definition(row: Sequence[Any]) -> Definition:
    name, version, queue, schema, policies, owner, runbook, applied_at = row
    return Definition(
        name=name,
        version=version,
        queue=queue,
        schema=schema,
        policies=policies,
        owner=owner,
        runbook=runbook,
        applied_at=applied_at,
    )
