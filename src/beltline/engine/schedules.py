"""What people and apps do with schedules: declare, make, edit, pause, resume, remove, fire, look ahead."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice, takewhile
from typing import Final, NamedTuple

from beltline.core.codec import dump_json, parse_json
from beltline.core.errors import Conflict, InvalidInput, NotFound
from beltline.core.ids import Random
from beltline.core.schedule import Ticks, walk
from beltline.definitions.declared import SCHEDULE_NAME, Declaration
from beltline.definitions.schedule import Schedule, schedule_of
from beltline.definitions.stored import StoredSchema
from beltline.definitions.timetable import Timetable, stored_timetable, timetable
from beltline.engine.definitions import stored_definition
from beltline.engine.rounds import ROUNDS, too_fast
from beltline.engine.ticking import Look, made_job, templates_of, with_tick
from beltline.store.contract import Store
from beltline.store.params import AuditEntry
from beltline.store.schedules import (
    Advance,
    FireOutcome,
    FireSchedules,
    NewFire,
    NewSchedule,
    StoredSchedule,
    WriteSchedules,
)

LARGEST_PAYLOAD: Final = 16_384
MOST_PREVIEWED: Final = 1_000
_PAGE: Final = 1_000
_KINDS: Final = ("cron", "every", "at")


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRequest:
    """A schedule as a person asks for it.

    `payload` is JSON; `tick_field` names the field that gets the tick.
    """

    name: str
    definition: str
    schedule: Schedule
    payload: bytes = b"{}"
    tick_field: str | None = None
    paused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleEdit:
    """What to change of a schedule; None leaves it.

    `fields` are fields of its Schedule, by name; one that is None there gets its default.
    """

    fields: dict[str, object] | None = None
    definition: str | None = None
    payload: bytes | None = None
    tick_field: str | None = None


class Coming(NamedTuple):
    """A tick ahead, and when its job may start."""

    tick: int
    starts_at: int


async def create(
    store: Store, namespace: str, request: ScheduleRequest, *, actor: str, why: str = ""
) -> StoredSchedule:
    """Make a schedule.

    Raises InvalidInput (also where no tick lies ahead), UnknownDefinition, InvalidPayload, Conflict where
    there is one of this name.
    """
    new = await _checked(store, namespace, request)
    entry = _entry(actor, "create", request.name, why, after=_told(new))
    params = WriteSchedules(namespace=namespace, puts=[(new, None)], now=store.now(), audit=(entry,))
    if not await store.schedules.write(params):
        raise Conflict(f"there is a schedule {request.name!r} already; edit it, or choose another name")
    return await fetch(store, namespace, request.name)


async def edit(
    store: Store, namespace: str, name: str, change: ScheduleEdit, *, actor: str, why: str = ""
) -> StoredSchedule:
    """Change a schedule: from its next tick on. What is due by then still fires, by the new schedule.

    One that is declared in code keeps the change until its declaration changes.
    """
    for _ in range(ROUNDS):
        row = await fetch(store, namespace, name)
        given = change.fields or {}
        if any(given.get(kind) is not None for kind in _KINDS):
            # One of them takes the place of the others.
            given = {**dict.fromkeys(_KINDS), **given}
        merged = {**json.loads(row.spec), **given}
        fields = {field: value for field, value in merged.items() if value is not None}
        request = ScheduleRequest(
            name=name,
            definition=row.definition if change.definition is None else change.definition,
            schedule=schedule_of(fields),
            payload=row.payload if change.payload is None else change.payload,
            tick_field=(row.tick_field if change.tick_field is None else change.tick_field) or None,
            paused=row.paused,
        )
        new = await _checked(store, namespace, request)
        next_at = _continued(timetable(request.schedule).ticks, row, store.now())
        new = new._replace(declared=row.declared, next_at=next_at)
        entry = _entry(actor, "edit", name, why, before=_told(row.settings()), after=_told(new))
        if await _put(store, namespace, row, new, entry):
            return await fetch(store, namespace, name)
    raise too_fast(f"schedule {name}")


async def pause(store: Store, namespace: str, name: str, *, actor: str, why: str = "") -> StoredSchedule:
    """Let no ticks fire. Jobs of ticks that fired go on."""
    return await _set_paused(store, namespace, name, paused=True, actor=actor, why=why)


async def resume(store: Store, namespace: str, name: str, *, actor: str, why: str = "") -> StoredSchedule:
    """Let ticks fire again, from the next one on: those that came meanwhile are left out."""
    return await _set_paused(store, namespace, name, paused=False, actor=actor, why=why)


async def delete(store: Store, namespace: str, name: str, *, actor: str, why: str = "") -> StoredSchedule:
    """Remove a schedule; its jobs and fires stay. Returns what it was."""
    for _ in range(ROUNDS):
        row = await fetch(store, namespace, name)
        entry = _entry(actor, "delete", name, why, before=_told(row.settings()))
        removals = [(name, row.revision)]
        params = WriteSchedules(
            namespace=namespace, puts=(), removals=removals, now=store.now(), audit=(entry,)
        )
        if await store.schedules.write(params):
            return row
    raise too_fast(f"schedule {name}")


async def fire(store: Store, namespace: str, name: str, *, random: Random, actor: str, why: str = "") -> str:
    """Make a job of a schedule now, whether or not one is open or it is paused; return the job's id.

    Its tick is the present moment. It counts as open for the ticks that follow.
    """
    for _ in range(ROUNDS):
        row = await fetch(store, namespace, name)
        templates = await templates_of(store, namespace, [row.definition])
        if row.definition not in templates:
            await stored_definition(store, namespace, row.definition)
        now = store.now()
        job = made_job(row, now, Look(namespace, now, frozenset(), templates, random), starts_at=now)
        advance = Advance(
            name=name,
            revision=row.revision,
            next_at=row.next_at,
            buffered=row.buffered,
            open_jobs=(*row.open_jobs, job.id),
            last_tick=row.last_tick,
            last_job=job.id,
            last_fired_at=now,
        )
        params = FireSchedules(
            namespace=namespace,
            advances=[advance],
            fires=[NewFire(name, now, FireOutcome.SUBMITTED, "manual", job.id)],
            jobs=[job],
            now=now,
            audit=(_entry(actor, "fire", name, why, after=f'{{"job":"{job.id}"}}'),),
        )
        if await store.schedules.fire(params) and await store.reads.known(namespace, [job.id]):
            return job.id
    raise too_fast(f"schedule {name}")


async def declare(
    store: Store, namespace: str, declarations: Sequence[Declaration], definitions: Iterable[str]
) -> list[str]:
    """Store the schedules that an app declares, all at once; return the names that changed.

    One that is there keeps whether it is paused, its last fire, and what an operator edited, until its
    declaration changes. Declared ones of the app's own `definitions` that it no longer declares go.
    """
    mine = frozenset(definitions)
    for _ in range(ROUNDS):
        rows = {row.name: row for row in await everything(store, namespace)}
        now = store.now()
        found = [_declared(each, rows.get(each.name), now) for each in declarations]
        puts = [put for put in found if put is not None]
        names = {each.name for each in declarations}
        removals = [
            (row.name, row.revision)
            for row in rows.values()
            if row.declared is not None and row.definition in mine and row.name not in names
        ]
        if not puts and not removals:
            return []
        params = WriteSchedules(namespace=namespace, puts=puts, removals=removals, now=now)
        if await store.schedules.write(params):
            return sorted([*(new.name for new, _ in puts), *(name for name, _ in removals)])
    raise too_fast(f"the schedules {', '.join(sorted(each.name for each in declarations))}")


def preview(
    table: Timetable, namespace: str, name: str, *, since: int, count: int = 10, until: int | None = None
) -> list[Coming]:
    """Return the coming ticks, from `since` on, at most `count` (up to 1,000)."""
    ticks = walk(table.ticks, since)
    within = ticks if until is None else takewhile(lambda tick: tick < until, ticks)
    some = islice(within, min(count, MOST_PREVIEWED))
    return [Coming(tick, table.starts_at(namespace, name, tick)) for tick in some]


async def fetch(store: Store, namespace: str, name: str) -> StoredSchedule:
    """Return a schedule. Raises NotFound."""
    found = await store.schedules.get(namespace, name)
    if found is None:
        raise NotFound("schedule", name, "`beltline schedules ls` lists what is there")
    return found


async def everything(store: Store, namespace: str) -> list[StoredSchedule]:
    """Return every schedule, by name."""
    found: list[StoredSchedule] = []
    while True:
        page = await store.schedules.page(namespace, after=found[-1].name if found else "", limit=_PAGE)
        found += page
        if len(page) < _PAGE:
            return found


async def _checked(store: Store, namespace: str, request: ScheduleRequest) -> NewSchedule:
    """Return what to store. Raises InvalidInput that lists every fault."""
    faults: list[str] = []
    if not SCHEDULE_NAME.fullmatch(request.name):
        faults.append(
            f"name {request.name!r}: use 1 to 128 letters, digits and . _ : / @ -, first a letter or digit"
        )
    if len(request.payload) > LARGEST_PAYLOAD:
        faults.append(f"payload: {len(request.payload):,} bytes, at most {LARGEST_PAYLOAD:,} are kept")
    table = timetable(request.schedule)
    next_at = table.ticks.after(store.now())
    if next_at is None:
        faults.append("no tick of this schedule lies ahead: look at `at`, `end` and `without`")
    if faults:
        raise InvalidInput("the schedule was refused:\n" + "\n".join(f"  - {fault}" for fault in faults))
    definition = await stored_definition(store, namespace, request.definition)
    payload = request.payload
    if request.tick_field is not None:
        if not isinstance(parse_json(payload), dict):
            raise InvalidInput("the payload of a schedule with a tick_field must be a JSON object")
        payload = with_tick(payload, request.tick_field, next_at or 0)
    StoredSchema(definition.schema).check(definition.name, payload, limit=2 * LARGEST_PAYLOAD)
    return NewSchedule(
        name=request.name,
        definition=request.definition,
        spec=request.schedule.text(),
        payload=request.payload,
        tick_field=request.tick_field,
        declared=None,
        paused=request.paused,
        next_at=next_at,
    )


def _declared(
    declaration: Declaration, row: StoredSchedule | None, now: int
) -> tuple[NewSchedule, int | None] | None:
    text = declaration.text()
    if row is not None and row.declared == text:
        return None
    ticks = timetable(declaration.schedule).ticks
    new = NewSchedule(
        name=declaration.name,
        definition=declaration.definition,
        spec=declaration.schedule.text(),
        payload=declaration.payload,
        tick_field=declaration.tick_field,
        declared=text,
        paused=row is not None and row.paused,
        next_at=ticks.after(now) if row is None else _continued(ticks, row, now),
    )
    return new, None if row is None else row.revision


def _continued(ticks: Ticks, row: StoredSchedule, now: int) -> int | None:
    """Return the first tick of new ones that nobody looked at: what was due and not looked at is not lost."""
    if row.paused or row.next_at is None:
        return ticks.after(now)
    return ticks.after(min(row.next_at, now) - 1)


async def _set_paused(
    store: Store, namespace: str, name: str, *, paused: bool, actor: str, why: str
) -> StoredSchedule:
    action = "pause" if paused else "resume"
    for _ in range(ROUNDS):
        row = await fetch(store, namespace, name)
        if row.paused == paused:
            return row
        next_at = row.next_at if paused else stored_timetable(row.spec).ticks.after(store.now())
        new = row.settings()._replace(paused=paused, next_at=next_at)
        if await _put(store, namespace, row, new, _entry(actor, action, name, why)):
            return await fetch(store, namespace, name)
    raise too_fast(f"schedule {name}")


async def _put(
    store: Store, namespace: str, row: StoredSchedule, new: NewSchedule, entry: AuditEntry
) -> bool:
    return await store.schedules.write(
        WriteSchedules(namespace=namespace, puts=[(new, row.revision)], now=store.now(), audit=(entry,))
    )


def _told(schedule: NewSchedule) -> str:
    """Return what the audit keeps of a schedule: no payload."""
    return dump_json({"definition": schedule.definition, "schedule": json.loads(schedule.spec)}).decode()


def _entry(actor: str, action: str, name: str, why: str, *, before: str = "", after: str = "") -> AuditEntry:
    return AuditEntry(
        actor=actor,
        action=f"schedule.{action}",
        target=f"schedule/{name}",
        reason=why,
        before=before,
        after=after,
    )
