"""How long lists are."""

from __future__ import annotations

from beltline.store.postgres.connection import Pool
from beltline.store.totals import MOST_COUNTED, Counted


class PostgresTotals:
    """The verb of totals."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def count(self, namespace: str, what: Counted, of: str = "") -> int:
        found: int = await self._pool.value(f"total_{what.value}", namespace, of, MOST_COUNTED)
        return found
