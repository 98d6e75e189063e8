"""Groups of dead letters, and the letters of a filter."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from beltline.store.dead_letters import (
    DeadGroup,
    EditDead,
    FindLetters,
    GroupCursor,
    GroupPage,
    Letter,
    ListGroups,
    TriageGroup,
)
from beltline.store.rows import labels_text
from beltline.store.sqlite.audit import append_audit
from beltline.store.sqlite.packing import packed
from beltline.store.sqlite.transaction import Gate, Transaction


class SqliteDeadLetters:
    """The verbs of dead letters as work."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def groups(self, params: ListGroups) -> GroupPage:
        before = params.before
        parameters = {
            "namespace": params.namespace,
            "definition": params.definition,
            "owner": params.owner,
            "last_at": before.last_at if before else None,
            "fingerprint": before.fingerprint if before else None,
            "limit": params.limit + 1,
        }
        rows = await self._gate.read(lambda transaction: transaction.run("group_page", parameters).fetchall())
        items = [_group(row[:-1]) for row in rows[: params.limit]]
        is_last = len(rows) <= params.limit
        cursor = None if is_last else GroupCursor(items[-1].last_at or 0, items[-1].fingerprint)
        return GroupPage(items, cursor, rows[0][-1] if rows else 0)

    async def group(self, namespace: str, fingerprint: str) -> DeadGroup | None:
        parameters = {"namespace": namespace, "fingerprint": fingerprint}
        row = await self._gate.read(lambda transaction: transaction.row("group_get", parameters))
        return None if row is None else _group(row)

    async def triage(self, params: TriageGroup) -> bool:
        parameters = {
            "namespace": params.namespace,
            "fingerprint": params.fingerprint,
            "owner": params.owner,
            "note": params.note,
            "actor": params.actor,
            "now": params.now,
        }

        def verb(transaction: Transaction) -> bool:
            is_kept = transaction.changed("group_triage", parameters) > 0
            if is_kept:
                append_audit(transaction, namespace=params.namespace, entries=params.audit, now=params.now)
            return is_kept

        return await self._gate.write(verb)

    async def find(self, params: FindLetters) -> list[Letter]:
        where = params.where
        name = "letter_page" if where.fingerprint is None else "letter_group_page"
        parameters = {
            "namespace": params.namespace,
            "fingerprint": where.fingerprint,
            "definition": where.definition,
            "queue": where.queue,
            "labels": labels_text(where.labels),
            "until": params.until,
            "after_at": params.after[0],
            "after_id": params.after[1],
            "run": params.run,
            "times": params.times,
            "limit": params.limit,
        }
        rows = await self._gate.read(lambda transaction: transaction.run(name, parameters).fetchall())
        return [Letter._make(row) for row in rows]

    async def edit(self, params: EditDead) -> bool:
        parameters = {
            "namespace": params.namespace,
            "id": params.id,
            "fence": params.fence,
            "payload": params.payload,
        }

        def verb(transaction: Transaction) -> bool:
            is_edited = transaction.changed("letter_edit", parameters) > 0
            if is_edited:
                append_audit(transaction, namespace=params.namespace, entries=params.audit, now=params.now)
            return is_edited

        return await self._gate.write(verb)

    async def prune(self, namespace: str, before: int, limit: int) -> Mapping[str, int]:
        parameters = {"namespace": namespace, "before": before, "limit": limit}

        def replays(transaction: Transaction) -> int:
            ids = transaction.listed("prune_replays_find", parameters)
            gone = {"namespace": namespace, "before": before, "ids": packed(ids)}
            transaction.run("prune_marks", gone)
            return transaction.changed("prune_replays", gone)

        return {
            "replays": await self._gate.write(replays),
            "groups": await self._gate.write(
                lambda transaction: transaction.changed("prune_groups", parameters)
            ),
        }


def _group(row: tuple[Any, ...]) -> DeadGroup:
    group = DeadGroup._make(row)
    versions, definitions = row[4:6]
    return group._replace(
        versions=tuple(sorted(json.loads(versions))), definitions=tuple(sorted(json.loads(definitions)))
    )
