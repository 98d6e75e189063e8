"""The fronts of the queues, by what their jobs ask."""

from __future__ import annotations

from beltline.core.offers import Front
from beltline.store.fronts import MOST_LANES, FindFronts, Lane
from beltline.store.postgres.connection import Pool


class PostgresFronts:
    """The verbs of fronts."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def lanes(
        self, namespace: str, queues: tuple[str, ...] | None, *, after: Lane | None = None
    ) -> list[Lane]:
        behind = ("", None) if after is None else after
        rows = await self._pool.rows("lanes", namespace, queues, *behind, MOST_LANES)
        return [Lane(queue, needs) for queue, needs in rows]

    async def fronts(self, params: FindFronts) -> list[Front]:
        if not params.lanes:
            return []
        columns = map(list, zip(*params.lanes, strict=True))
        rows = await self._pool.rows("fronts", params.namespace, params.now, params.limit, *columns)
        return [Front(order_key, job_id, needs, queued_at) for order_key, job_id, needs, queued_at in rows]
