"""Takes what is queued: by the front of the queues, or jobs that were chosen before."""

from __future__ import annotations

from operator import itemgetter
from typing import Final

from beltline.core.clock import Clock
from beltline.core.job import ClaimedJob
from beltline.store.params import ClaimJobs
from beltline.store.postgres.connection import Pool, Row
from beltline.store.postgres.floors import LOWEST, Floor, Floors

# The last column of what a claim returns, after those of a claimed job.
_KEY: Final = len(ClaimedJob._fields)
_ORDER: Final = itemgetter(_KEY, 0)
# With more queues than this a claim looks itself which of them hold jobs.
_MOST_NAMED: Final = 64


class Claims:
    """The statements of `claim`; each returns rows in order."""

    def __init__(self, pool: Pool, floors: Floors, clock: Clock) -> None:
        self._pool = pool
        self._floors = floors
        self._clock = clock

    async def chosen(self, params: ClaimJobs) -> list[Row]:
        """Take those of some jobs that are still queued."""
        values = (params.namespace, params.session, params.now, params.limit, params.ids)
        return await self._rows("claim_chosen", *values)

    async def front(self, params: ClaimJobs) -> list[Row]:
        """Take the front of the queues: from the floor, from the very front where nothing is found there."""
        look = self._floors.begin((params.namespace, params.queues), params.now)
        begun = self._clock.monotonic()
        try:
            floor = look.floor
            rows = [] if floor is None else await self._from_floor(params, floor)
            if not rows:
                look.floor = None
                rows = await self._take(params, params.queues, LOWEST)
        except BaseException:
            self._floors.drop(look)
            raise
        taken = rows[-1][_KEY] if rows else None
        took = self._clock.monotonic() - begun
        self._floors.end(look, taken, params.now, took=took, is_busy=len(rows) == params.limit)
        return rows

    async def _from_floor(self, params: ClaimJobs, floor: Floor) -> list[Row]:
        queues = params.queues
        if queues is None:
            if floor.queues is None and floor.is_busy:
                names = await self._pool.rows("filled", params.namespace, _MOST_NAMED + 1)
                floor.queues = frozenset(row[0] for row in names)
            if floor.queues is not None and len(floor.queues) <= _MOST_NAMED:
                queues = tuple(sorted(floor.queues))
        return await self._take(params, queues, floor.order_key)

    async def _take(self, params: ClaimJobs, queues: tuple[str, ...] | None, order_key: int) -> list[Row]:
        values = (params.namespace, params.session, params.now, params.limit)
        if queues is not None and len(queues) == 1:
            return await self._rows("claim_front", *values, queues[0], order_key)
        return await self._rows("claim_queues", *values, queues, order_key)

    async def _rows(self, name: str, *values: object) -> list[Row]:
        rows = await self._pool.prompt(name, *values)
        rows.sort(key=_ORDER)
        return rows
