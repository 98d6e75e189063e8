"""Replay runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from beltline.store.replays import (
    AdvanceRun,
    MarkOutcome,
    News,
    NoteRun,
    ReplayRun,
    StartRun,
)
from beltline.store.rows import labels_text, replay_run_of
from beltline.store.sqlite.audit import append_audit
from beltline.store.sqlite.packing import packed
from beltline.store.sqlite.replaying import replayed
from beltline.store.sqlite.transaction import Gate, Transaction


class SqliteReplays:
    """The verbs of replay runs."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def start(self, params: StartRun) -> bool:
        parameters = {
            **params.run._asdict(),
            "namespace": params.namespace,
            "labels": labels_text(params.run.labels),
        }

        def verb(transaction: Transaction) -> bool:
            is_begun = transaction.changed("run_start", parameters) > 0
            if is_begun:
                append_audit(transaction, namespace=params.namespace, entries=params.audit, now=params.now)
            return is_begun

        return await self._gate.write(verb)

    async def get(self, namespace: str, run_id: str) -> ReplayRun | None:
        parameters = {"namespace": namespace, "id": run_id}
        row = await self._gate.read(lambda transaction: transaction.row("run_get", parameters))
        return None if row is None else replay_run_of(row)

    async def page(
        self, namespace: str, *, ended: bool = False, before: str | None = None, limit: int = 50
    ) -> list[ReplayRun]:
        name = "run_page" if ended else "run_open_page"
        parameters = {"namespace": namespace, "before": before, "limit": limit}
        rows = await self._gate.read(lambda transaction: transaction.run(name, parameters).fetchall())
        return [replay_run_of(row) for row in rows]

    async def advance(self, params: AdvanceRun) -> list[str] | None:
        at = {
            "namespace": params.namespace,
            "id": params.run_id,
            "next_at": params.next_at,
            "then_at": params.then_at,
        }

        def verb(transaction: Transaction) -> list[str] | None:
            if not transaction.changed("run_advance", at):
                return None
            given = {"namespace": params.namespace, "run_id": params.run_id, "ids": packed(list(params.ids))}
            marked = transaction.run("mark_add", {**given, "now": params.now}).fetchall()
            moved = replayed(transaction, params.namespace, [job_id for (job_id,) in marked], params.now)
            _count(transaction, params.namespace, params.run_id, len(moved), {})
            return moved

        return await self._gate.write(verb)

    async def news(self, namespace: str, run_id: str, limit: int) -> list[News]:
        parameters = {"namespace": namespace, "id": run_id, "limit": limit}
        rows = await self._gate.read(lambda transaction: transaction.run("mark_news", parameters).fetchall())
        return [News._make(row) for row in rows]

    async def watched(self, namespace: str, run_id: str) -> bool:
        parameters = {"namespace": namespace, "id": run_id}
        return bool(await self._gate.read(lambda transaction: transaction.value("mark_watched", parameters)))

    async def note(self, params: NoteRun) -> bool:
        move = {
            "namespace": params.namespace,
            "id": params.run_id,
            "from_state": params.from_state.value,
            "state": params.state.value,
            "ended_by": params.ended_by,
            "now": params.now,
        }
        rows = packed([(job_id, outcome.value) for job_id, outcome in params.outcomes])

        def verb(transaction: Transaction) -> bool:
            if not transaction.changed("run_move", move):
                return False
            closing = {"namespace": params.namespace, "id": params.run_id, "rows": rows}
            closed = transaction.run("mark_close", closing).fetchall()
            outcomes = Counter(MarkOutcome(outcome) for (outcome,) in closed)
            _count(transaction, params.namespace, params.run_id, 0, outcomes)
            append_audit(transaction, namespace=params.namespace, entries=params.audit, now=params.now)
            return True

        return await self._gate.write(verb)


def _count(
    transaction: Transaction, namespace: str, run_id: str, moved: int, outcomes: Mapping[MarkOutcome, int]
) -> None:
    counts = {outcome.value: outcomes.get(outcome, 0) for outcome in MarkOutcome}
    transaction.run("run_count", {"namespace": namespace, "id": run_id, "replayed": moved, **counts})
