"""The verbs that read jobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from beltline.core.clock import MINUTE
from beltline.core.job import Attempt, Job
from beltline.core.states import DEAD, FINAL, JobState
from beltline.store.pages import JobPage, ListJobs, Sort, place_of
from beltline.store.params import Finished, StateCount
from beltline.store.postgres.connection import Pool, Row, Statements
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
        # One more than asked for tells whether there is a next page.
        most = params.limit + 1
        if params.sort is Sort.FINISHED:
            given = [*few, *places, most, where.discarded]
            rows = await self._by_time(params, "page_finished", [given, created])
        elif params.sort is Sort.CREATED:
            rows = await self._by_time(params, "page_created", [[*filters, most, *rest], []])
        else:
            before = _END if params.before is None else params.before
            rows = await self._pool.rows("page", params.namespace, before, *filters, most, *rest)
        total = await self._pool.value("page_total", params.namespace, _END, *filters, MOST_COUNTED, *rest)
        return page_of(params, [job_of(row) for row in rows], total)

    async def _by_time(
        self, params: ListJobs, statement: str, around: Sequence[Sequence[object]]
    ) -> list[Row]:
        """Look at longer and longer times, until the page is full or nothing is older.

        `around` are the parameters before and after those of the time.
        """
        place = place_of(params.before)
        before, after = around

        async def work(statements: Statements) -> list[Row]:
            await statements.run("time_settings")
            newest = min(place.at, await statements.value("server_time"))
            span = MINUTE
            while True:
                given = (params.namespace, place.id, *before, place.at, newest - span, *after)
                rows = await statements.rows(statement, *given)
                if len(rows) > params.limit or span > newest:
                    return rows
                span *= 4

        return await self._pool.transaction(work)

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
