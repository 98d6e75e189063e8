"""Jobs with children."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from beltline.core.batch import Batch
from beltline.core.job import Job
from beltline.store.batches import ListChildren, Seen
from beltline.store.rows import job_of
from beltline.store.sqlite.packing import packed
from beltline.store.sqlite.transaction import Gate, Transaction

CHILDREN: Final[Mapping[str, str]] = MappingProxyType(
    {where: f"children_{where}" for where in ("live", "dead", "history")}
)


class SqliteBatches:
    """The verbs of batches."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def pending(self, namespace: str) -> tuple[bool, bool]:
        shared = {"namespace": namespace}
        row = await self._gate.read(lambda transaction: transaction.row("batch_pending", shared))
        counts, due = row or (0, 0)
        return bool(counts), bool(due)

    async def fold(self, namespace: str, limit: int) -> int:
        def verb(transaction: Transaction) -> int:
            shared = {"namespace": namespace, "limit": limit}
            until, count = transaction.row("batch_fold_until", shared) or (None, 0)
            if count:
                transaction.run("batch_fold", {"namespace": namespace, "until": until})
                transaction.run("batch_fold_remove", {"namespace": namespace, "until": until})
            return int(count)

        return await self._gate.write(verb)

    async def due(self, namespace: str, limit: int) -> list[Batch]:
        return await self._listed("batch_due", {"namespace": namespace, "limit": limit})

    async def seen(self, namespace: str, looks: Sequence[Seen]) -> None:
        def verb(transaction: Transaction) -> None:
            for look in looks:
                transaction.run("batch_seen", {"namespace": namespace, **look._asdict()})

        if looks:
            await self._gate.write(verb)

    async def reopen(self, namespace: str, job_ids: Sequence[str]) -> None:
        parameters = {"namespace": namespace, "ids": packed(list(job_ids))}
        await self._gate.write(lambda transaction: transaction.run("batch_reopen", parameters).close())

    async def get(self, namespace: str, job_ids: Sequence[str]) -> list[Batch]:
        return await self._listed("batch_get", {"namespace": namespace, "ids": packed(list(job_ids))})

    async def tree(self, namespace: str, root: str, limit: int = 10_000) -> list[Batch]:
        return await self._listed("batch_tree", {"namespace": namespace, "root": root, "limit": limit})

    async def page(
        self, namespace: str, before: tuple[int, str] | None = None, limit: int = 50
    ) -> list[Batch]:
        created_at, job_id = before or (None, None)
        given = {"namespace": namespace, "created_at": created_at, "job_id": job_id, "limit": limit}
        return await self._listed("batch_page", given)

    async def children(self, params: ListChildren) -> list[Job]:
        parameters = {
            "namespace": params.namespace,
            "parents": packed(list(params.parents)),
            "after": params.after,
            "limit": params.limit,
        }
        name = CHILDREN[params.where]
        rows = await self._gate.read(lambda transaction: transaction.run(name, parameters).fetchall())
        return [job_of(row) for row in rows]

    async def _listed(self, name: str, parameters: Mapping[str, Any]) -> list[Batch]:
        rows = await self._gate.read(lambda transaction: transaction.run(name, parameters).fetchall())
        return [batch_of(row) for row in rows]


def batch_of(row: Sequence[Any]) -> Batch:
    """Return a batch from its row."""
    batch = Batch._make(row)
    return batch._replace(is_stopped=bool(batch.is_stopped))
