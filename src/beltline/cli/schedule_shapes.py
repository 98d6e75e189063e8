"""Schedules, fires and backfills as rows for people."""

from __future__ import annotations

import json
from typing import Final

from beltline.cli.text import age, clean, stamp
from beltline.store.backfills import Backfill
from beltline.store.schedules import Fire, FireOutcome, StoredSchedule
from beltline.wire.schedules import state_of

COLUMNS: Final = ("schedule", "state", "when", "zone", "next", "last fired", "definition")
FIRE_COLUMNS: Final = ("tick", "outcome", "reason", "job")
BACKFILL_COLUMNS: Final = ("backfill", "schedule", "state", "from", "to", "done", "jobs", "started")


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
