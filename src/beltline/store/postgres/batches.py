"""Jobs with children."""

from __future__ import annotations

from collections.abc import Sequence

from beltline.core.batch import Batch
from beltline.core.job import Job
from beltline.store.batches import ListChildren, Seen
from beltline.store.postgres.connection import Pool
from beltline.store.rows import job_of


class PostgresBatches:
    """The verbs of batches."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def pending(self, namespace: str) -> tuple[bool, bool]:
        [row] = await self._pool.rows("batch_pending", namespace)
        return row[0], row[1]

    async def fold(self, namespace: str, limit: int) -> int:
        folded: int = await self._pool.value("batch_fold", namespace, limit)
        return folded

    async def due(self, namespace: str, limit: int) -> list[Batch]:
        return await self._listed("batch_due", namespace, limit)

    async def seen(self, namespace: str, looks: Sequence[Seen]) -> None:
        if looks:
            columns = map(list, zip(*sorted(looks), strict=True))
            await self._pool.run("batch_seen", namespace, *columns)

    async def reopen(self, namespace: str, job_ids: Sequence[str]) -> None:
        await self._pool.run("batch_reopen", namespace, list(job_ids))

    async def get(self, namespace: str, job_ids: Sequence[str]) -> list[Batch]:
        return await self._listed("batch_get", namespace, list(job_ids))

    async def tree(self, namespace: str, root: str, limit: int = 10_000) -> list[Batch]:
        return await self._listed("batch_tree", namespace, root, limit)

    async def page(
        self, namespace: str, before: tuple[int, str] | None = None, limit: int = 50
    ) -> list[Batch]:
        return await self._listed("batch_page", namespace, *(before or (None, None)), limit)

    async def children(self, params: ListChildren) -> list[Job]:
        values = (params.namespace, list(params.parents), params.after, params.limit)
        return [job_of(row) for row in await self._pool.rows(f"children_{params.where}", *values)]

    async def _listed(self, name: str, *values: object) -> list[Batch]:
        return [Batch._make(row) for row in await self._pool.rows(name, *values)]
