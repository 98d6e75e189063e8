"""Job definitions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from beltline.store.params import Definition
from beltline.store.postgres.connection import Pool, Row, Statements


class PostgresDefinitions:
    """The verbs of definitions."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def apply(self, namespace: str, definitions: Sequence[Definition], now: int) -> list[str]:
        # Every worker applies its definitions when it starts; mostly they are there, and nothing is locked.
        newest = {definition.name: definition for definition in await self.page(namespace)}
        if all(_same(newest.get(each.name), each) for each in definitions):
            return []
        number = self._pool.address.number("definitions", namespace)

        async def work(statements: Statements) -> list[str]:
            await statements.value("lock", number)
            changed = [each.name for each in definitions if await _applied(statements, namespace, each, now)]
            return list(dict.fromkeys(changed))

        return await self._pool.transaction(work)

    async def page(self, namespace: str) -> list[Definition]:
        return [_definition(row) for row in await self._pool.rows("definition_page", namespace)]

    async def get(self, namespace: str, name: str) -> Definition | None:
        rows = await self._pool.rows("definition_get", namespace, name)
        return _definition(rows[0]) if rows else None


async def _applied(statements: Statements, namespace: str, definition: Definition, now: int) -> bool:
    rows = await statements.rows("definition_get", namespace, definition.name)
    if rows and _same(_definition(rows[0]), definition):
        return False
    await statements.run(
        "definition_apply",
        namespace,
        now,
        definition.name,
        definition.version,
        definition.queue,
        definition.schema,
        definition.policies,
        definition.owner,
        definition.runbook,
    )
    return True


def _same(stored: Definition | None, given: Definition) -> bool:
    return stored is not None and replace(stored, applied_at=given.applied_at) == given


def _definition(row: Row) -> Definition:
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
