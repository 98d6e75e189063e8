"""Triggers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from beltline.core.job import NewJob
from beltline.store.hints import hints_of
from beltline.store.params import Inserted, Insertion, InsertJobs
from beltline.store.postgres.address import Address
from beltline.store.postgres.audit import append_audit
from beltline.store.postgres.connection import Pool, Statements
from beltline.store.postgres.inserts import insert_known, insert_new
from beltline.store.postgres.wakeups import PostgresWakeups
from beltline.store.triggers import (
    HeldEvent,
    NotedOutcome,
    Outlook,
    Refusal,
    SeenObject,
    StoredTrigger,
    Tallied,
    Turned,
    TurnTrigger,
    WriteTrigger,
    all_counts,
)

CLEARING: Final = ("outcomes", "events", "objects", "counts", "refusals")


class PostgresTriggers:
    """The verbs of triggers."""

    def __init__(self, pool: Pool, wakeups: PostgresWakeups) -> None:
        self._pool = pool
        self._wakeups = wakeups

    async def write(self, params: WriteTrigger) -> bool:
        async def work(statements: Statements) -> bool:
            if await _written(statements, params) is None:
                return False
            await _watched(statements, params)
            await append_audit(statements, namespace=params.namespace, entries=params.audit, now=params.now)
            return True

        return await self._pool.transaction(work)

    async def get(self, namespace: str, name: str) -> StoredTrigger | None:
        rows = await self._pool.rows("trigger_get", namespace, name)
        return StoredTrigger._make(rows[0]) if rows else None

    async def page(self, namespace: str, *, after: str = "", limit: int = 1_000) -> list[StoredTrigger]:
        rows = await self._pool.rows("trigger_page", namespace, after, limit)
        return [StoredTrigger._make(row) for row in rows]

    async def outlook(self, namespace: str) -> Outlook:
        [row] = await self._pool.rows("trigger_outlook", namespace)
        return Outlook._make(row)

    async def due(self, namespace: str, now: int, limit: int) -> list[StoredTrigger]:
        rows = await self._pool.rows("trigger_due", namespace, now, limit)
        return [StoredTrigger._make(row) for row in rows]

    async def turn(self, params: TurnTrigger) -> Turned | None:
        try:
            turned = await self._pool.transaction(
                lambda statements: _turn(statements, self._pool.address, params)
            )
        except _Behind:
            return None
        if any(answer.outcome is Insertion.CREATED for answer in turned.answers):
            for hint in hints_of({job.state for job in params.jobs}):
                self._wakeups.fire(params.namespace, hint)
        return turned

    async def outcomes(self, namespace: str, name: str, limit: int) -> list[NotedOutcome]:
        rows = await self._pool.rows("trigger_outcomes", namespace, name, limit)
        return [NotedOutcome._make(row) for row in rows]

    async def held(self, namespace: str, name: str, limit: int) -> list[HeldEvent]:
        rows = await self._pool.rows("event_page", namespace, name, limit)
        return [HeldEvent._make(row) for row in rows]

    async def objects(
        self, namespace: str, name: str, *, after: str, until: str | None, limit: int
    ) -> list[SeenObject]:
        rows = await self._pool.rows("object_page", namespace, name, after, until, limit)
        return [SeenObject._make(row) for row in rows]

    async def counts(self, namespace: str, name: str) -> list[Tallied]:
        rows = await self._pool.rows("trigger_counts", namespace, name)
        return [Tallied._make(row) for row in rows]

    async def refusals(self, namespace: str, name: str, limit: int = 20) -> list[Refusal]:
        rows = await self._pool.rows("refusal_page", namespace, name, limit)
        return [Refusal._make(row) for row in rows]

    async def prune(self, namespace: str, before: int, limit: int) -> int:
        gone: int = await self._pool.value("event_prune", namespace, before, limit)
        return gone


class _Behind(Exception):
    """Another look was quicker."""


async def _written(statements: Statements, params: WriteTrigger) -> str | None:
    name: str | None
    if params.trigger is None:
        name = await statements.value("trigger_remove", params.namespace, params.name, params.revision)
        return name
    given = (params.namespace, params.now, *params.trigger, params.due_at)
    if params.revision is None:
        name = await statements.value("trigger_make", *given)
    else:
        name = await statements.value("trigger_change", *given, params.revision)
    return name


async def _watched(statements: Statements, params: WriteTrigger) -> None:
    shared = (params.namespace, params.name)
    await statements.run("trigger_unwatch", *shared)
    if params.trigger is None:
        for what in CLEARING:
            await statements.run(f"trigger_clear_{what}", *shared)
    elif params.watch is not None and not params.trigger.paused:
        await statements.run("trigger_watch", *shared, *params.watch)


async def _turn(statements: Statements, address: Address, params: TurnTrigger) -> Turned:
    shared = (params.namespace, params.name)
    leaving = params.leaving
    if leaving is not None and await statements.value("trigger_turn", *shared, *leaving) is None:
        raise _Behind
    if params.outcomes:
        taken = await statements.value("trigger_take", params.namespace, list(params.outcomes))
        if taken != len(params.outcomes):
            raise _Behind
    held = 0
    if params.hold:
        # First the trigger's row, which every look locks first.
        if await statements.value("trigger_touch", params.namespace, params.now, params.name) is None:
            raise _Behind
        events = map(list, zip(*params.hold, strict=True))
        held = await statements.value("event_hold", params.namespace, params.now, params.name, *events)
    answers = await _stored(statements, address, params, params.jobs)
    await _remember(statements, params)
    counts = all_counts(params, answers, held)
    if counts:
        rows = [(params.name, *count) for count in counts]
        columns = map(list, zip(*rows, strict=True))
        await statements.run("trigger_count", params.namespace, params.now, *columns)
    return Turned(answers, held)


async def _remember(statements: Statements, params: TurnTrigger) -> None:
    shared = (params.namespace, params.name)
    if params.used:
        await statements.run("event_drop", params.namespace, list(params.used))
        await statements.run("event_done", params.namespace, params.now, list(params.used))
    if params.seen:
        await statements.run("object_put", *shared, *map(list, zip(*params.seen, strict=True)))
    if params.gone:
        await statements.run("object_remove", *shared, list(params.gone))
    for event_key, _, error, body in params.refusals:
        await statements.run("refusal_add", *shared, event_key, params.now, error, body)
    if params.refusals:
        await statements.run("refusal_trim", *shared)


async def _stored(
    statements: Statements, address: Address, params: TurnTrigger, jobs: Sequence[NewJob]
) -> list[Inserted]:
    if not jobs:
        return []
    if any(job.idempotency_key is not None for job in jobs):
        given = InsertJobs(namespace=params.namespace, jobs=jobs, all_or_none=False, now=params.now)
        return await insert_known(statements, address, given)
    await insert_new(statements, params.namespace, jobs, params.now)
    return [Inserted(job.id, Insertion.CREATED) for job in jobs]
