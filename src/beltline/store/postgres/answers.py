"""Answers that a repeated request gets again."""

from __future__ import annotations

from beltline.store.answers import ABANDONED_US, KEPT_US, Answer, BeginAnswer
from beltline.store.postgres.connection import Pool, Statements


class PostgresAnswers:
    """The verbs of answers."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def begin(self, params: BeginAnswer) -> Answer | None:
        row = _row(params)
        times = (params.now, params.now + KEPT_US, params.now - ABANDONED_US)

        async def work(statements: Statements) -> Answer | None:
            if await statements.rows("answer_begin", *row, params.request_hash, *times):
                return None
            # What another transaction committed meanwhile made the insert wait; this statement sees it.
            [found] = await statements.rows("answer_get", *row)
            return Answer(*found)

        return await self._pool.transaction(work)

    async def keep(self, params: BeginAnswer, status: int, body: bytes) -> None:
        await self._pool.run("answer_keep", *_row(params), params.now, status, body)

    async def forget(self, params: BeginAnswer) -> None:
        await self._pool.run("answer_forget", *_row(params), params.now)

    async def prune(self, namespace: str, now: int, limit: int) -> int:
        gone: int = await self._pool.value("prune_answers", namespace, now, limit)
        return gone


def _row(params: BeginAnswer) -> tuple[str, str, str]:
    return params.namespace, params.caller, params.idempotency_key
