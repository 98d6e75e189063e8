"""Stacks of running bodies."""

from __future__ import annotations

from typing import cast

from beltline.store.postgres.connection import Pool, Statements
from beltline.store.stacks import STACKS_KEPT_US


class PostgresStacks:
    """The verbs of stacks."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def ask(self, namespace: str, job_id: str, fence: int, now: int) -> None:
        async def verb(statements: Statements) -> None:
            await statements.run("stack_trim", namespace, now - STACKS_KEPT_US)
            await statements.run("stack_ask", namespace, job_id, fence, now)

        await self._pool.transaction(verb)

    async def asked(self, namespace: str, session: str) -> list[tuple[str, int]]:
        rows = await self._pool.rows("stack_asked", namespace, session)
        return [(job_id, fence) for job_id, fence in rows]

    async def tell(self, namespace: str, job_id: str, fence: int, stack: str) -> None:
        await self._pool.run("stack_tell", namespace, job_id, fence, stack)

    async def read(self, namespace: str, job_id: str, fence: int) -> str | None:
        return cast("str | None", await self._pool.value("stack_read", namespace, job_id, fence))
