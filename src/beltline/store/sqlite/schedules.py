"""Schedules, fires and backfills."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from beltline.core.job import NewJob
from beltline.store.backfills import AdvanceBackfill, Backfill, BackfillState, NewBackfill
from beltline.store.params import InsertJobs
from beltline.store.schedules import (
    Fire,
    FireOutcome,
    FireSchedules,
    NewFire,
    Outlook,
    StoredSchedule,
    WriteSchedules,
)
from beltline.store.sqlite.audit import append_audit
from beltline.store.sqlite.insert import insert_verb
from beltline.store.sqlite.packing import packed
from beltline.store.sqlite.transaction import Gate, Transaction

_PAUSED: Final = StoredSchedule._fields.index("paused")
_OPEN_JOBS: Final = StoredSchedule._fields.index("open_jobs")
_BACKFILL_OPEN_JOBS: Final = Backfill._fields.index("open_jobs")


class SqliteSchedules:
    """The verbs of schedules."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def write(self, params: WriteSchedules) -> bool:
        return await self._gate.write(partial(_write, params=params))

    async def get(self, namespace: str, name: str) -> StoredSchedule | None:
        found = await self._listed("schedule_get", {"namespace": namespace, "name": name})
        return found[0] if found else None

    async def page(self, namespace: str, *, after: str = "", limit: int = 1_000) -> list[StoredSchedule]:
        return await self._listed("schedule_page", {"namespace": namespace, "after": after, "limit": limit})

    async def due(self, namespace: str, now: int, limit: int) -> list[StoredSchedule]:
        return await self._listed("schedule_due", {"namespace": namespace, "now": now, "limit": limit})

    async def buffering(self, namespace: str, limit: int) -> list[StoredSchedule]:
        return await self._listed("schedule_buffering", {"namespace": namespace, "limit": limit})

    async def outlook(self, namespace: str) -> Outlook:
        next_at, buffering, backfilling = await self._gate.read(
            lambda transaction: transaction.run("schedule_outlook", {"namespace": namespace}).fetchone()
        )
        return Outlook(next_at, bool(buffering), bool(backfilling))

    async def fire(self, params: FireSchedules) -> set[str]:
        return await self._gate.write(partial(_fire, params=params)) if params.advances else set()

    async def fires(
        self, namespace: str, schedule: str, *, before: int | None = None, limit: int = 100
    ) -> list[Fire]:
        parameters = {"namespace": namespace, "schedule": schedule, "before": before, "limit": limit}
        rows = await self._gate.read(lambda transaction: transaction.run("fire_page", parameters).fetchall())
        return [Fire._make((tick, FireOutcome(outcome), *rest)) for tick, outcome, *rest in rows]

    async def unfinished(self, namespace: str, job_ids: Sequence[str]) -> set[str]:
        if not job_ids:
            return set()
        parameters = {"namespace": namespace, "ids": packed(list(job_ids))}
        rows = await self._gate.read(lambda transaction: transaction.run("unfinished", parameters).fetchall())
        return {job_id for (job_id,) in rows}

    async def _listed(self, name: str, parameters: dict[str, object]) -> list[StoredSchedule]:
        rows = await self._gate.read(lambda transaction: transaction.run(name, parameters).fetchall())
        return [_schedule(row) for row in rows]


class SqliteBackfills:
    """The verbs of backfills."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def start(self, params: NewBackfill) -> None:
        parameters = {
            "namespace": params.namespace,
            "id": params.id,
            "schedule": params.schedule,
            "since": params.since,
            "until": params.until,
            "at_once": params.at_once,
            "total": params.total,
            "actor": params.actor,
            "now": params.now,
        }

        def verb(transaction: Transaction) -> None:
            transaction.run("backfill_start", parameters)
            append_audit(transaction, namespace=params.namespace, entries=params.audit, now=params.now)

        await self._gate.write(verb)

    async def advance(self, params: AdvanceBackfill) -> bool:
        return await self._gate.write(partial(_advance_backfill, params=params))

    async def get(self, namespace: str, backfill_id: str) -> Backfill | None:
        found = await self._listed("backfill_get", {"namespace": namespace, "id": backfill_id})
        return found[0] if found else None

    async def page(
        self,
        namespace: str,
        *,
        schedule: str | None = None,
        running: bool = False,
        before: str | None = None,
        limit: int = 100,
    ) -> list[Backfill]:
        name = "backfill_running" if running else "backfill_page"
        given: dict[str, object] = {"namespace": namespace, "schedule": schedule, "limit": limit}
        return await self._listed(name, given if running else {**given, "before": before})

    async def _listed(self, name: str, parameters: dict[str, object]) -> list[Backfill]:
        rows = await self._gate.read(lambda transaction: transaction.run(name, parameters).fetchall())
        return [_backfill(row) for row in rows]


def _write(transaction: Transaction, *, params: WriteSchedules) -> bool:
    expected = [(schedule.name, revision) for schedule, revision in params.puts]
    for name, revision in (*expected, *params.removals):
        row = transaction.row("schedule_get", {"namespace": params.namespace, "name": name})
        # The write lock makes looking and writing one step.
        if revision != (None if row is None else _schedule(row).revision):
            return False
    for schedule, revision in params.puts:
        statement = "schedule_make" if revision is None else "schedule_change"
        given = {**schedule._asdict(), "namespace": params.namespace, "now": params.now}
        transaction.run(statement, given if revision is None else {**given, "revision": revision})
    for name, revision in params.removals:
        given = {"namespace": params.namespace, "name": name, "revision": revision}
        transaction.run("schedule_remove", given)
    append_audit(transaction, namespace=params.namespace, entries=params.audit, now=params.now)
    return True


def _fire(transaction: Transaction, *, params: FireSchedules) -> set[str]:
    rows = [(*advance[:4], packed(advance.open_jobs), *advance[5:]) for advance in params.advances]
    parameters = {"namespace": params.namespace, "rows": packed(rows)}
    advanced = {name for (name,) in transaction.run("schedule_advance", parameters).fetchall()}
    fires = [fire for fire in params.fires if fire.schedule in advanced]
    _record(transaction, params.namespace, fires, params.jobs, params.now)
    if advanced:
        append_audit(transaction, namespace=params.namespace, entries=params.audit, now=params.now)
    return advanced


def _advance_backfill(transaction: Transaction, *, params: AdvanceBackfill) -> bool:
    parameters = {
        "namespace": params.namespace,
        "id": params.id,
        "revision": params.revision,
        "state": params.state.value,
        "next_at": params.next_at,
        "open_jobs": packed(params.open_jobs),
        "now": params.now,
    }
    if transaction.changed("backfill_advance", parameters) != 1:
        return False
    kept = _record(transaction, params.namespace, params.fires, params.jobs, params.now)
    counts = {"submitted": kept, "existing": len(params.fires) - kept}
    if params.fires:
        transaction.run("backfill_count", {"namespace": params.namespace, "id": params.id, **counts})
    append_audit(transaction, namespace=params.namespace, entries=params.audit, now=params.now)
    return True


def _record(
    transaction: Transaction, namespace: str, fires: Sequence[NewFire], jobs: Sequence[NewJob], now: int
) -> int:
    """Keep fires and store the jobs of those that were kept; return how many these are."""
    if not fires:
        return 0
    parameters = {"namespace": namespace, "rows": packed(fires), "now": now}
    kept = {
        (schedule, tick)
        for schedule, tick, dropped in transaction.run("fire_record", parameters).fetchall()
        if not dropped
    }
    ids = {fire.job_id for fire in fires if (fire.schedule, fire.tick) in kept}
    stored = [job for job in jobs if job.id in ids]
    if stored:
        insert_verb(InsertJobs(namespace=namespace, jobs=stored, now=now))(transaction)
    return len(kept)


def _schedule(row: Sequence[Any]) -> StoredSchedule:
    found = StoredSchedule._make(row)
    return found._replace(paused=bool(row[_PAUSED]), open_jobs=tuple(json.loads(row[_OPEN_JOBS])))


def _backfill(row: Sequence[Any]) -> Backfill:
    found = Backfill._make(row)
    return found._replace(
        state=BackfillState(found.state), open_jobs=tuple(json.loads(row[_BACKFILL_OPEN_JOBS]))
    )
