"""Schedules, fires and backfills."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from beltline.core.errors import StoreError
from beltline.core.job import NewJob
from beltline.store.backfills import AdvanceBackfill, Backfill, BackfillState, NewBackfill
from beltline.store.hints import hints_of
from beltline.store.postgres.audit import append_audit
from beltline.store.postgres.connection import Pool, Row, Statements
from beltline.store.postgres.failures import Duplicate
from beltline.store.postgres.inserts import insert_new
from beltline.store.postgres.wakeups import PostgresWakeups
from beltline.store.rows import ID_TAKEN
from beltline.store.schedules import (
    Fire,
    FireOutcome,
    FireSchedules,
    NewFire,
    NewSchedule,
    Outlook,
    StoredSchedule,
    WriteSchedules,
)

_OPEN_JOBS: Final = StoredSchedule._fields.index("open_jobs")
_BACKFILL_OPEN_JOBS: Final = Backfill._fields.index("open_jobs")


class PostgresSchedules:
    """The verbs of schedules."""

    def __init__(self, pool: Pool, wakeups: PostgresWakeups) -> None:
        self._pool = pool
        self._wakeups = wakeups

    async def write(self, params: WriteSchedules) -> bool:
        async def work(statements: Statements) -> bool:
            # In the order of their names, so that two writers do not wait for each other.
            for schedule, revision in sorted(params.puts, key=lambda put: put[0].name):
                _require(await _put(statements, params, schedule, revision))
            for name, revision in sorted(params.removals):
                _require(await statements.value("schedule_remove", params.namespace, name, revision))
            await append_audit(statements, namespace=params.namespace, entries=params.audit, now=params.now)
            return True

        try:
            return await self._pool.transaction(work)
        except _Behind:
            return False

    async def get(self, namespace: str, name: str) -> StoredSchedule | None:
        rows = await self._pool.rows("schedule_get", namespace, name)
        return _schedule(rows[0]) if rows else None

    async def page(self, namespace: str, *, after: str = "", limit: int = 1_000) -> list[StoredSchedule]:
        return [_schedule(row) for row in await self._pool.rows("schedule_page", namespace, after, limit)]

    async def due(self, namespace: str, now: int, limit: int) -> list[StoredSchedule]:
        return [_schedule(row) for row in await self._pool.rows("schedule_due", namespace, now, limit)]

    async def buffering(self, namespace: str, limit: int) -> list[StoredSchedule]:
        return [_schedule(row) for row in await self._pool.rows("schedule_buffering", namespace, limit)]

    async def outlook(self, namespace: str) -> Outlook:
        [row] = await self._pool.rows("schedule_outlook", namespace)
        return Outlook._make(row)

    async def fire(self, params: FireSchedules) -> set[str]:
        if not params.advances:
            return set()

        async def work(statements: Statements) -> set[str]:
            columns: list[list[object]] = [list(column) for column in zip(*params.advances, strict=True)]
            columns[4] = [json.dumps(advance.open_jobs) for advance in params.advances]
            rows = await statements.rows("schedule_advance", params.namespace, *columns)
            advanced = {row[0] for row in rows}
            fires = [fire for fire in params.fires if fire.schedule in advanced]
            await _record(statements, params.namespace, fires, params.jobs, params.now)
            await append_audit(
                statements,
                namespace=params.namespace,
                entries=params.audit if advanced else (),
                now=params.now,
            )
            return advanced

        try:
            advanced = await self._pool.transaction(work)
        except Duplicate as error:
            raise StoreError(ID_TAKEN) from error
        if advanced:
            _hint(self._wakeups, params.namespace, params.jobs)
        return advanced

    async def fires(
        self, namespace: str, schedule: str, *, before: int | None = None, limit: int = 100
    ) -> list[Fire]:
        rows = await self._pool.rows("fire_page", namespace, schedule, before, limit)
        return [Fire(tick, FireOutcome(outcome), *rest) for tick, outcome, *rest in rows]

    async def unfinished(self, namespace: str, job_ids: Sequence[str]) -> set[str]:
        if not job_ids:
            return set()
        return {row[0] for row in await self._pool.rows("unfinished", namespace, job_ids)}


class PostgresBackfills:
    """The verbs of backfills."""

    def __init__(self, pool: Pool, wakeups: PostgresWakeups) -> None:
        self._pool = pool
        self._wakeups = wakeups

    async def start(self, params: NewBackfill) -> None:
        async def work(statements: Statements) -> None:
            given = (params.id, params.schedule, params.since, params.until, params.at_once, params.total)
            await statements.run("backfill_start", params.namespace, *given, params.actor, params.now)
            await append_audit(statements, namespace=params.namespace, entries=params.audit, now=params.now)

        await self._pool.transaction(work)

    async def advance(self, params: AdvanceBackfill) -> bool:
        async def work(statements: Statements) -> bool:
            given = (params.id, params.revision, params.state.value, params.next_at)
            open_jobs = json.dumps(params.open_jobs)
            row = await statements.value("backfill_advance", params.namespace, params.now, *given, open_jobs)
            if row is None:
                return False
            kept = await _record(statements, params.namespace, params.fires, params.jobs, params.now)
            if params.fires:
                counts = (kept, len(params.fires) - kept)
                await statements.run("backfill_count", params.namespace, params.id, *counts)
            await append_audit(statements, namespace=params.namespace, entries=params.audit, now=params.now)
            return True

        try:
            advanced = await self._pool.transaction(work)
        except Duplicate as error:
            raise StoreError(ID_TAKEN) from error
        if advanced:
            _hint(self._wakeups, params.namespace, params.jobs)
        return advanced

    async def get(self, namespace: str, backfill_id: str) -> Backfill | None:
        rows = await self._pool.rows("backfill_get", namespace, backfill_id)
        return _backfill(rows[0]) if rows else None

    async def page(
        self,
        namespace: str,
        *,
        schedule: str | None = None,
        running: bool = False,
        before: str | None = None,
        limit: int = 100,
    ) -> list[Backfill]:
        name, place = ("backfill_running", []) if running else ("backfill_page", [before])
        rows = await self._pool.rows(name, namespace, schedule, limit, *place)
        return [_backfill(row) for row in rows]


class _Behind(StoreError):
    """A row is not at the revision that was given; it rolls the transaction back and goes no further."""


def _require(found: str | None) -> None:
    if found is None:
        raise _Behind


async def _put(
    statements: Statements, params: WriteSchedules, schedule: NewSchedule, revision: int | None
) -> str | None:
    values = (params.namespace, params.now, *schedule)
    if revision is None:
        made: str | None = await statements.value("schedule_make", *values)
        return made
    changed: str | None = await statements.value("schedule_change", *values, revision)
    return changed


async def _record(
    statements: Statements, namespace: str, fires: Sequence[NewFire], jobs: Sequence[NewJob], now: int
) -> int:
    """Keep fires and store the jobs of those that were kept; return how many these are."""
    if not fires:
        return 0
    columns: list[list[Any]] = [list(column) for column in zip(*fires, strict=True)]
    columns[2] = [fire.outcome.value for fire in fires]
    rows = await statements.rows("fire_record", namespace, now, *columns)
    kept = {(schedule, tick) for schedule, tick, dropped in rows if not dropped}
    ids = {fire.job_id for fire in fires if (fire.schedule, fire.tick) in kept}
    stored = [job for job in jobs if job.id in ids]
    if stored:
        await insert_new(statements, namespace, stored, now)
    return len(kept)


def _hint(wakeups: PostgresWakeups, namespace: str, jobs: Sequence[NewJob]) -> None:
    for hint in hints_of({job.state for job in jobs}):
        wakeups.fire(namespace, hint)


def _schedule(row: Row) -> StoredSchedule:
    return StoredSchedule._make(row)._replace(open_jobs=tuple(json.loads(row[_OPEN_JOBS])))


def _backfill(row: Row) -> Backfill:
    found = Backfill._make(row)
    return found._replace(
        state=BackfillState(found.state), open_jobs=tuple(json.loads(row[_BACKFILL_OPEN_JOBS]))
    )
