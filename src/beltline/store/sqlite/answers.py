"""Answers that a repeated request gets again."""

from __future__ import annotations

from typing import Any

from beltline.store.answers import ABANDONED_US, KEPT_US, Answer, BeginAnswer
from beltline.store.sqlite.transaction import Gate, Transaction


class SqliteAnswers:
    """The verbs of answers."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def begin(self, params: BeginAnswer) -> Answer | None:
        given = _given(params)
        given["request_hash"] = params.request_hash
        given["expires_at"] = params.now + KEPT_US
        given["abandoned"] = params.now - ABANDONED_US

        def verb(transaction: Transaction) -> Answer | None:
            if transaction.changed("answer_begin", given):
                return None
            return Answer(*transaction.run("answer_get", _given(params)).fetchone())

        return await self._gate.write(verb)

    async def keep(self, params: BeginAnswer, status: int, body: bytes) -> None:
        given = {**_given(params), "status": status, "body": body}
        await self._gate.write(lambda transaction: transaction.run("answer_keep", given).close())

    async def forget(self, params: BeginAnswer) -> None:
        given = _given(params)
        await self._gate.write(lambda transaction: transaction.run("answer_forget", given).close())

    async def prune(self, namespace: str, now: int, limit: int) -> int:
        given = {"namespace": namespace, "now": now, "limit": limit}
        return await self._gate.write(lambda transaction: transaction.changed("prune_answers", given))


def _given(params: BeginAnswer) -> dict[str, Any]:
    return {
        "namespace": params.namespace,
        "caller": params.caller,
        "idempotency_key": params.idempotency_key,
        "now": params.now,
    }
