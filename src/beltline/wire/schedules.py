"""Schedules, their fires and backfills, as REST and `--json` show them, and what callers of REST may send."""

from __future__ import annotations

import json
from typing import Annotated, Any, NotRequired, TypeAlias

from pydantic import Field, StrictBool, StrictInt, StrictStr

# pydantic reads only this one on Python 3.11.
from typing_extensions import TypedDict

from beltline.core.calendar import local
from beltline.definitions.schedule_faults import zone_of
from beltline.engine.backfills import DEFAULT_AT_ONCE, MOST_AT_ONCE
from beltline.engine.schedules import Coming
from beltline.store.backfills import Backfill
from beltline.store.schedules import Fire, StoredSchedule
from beltline.wire.requests import MomentText, Name, Request, Why
from beltline.wire.times import iso

Spec: TypeAlias = Annotated[
    dict[str, Any],
    Field(
        max_length=32,
        description="When: one of `cron`, `every`, `at`; and `zone`, `start`, `end`, `jitter`, `without`,"
        " `windows`, `latest`, `misfire`, `misfire_window`, `misfire_limit`, `misfire_grace`, `overlap`.",
        examples=[{"cron": "0 3 * * *", "zone": "Europe/Berlin"}],
    ),
]


class ScheduleBody(TypedDict):
    """A schedule; `schedule` holds the fields in which it differs from the defaults.

    `payload` is there only where it was asked for.
    """

    id: str
    state: str
    definition: str
    schedule: dict[str, Any]
    payload: NotRequired[Any]
    tick_field: str | None
    declared: bool
    edited: bool
    next_tick: str | None
    waiting_tick: str | None
    last_tick: str | None
    last_job: str | None
    last_fired_at: str | None
    open_jobs: list[str]
    created_at: str | None
    changed_at: str | None


class FireBody(TypedDict):
    """What became of a tick; for dropped ones `until` and `ticks` say which and how many."""

    id: str | None
    outcome: str
    reason: str
    job: str | None
    until: str | None
    ticks: int
    backfill: str | None
    at: str | None


class ComingBody(TypedDict):
    """A tick ahead, in UTC and as the clocks of its zone show it; its job starts at `starts_at`."""

    id: str | None
    local: str
    starts_at: str | None


class BackfillBody(TypedDict):
    """A backfill: `submitted` of its `total` ticks were made up for, `existing` had fired already."""

    id: str
    schedule: str
    state: str
    since: str | None
    until: str | None
    at_once: int
    total: int
    submitted: int
    existing: int
    open_jobs: list[str]
    actor: str
    created_at: str | None
    finished_at: str | None


class CreateSchedule(Request):
    """A schedule to make: jobs of `definition` with `payload`."""

    name: Name
    definition: Name
    schedule: Spec
    payload: Any = Field(default_factory=dict)
    tick_field: Annotated[StrictStr, Field(min_length=1, max_length=128)] | None = Field(
        None, description="The field of the payload that gets the tick."
    )
    paused: StrictBool = False
    why: Why = ""


class EditSchedule(Request):
    """What to change of a schedule. What is left out stays; null takes a field of `schedule` away."""

    schedule: Spec | None = None
    definition: Name | None = None
    payload: Any = None
    tick_field: Annotated[StrictStr, Field(max_length=128, description="Empty: none.")] | None = None
    why: Why = ""


class PreviewSchedule(Request):
    """A schedule that need not be stored."""

    schedule: Spec
    count: Annotated[StrictInt, Field(ge=1, le=1_000)] = 10


class CreateBackfill(Request):
    """Ticks of the past to make up for: from `since` (included) to `until` (not included)."""

    schedule: Name
    since: MomentText
    until: MomentText
    at_once: Annotated[StrictInt, Field(ge=1, le=MOST_AT_ONCE)] = DEFAULT_AT_ONCE
    dry_run: StrictBool = Field(default=False, description="Only say how many ticks, and show some.")
    why: Why = ""


def schedule_shape(row: StoredSchedule, *, with_payload: bool = True) -> ScheduleBody:
    """Return a schedule."""
    shape: ScheduleBody = {
        "id": row.name,
        "state": state_of(row),
        "definition": row.definition,
        "schedule": json.loads(row.spec),
        "tick_field": row.tick_field,
        "declared": row.declared is not None,
        "edited": is_edited(row),
        "next_tick": iso(row.next_at),
        "waiting_tick": iso(row.buffered),
        "last_tick": iso(row.last_tick),
        "last_job": row.last_job,
        "last_fired_at": iso(row.last_fired_at),
        "open_jobs": list(row.open_jobs),
        "created_at": iso(row.created_at),
        "changed_at": iso(row.changed_at),
    }
    if with_payload:
        shape["payload"] = json.loads(row.payload)
    return shape


def state_of(row: StoredSchedule) -> str:
    """Return `active`, `paused`, or `ended` where no tick will come any more."""
    if row.paused:
        return "paused"
    return "ended" if row.next_at is None and row.buffered is None else "active"


def is_edited(row: StoredSchedule) -> bool:
    """Return whether an operator changed what the code declares."""
    if row.declared is None:
        return False
    declared: dict[str, Any] = json.loads(row.declared)
    now = (row.definition, json.loads(row.spec), json.loads(row.payload), row.tick_field)
    names = ("definition", "schedule", "payload", "tick_field")
    return now != tuple(declared[name] for name in names)


def fire_shape(fire: Fire) -> FireBody:
    """Return what became of a tick."""
    return {
        "id": iso(fire.tick),
        "outcome": fire.outcome.value,
        "reason": fire.reason,
        "job": fire.job_id,
        "until": iso(fire.until),
        "ticks": fire.ticks,
        "backfill": fire.backfill,
        "at": iso(fire.at),
    }


def coming_shape(coming: Coming, zone: str) -> ComingBody:
    """Return a tick ahead."""
    return {
        "id": iso(coming.tick),
        "local": local(coming.tick, zone_of(zone)).isoformat(),
        "starts_at": iso(coming.starts_at),
    }


def backfill_shape(row: Backfill) -> BackfillBody:
    """Return a backfill."""
    return {
        "id": row.id,
        "schedule": row.schedule,
        "state": row.state.value,
        "since": iso(row.since),
        "until": iso(row.until),
        "at_once": row.at_once,
        "total": row.total,
        "submitted": row.submitted,
        "existing": row.existing,
        "open_jobs": list(row.open_jobs),
        "actor": row.actor,
        "created_at": iso(row.created_at),
        "finished_at": iso(row.finished_at),
    }
