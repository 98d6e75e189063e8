"""Triggers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from beltline.core.job import NewJob
from beltline.store.params import Inserted, InsertJobs
from beltline.store.sqlite.audit import append_audit
from beltline.store.sqlite.insert import insert_verb
from beltline.store.sqlite.packing import packed
from beltline.store.sqlite.transaction import Gate, Transaction
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

_PAUSED: Final = StoredTrigger._fields.index("paused")
CLEARING: Final = ("outcomes", "events", "objects", "counts", "refusals")


class SqliteTriggers:
    """The verbs of triggers."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def write(self, params: WriteTrigger) -> bool:
        return await self._gate.write(partial(_write, params=params))

    async def get(self, namespace: str, name: str) -> StoredTrigger | None:
        found = await self._listed("trigger_get", {"namespace": namespace, "name": name})
        return found[0] if found else None

    async def page(self, namespace: str, *, after: str = "", limit: int = 1_000) -> list[StoredTrigger]:
        return await self._listed("trigger_page", {"namespace": namespace, "after": after, "limit": limit})

    async def outlook(self, namespace: str) -> Outlook:
        [(next_at, *others)] = await self._rows("trigger_outlook", {"namespace": namespace})
        return Outlook(next_at, *map(bool, others))

    async def due(self, namespace: str, now: int, limit: int) -> list[StoredTrigger]:
        return await self._listed("trigger_due", {"namespace": namespace, "now": now, "limit": limit})

    async def turn(self, params: TurnTrigger) -> Turned | None:
        try:
            return await self._gate.write(partial(_turn, params=params))
        except _Behind:
            return None

    async def outcomes(self, namespace: str, name: str, limit: int) -> list[NotedOutcome]:
        rows = await self._rows("trigger_outcomes", {"namespace": namespace, "name": name, "limit": limit})
        return [NotedOutcome._make(row) for row in rows]

    async def held(self, namespace: str, name: str, limit: int) -> list[HeldEvent]:
        rows = await self._rows("event_page", {"namespace": namespace, "name": name, "limit": limit})
        return [HeldEvent._make(row) for row in rows]

    async def objects(
        self, namespace: str, name: str, *, after: str, until: str | None, limit: int
    ) -> list[SeenObject]:
        given = {"namespace": namespace, "name": name, "after": after, "until": until, "limit": limit}
        rows = await self._rows("object_page", given)
        return [SeenObject(found, mark, since, bool(fired)) for found, mark, since, fired in rows]

    async def counts(self, namespace: str, name: str) -> list[Tallied]:
        rows = await self._rows("trigger_counts", {"namespace": namespace, "name": name})
        return [Tallied._make(row) for row in rows]

    async def refusals(self, namespace: str, name: str, limit: int = 20) -> list[Refusal]:
        rows = await self._rows("refusal_page", {"namespace": namespace, "name": name, "limit": limit})
        return [Refusal._make(row) for row in rows]

    async def prune(self, namespace: str, before: int, limit: int) -> int:
        given = {"namespace": namespace, "before": before, "limit": limit}
        return await self._gate.write(lambda transaction: transaction.changed("event_prune", given))

    async def _rows(self, name: str, parameters: Mapping[str, object]) -> list[Any]:
        return await self._gate.read(lambda transaction: transaction.run(name, parameters).fetchall())

    async def _listed(self, name: str, parameters: Mapping[str, object]) -> list[StoredTrigger]:
        rows = await self._rows(name, parameters)
        return [StoredTrigger._make(row)._replace(paused=bool(row[_PAUSED])) for row in rows]


class _Behind(Exception):
    """Another look was quicker."""


def _write(transaction: Transaction, *, params: WriteTrigger) -> bool:
    shared = {"namespace": params.namespace, "name": params.name}
    given: dict[str, object] = dict(shared)
    if params.revision is not None:
        given["revision"] = params.revision
    if params.trigger is None:
        statement = "trigger_remove"
    else:
        statement = "trigger_make" if params.revision is None else "trigger_change"
        given |= params.trigger._asdict() | {"now": params.now, "due_at": params.due_at}
    if transaction.changed(statement, given) != 1:
        return False
    transaction.run("trigger_unwatch", shared)
    if params.trigger is None:
        for what in CLEARING:
            transaction.run(f"trigger_clear_{what}", shared)
    elif params.watch is not None and not params.trigger.paused:
        definition, states, roots = params.watch
        transaction.run(
            "trigger_watch", shared | {"watched": definition, "states": states, "roots": int(roots)}
        )
    append_audit(transaction, namespace=params.namespace, entries=params.audit, now=params.now)
    return True


def _turn(transaction: Transaction, *, params: TurnTrigger) -> Turned:
    shared = {"namespace": params.namespace, "name": params.name}
    if (
        params.leaving is not None
        and transaction.changed("trigger_turn", shared | params.leaving._asdict()) != 1
    ):
        raise _Behind
    if params.outcomes:
        taken = {"namespace": params.namespace, "ids": packed(list(params.outcomes))}
        if transaction.changed("trigger_take", taken) != len(params.outcomes):
            raise _Behind
    answers = _stored(transaction, params, params.jobs)
    held = 0
    for event in params.hold:
        held += transaction.changed("event_hold", shared | event._asdict() | {"now": params.now})
    if params.hold and transaction.changed("trigger_touch", shared | {"now": params.now}) != 1:
        raise _Behind
    _remember(transaction, params)
    counts = all_counts(params, answers, held)
    if counts:
        rows = [(params.name, *count) for count in counts]
        tallied = {"namespace": params.namespace, "now": params.now, "rows": packed(rows)}
        transaction.run("trigger_count", tallied)
    return Turned(answers, held)


def _remember(transaction: Transaction, params: TurnTrigger) -> None:
    shared = {"namespace": params.namespace, "name": params.name}
    if params.used:
        used = {"namespace": params.namespace, "ids": packed(list(params.used))}
        transaction.run("event_drop", used)
        transaction.run("event_done", used | {"now": params.now})
    if params.seen:
        transaction.run("object_put", shared | {"rows": packed(list(params.seen))})
    if params.gone:
        transaction.run("object_remove", shared | {"objects": packed(list(params.gone))})
    for event_key, _, error, body in params.refusals:
        refused = {"event_key": event_key, "error": error, "body": body, "now": params.now}
        transaction.run("refusal_add", shared | refused)
    if params.refusals:
        transaction.run("refusal_trim", shared)


def _stored(transaction: Transaction, params: TurnTrigger, jobs: Sequence[NewJob]) -> list[Inserted]:
    if not jobs:
        return []
    given = InsertJobs(namespace=params.namespace, jobs=jobs, all_or_none=False, now=params.now)
    return insert_verb(given)(transaction)
