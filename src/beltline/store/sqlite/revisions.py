"""Changing and removing jobs by hand."""

from __future__ import annotations

import json

from beltline.store.revisions import RemoveJobs, ReviseJob
from beltline.store.rows import labels_text
from beltline.store.sqlite.audit import append_audit
from beltline.store.sqlite.packing import packed
from beltline.store.sqlite.transaction import Gate, Transaction


class SqliteRevisions:
    """The verbs of revisions."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def revise(self, params: ReviseJob) -> bool:
        parameters = {
            "namespace": params.namespace,
            "id": params.id,
            "fence": params.fence,
            "state": params.state.value,
            "priority": params.priority,
            "order_key": params.order_key,
            "run_at": params.run_at,
            "labels": None if params.labels is None else labels_text(params.labels) or "{}",
            "payload": params.payload,
        }

        def verb(transaction: Transaction) -> bool:
            if not transaction.changed("revise", parameters):
                return False
            append_audit(transaction, namespace=params.namespace, entries=params.audit, now=params.now)
            return True

        return await self._gate.write(verb)

    async def remove(self, params: RemoveJobs) -> list[str]:
        given = {"namespace": params.namespace, "ids": packed(list(params.ids))}

        def verb(transaction: Transaction) -> list[str]:
            ids: str = transaction.value("remove", given)
            found = {"namespace": params.namespace, "ids": ids}
            removed: list[str] = json.loads(ids)
            if removed:
                transaction.run("remove_keys", found)
                for part in ("attempts", "artifacts", "logs", "steps", "positions", "dead", "history"):
                    transaction.run(f"prune_{part}", found)
                append_audit(transaction, namespace=params.namespace, entries=params.audit, now=params.now)
            return removed

        return await self._gate.write(verb)
