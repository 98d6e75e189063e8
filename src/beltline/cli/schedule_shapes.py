"""Schedules, fires and backfills as JSON for programs, and as rows for people."""

from __future__ import annotations

import json
from typing import Any, Final

from beltline.cli.text import age, clean, stamp
from beltline.core.calendar import local
from beltline.definitions.schedule_faults import zone_of
from beltline.engine.schedules import Coming
from beltline.store.backfills import Backfill
from beltline.store.schedules import Fire, FireOutcome, StoredSchedule
from beltline.wire.times import iso

COLUMNS: Final = ("schedule", "state", "when", "zone", "next", "last fired", "definition")
FIRE_COLUMNS: Final = ("tick", "outcome", "reason", "job")
BACKFILL_COLUMNS: Final = ("backfill", "schedule", "state", "from", "to", "done", "jobs", "started")


def schedule_shape(row: StoredSchedule) -> dict[str, Any]:
    """Return a schedule; `schedule` holds the fields in which it differs from the defaults."""
    return {
        "id": row.name,
        "state": state_of(row),
        "definition": row.definition,
        "schedule": json.loads(row.spec),
        "payload": json.loads(row.payload),
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


def fire_shape(fire: Fire) -> dict[str, Any]:
    """Return what became of a tick; for dropped ones `until` and `ticks` say which and how many."""
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


def coming_shape(coming: Coming, zone: str) -> dict[str, Any]:
    """Return a tick ahead, in UTC and as the clocks of its zone show it."""
    return {
        "id": iso(coming.tick),
        "local": local(coming.tick, zone_of(zone)).isoformat(),
        "starts_at": iso(coming.starts_at),
    }


def backfill_shape(row: Backfill) -> dict[str, Any]:
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


def when_of(spec: str) -> str:
    """Return in a few words when a schedule ticks."""
    fields = json.loads(spec)
    if "cron" in fields:
        return clean(str(fields["cron"]))
    return f"every {fields['every']}s" if "every" in fields else f"at {fields['at']}"


def schedule_row(row: StoredSchedule, now: int) -> tuple[str, ...]:
    """Return a schedule as a row of COLUMNS."""
    zone = str(json.loads(row.spec).get("zone", "UTC"))
    last = age(row.last_fired_at, now)
    return (row.name, state_of(row), when_of(row.spec), zone, age(row.next_at, now), last, row.definition)


def fire_row(fire: Fire) -> tuple[str, ...]:
    """Return a fire as a row of FIRE_COLUMNS."""
    tick = stamp(fire.tick)
    if fire.outcome is FireOutcome.DROPPED:
        tick = f"{tick} and {fire.ticks - 1:,} more" if fire.ticks > 1 else tick
    return (tick, fire.outcome.value, fire.reason, fire.job_id or "-")


def backfill_row(row: Backfill, now: int) -> tuple[str, ...]:
    """Return a backfill as a row of BACKFILL_COLUMNS."""
    done = f"{row.submitted + row.existing:,}/{row.total:,}"
    times = (stamp(row.since), stamp(row.until))
    return (
        row.id,
        row.schedule,
        row.state.value,
        *times,
        done,
        f"{row.submitted:,}",
        age(row.created_at, now),
    )
