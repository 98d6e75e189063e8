"""Stacks of running bodies."""

from __future__ import annotations

from beltline.store.sqlite.transaction import Gate, Transaction
from beltline.store.stacks import STACKS_KEPT_US


class SqliteStacks:
    """The verbs of stacks."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def ask(self, namespace: str, job_id: str, fence: int, now: int) -> None:
        parameters = {"namespace": namespace, "job_id": job_id, "fence": fence, "now": now}

        def verb(transaction: Transaction) -> None:
            transaction.run("stack_trim", {"namespace": namespace, "before": now - STACKS_KEPT_US})
            transaction.run("stack_ask", parameters)

        await self._gate.write(verb)

    async def asked(self, namespace: str, session: str) -> list[tuple[str, int]]:
        parameters = {"namespace": namespace, "session": session}
        rows = await self._gate.read(
            lambda transaction: transaction.run("stack_asked", parameters).fetchall()
        )
        return [(job_id, fence) for job_id, fence in rows]

    async def tell(self, namespace: str, job_id: str, fence: int, stack: str) -> None:
        parameters = {"namespace": namespace, "job_id": job_id, "fence": fence, "stack": stack}
        await self._gate.write(lambda transaction: transaction.run("stack_tell", parameters).close())

    async def read(self, namespace: str, job_id: str, fence: int) -> str | None:
        parameters = {"namespace": namespace, "job_id": job_id, "fence": fence}
        row = await self._gate.read(lambda transaction: transaction.row("stack_read", parameters))
        return None if row is None else row[0]
