"""Takes what is queued: by the front of the queues, or jobs that were chosen before."""

from __future__ import annotations

from dataclasses import replace
from heapq import nsmallest
from operator import itemgetter
from typing import Final, TypeAlias

from beltline.core.clock import Clock
from beltline.core.job import ClaimedJob
from beltline.store.params import ClaimJobs
from beltline.store.postgres.connection import Pool, Row
from beltline.store.postgres.floors import LOWEST, Floor, Floors, Look

Taken: TypeAlias = tuple[list[Row], int | None]

# The last column of what a claim returns, after those of a claimed job.
_KEY: Final = len(ClaimedJob._fields)
_QUEUE: Final = ClaimedJob._fields.index("queue")
_ORDER: Final = itemgetter(_KEY, 0)
_FRONT: Final = itemgetter(0, 1)
# Of so many queues a claim takes what is in front of all. Where more hold jobs, a busy store takes from those
# with the oldest fronts, so many at a time: to look at the fronts of 10,000 takes 80 ms.
_MOST_NAMED: Final = 64
_A_ROUND: Final = 256
# Those beyond wait for the next look from the front.
_MOST_KNOWN: Final = 20_000


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
            rows, reached = ([], None) if floor is None else await self._from_floor(params, look, floor)
            if not rows:
                look.floor = None
                rows = await self._take(params, params.queues, LOWEST)
                reached = rows[-1][_KEY] if rows else None
        except BaseException:
            self._floors.drop(look)
            raise
        took = self._clock.monotonic() - begun
        self._floors.end(look, reached, params.now, took=took, is_busy=len(rows) == params.limit)
        return rows

    async def _from_floor(self, params: ClaimJobs, look: Look, floor: Floor) -> Taken:
        """Return what was taken, and the order key that nothing which is left is in front of."""
        queues = params.queues
        if queues is None:
            if floor.queues is None and floor.is_busy:
                found = await self._pool.rows("filled", params.namespace, _MOST_KNOWN)
                floor.queues = dict(map(_FRONT, found)) | dict.fromkeys(look.heard, LOWEST)
            if floor.queues is not None and len(floor.queues) > _MOST_NAMED:
                return await self._by_rounds(params, look, floor, floor.queues)
            queues = None if floor.queues is None else tuple(sorted(floor.queues))
        rows = await self._take(params, queues, floor.order_key) if queues != () else []
        return rows, rows[-1][_KEY] if rows else None

    async def _by_rounds(self, params: ClaimJobs, look: Look, floor: Floor, fronts: dict[str, int]) -> Taken:
        """Take from the queues with the oldest fronts, then from the next ones, until there is enough."""
        taken: list[Row] = []
        left = dict(fronts)
        while left and len(taken) < params.limit:
            names = nsmallest(_A_ROUND, left, key=lambda queue: (left[queue], queue))
            asked = replace(params, limit=params.limit - len(taken))
            rows = await self._take(asked, tuple(names), floor.order_key)
            taken += rows
            known = {row[_QUEUE]: row[_KEY] for row in rows}
            for queue in names:
                del left[queue]
                if queue in look.heard:
                    continue
                if len(rows) < asked.limit:
                    # It holds no more.
                    fronts.pop(queue, None)
                elif queue in known:
                    fronts[queue] = known[queue]
        taken.sort(key=_ORDER)
        last = taken[-1][_KEY] if taken else None
        return taken, min(fronts.values(), default=last)

    async def _take(self, params: ClaimJobs, queues: tuple[str, ...] | None, order_key: int) -> list[Row]:
        values = (params.namespace, params.session, params.now, params.limit)
        if queues is not None and len(queues) == 1:
            return await self._rows("claim_front", *values, queues[0], order_key)
        return await self._rows("claim_queues", *values, queues, order_key)

    async def _rows(self, name: str, *values: object) -> list[Row]:
        rows = await self._pool.prompt(name, *values)
        rows.sort(key=_ORDER)
        return rows
