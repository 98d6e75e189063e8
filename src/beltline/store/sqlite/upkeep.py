"""What the loops of any worker do for all."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from beltline.core.job import Job
from beltline.core.order import HEAD_START
from beltline.store.hints import Hint
from beltline.store.params import Retention, Tally
from beltline.store.rows import job_of
from beltline.store.sqlite.transaction import Gate, Transaction
from beltline.store.upkeep import Agenda


class SqliteUpkeep:
    """The verbs of upkeep."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def agenda(self, namespace: str, now: int) -> Agenda:
        parameters = {"namespace": namespace, "now": now}
        row = await self._gate.read(lambda transaction: transaction.run("agenda", parameters).fetchone())
        due_at, tick_at, trigger_at, *flags = row
        return Agenda(due_at, tick_at, trigger_at, *map(bool, flags))

    async def stage(self, namespace: str, now: int, limit: int) -> int:
        parameters = {"namespace": namespace, "now": now, "limit": limit, "head_start": HEAD_START}

        def verb(transaction: Transaction) -> int:
            staged = transaction.changed("stage", parameters)
            if staged:
                transaction.hint(namespace, Hint.QUEUED)
            return staged

        return await self._gate.write(verb)

    async def vacuum(self) -> bool:
        return False

    async def next_due(self, namespace: str) -> int | None:
        found: int | None = await self._gate.read(
            lambda transaction: transaction.value("next_due", {"namespace": namespace})
        )
        return found

    async def overdue(self, namespace: str, now: int, limit: int) -> list[Job]:
        parameters = {"namespace": namespace, "now": now, "limit": limit}
        rows = await self._gate.read(lambda transaction: transaction.run("overdue", parameters).fetchall())
        return [job_of(row) for row in rows]

    async def fold(self, namespace: str, limit: int) -> int:
        def verb(transaction: Transaction) -> int:
            until, count = transaction.run("fold_until", {"namespace": namespace, "limit": limit}).fetchone()
            if count:
                transaction.run("fold", {"namespace": namespace, "until": until})
                transaction.run("fold_remove", {"namespace": namespace, "until": until})
            return int(count)

        return await self._gate.write(verb)

    async def tallies(self, namespace: str, since: int, until: int) -> list[Tally]:
        parameters = {"namespace": namespace, "since": since, "until": until}
        rows = await self._gate.read(lambda transaction: transaction.run("tallies", parameters).fetchall())
        return [Tally._make(row) for row in rows]

    async def prune(self, params: Retention) -> Mapping[str, int]:
        # One transaction a kind: pruning is long, and claims wait between.
        gone = {
            "history": await self._gate.write(
                partial(_prune_finished, table="history", before=params.history_before, params=params)
            ),
            "dead": await self._gate.write(
                partial(_prune_finished, table="dead", before=params.dead_before, params=params)
            ),
        }
        for kind, before in (
            ("sessions", params.sessions_before),
            ("tallies", params.tallies_before),
            ("idempotency", params.now),
            ("ledger", params.ledger_before),
            ("fires", params.history_before),
            ("backfills", params.history_before),
        ):
            gone[kind] = await self._gate.write(partial(_prune, kind=kind, before=before, params=params))
        return gone


def _prune_finished(transaction: Transaction, *, table: str, before: int, params: Retention) -> int:
    found = {"namespace": params.namespace, "before": before, "limit": params.limit}
    ids = transaction.value(f"prune_{table}_find", found)
    if ids == "[]":
        return 0
    parameters = {"namespace": params.namespace, "ids": ids}
    for part in ("attempts", "artifacts", "logs", "steps", "positions", "batches", "signals"):
        transaction.run(f"prune_{part}", parameters)
    return transaction.changed(f"prune_{table}", parameters)


def _prune(transaction: Transaction, *, kind: str, before: int, params: Retention) -> int:
    parameters = {"namespace": params.namespace, "before": before, "limit": params.limit}
    return transaction.changed(f"prune_{kind}", parameters)
