"""The verbs that read jobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from beltline.core.clock import MINUTE
from beltline.core.job import Attempt, Job
from beltline.core.states import DEAD, FINAL, JobState
from beltline.store.params import Finished, JobPage, ListJobs, StateCount, finish_of
from beltline.store.postgres.connection import Pool, Row
from beltline.store.rows import fingerprint_mark, job_of, labels_text, listed_states, page_of

MOST_COUNTED: Final = 10_000
MOST_UNSETTLED: Final = 1_000
_RUNNING: Final = frozenset({JobState.RUNNING})
_COMING: Final = frozenset({JobState.SCHEDULED, JobState.RETRYING})
_PARKED: Final = frozenset({JobState.WAITING, JobState.PAUSED})
# Greater than any id, in byte order.
_END: Final = chr(0x10FFFF)


class PostgresReads:
    """The verbs that read jobs."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def get(self, namespace: str, job_ids: Sequence[str]) -> list[Job]:
        return [job_of(row) for row in await self._pool.rows("get", namespace, job_ids)]

    async def page(self, params: ListJobs) -> JobPage:
        where = params.where
        states = listed_states(params)
        live = states - FINAL
        running, coming, parked = (bool(live) and live <= few for few in (_RUNNING, _COMING, _PARKED))
        few = [
            sorted(states) if where.states else None,
            where.definition,
            where.queue,
            labels_text(where.labels),
        ]
        places = [bool(states & DEAD), bool(states & (FINAL - DEAD))]
        created = (where.owner, where.since, where.until, fingerprint_mark(where.fingerprint))
        filters = [*few, bool(live) and not (running or coming or parked), *places]
        rest = (where.discarded, running, coming, parked, *created)
        if params.by_finish:
            rows = await self._by_finish(params, [*few, *places, params.limit + 1, where.discarded], created)
        else:
            # One more than asked for tells whether there is a next page.
            before = _END if params.before is None else params.before
            rows = await self._pool.rows("page", params.namespace, before, *filters, params.limit + 1, *rest)
        total = await self._pool.value("page_total", params.namespace, _END, *filters, MOST_COUNTED, *rest)
        return page_of(params, [job_of(row) for row in rows], total)

    async def _by_finish(
        self, params: ListJobs, given: Sequence[object], created: Sequence[object]
    ) -> list[Row]:
        """Look at longer and longer times, until the page is full or nothing is older."""
        finish = finish_of(params.before)
        newest = min(finish.at, await self._pool.value("server_time"))
        span = MINUTE
        while True:
            since = newest - span
            rows = await self._pool.rows(
                "page_finished", params.namespace, finish.id, *given, finish.at, since, *created
            )
            if len(rows) > params.limit or since < 0:
                return rows
            span *= 4

    async def counts(self, namespace: str) -> list[StateCount]:
        rows = await self._pool.rows("counts", namespace)
        return [StateCount(queue, JobState(state), count) for queue, state, count in rows]

    async def known(self, namespace: str, job_ids: Sequence[str]) -> set[str]:
        return {row[0] for row in await self._pool.rows("insert_known_ids", namespace, job_ids)}

    async def finished(self, namespace: str, job_ids: Sequence[str]) -> list[Finished]:
        rows = await self._pool.rows("finished", namespace, job_ids)
        return [Finished(job_id, JobState(state), *rest) for job_id, state, *rest in rows]

    async def attempts(self, namespace: str, job_id: str) -> list[Attempt]:
        return [Attempt._make(row) for row in await self._pool.rows("attempts", namespace, job_id)]

    async def unsettled(self, namespace: str, queues: tuple[str, ...] | None, now: int) -> int:
        found: int = await self._pool.value("unsettled", namespace, queues, now, MOST_UNSETTLED)
        return found
