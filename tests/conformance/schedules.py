"""Schedules, fires and backfills for tests: whole and valid, with what a test cares about given by name."""

from __future__ import annotations

from typing import Any

from beltline.core.clock import MINUTE
from beltline.core.job import NewJob
from beltline.store.backfills import AdvanceBackfill, Backfill, BackfillState, NewBackfill
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
from tests.conformance.world import World

ENTRY = AuditEntry(actor="ann", action="schedule.edit", target="schedule/nightly")


def new_schedule(name: str, next_at: int | None, **fields: Any) -> NewSchedule:
    made = NewSchedule(
        name=name,
        definition="resize",
        spec='{"every":60}',
        payload=b'{"width":256}',
        tick_field=None,
        declared=None,
        paused=False,
        next_at=next_at,
    )
    return made._replace(**fields)


async def write(
    world: World, *puts: tuple[NewSchedule, int | None], removals: tuple[tuple[str, int], ...] = ()
) -> bool:
    params = WriteSchedules(namespace=world.namespace, puts=puts, removals=removals, now=world.now)
    return await world.store.schedules.write(params)


async def made(world: World, name: str, next_at: int | None, **fields: Any) -> StoredSchedule:
    assert await write(world, (new_schedule(name, next_at, **fields), None))
    return await schedule(world, name)


async def schedule(world: World, name: str) -> StoredSchedule:
    found = await world.store.schedules.get(world.namespace, name)
    assert found is not None
    return found


def advance(row: StoredSchedule, **fields: Any) -> Advance:
    """Return the step of a schedule to its next minute."""
    step = Advance(
        name=row.name,
        revision=row.revision,
        next_at=None if row.next_at is None else row.next_at + MINUTE,
        buffered=row.buffered,
        open_jobs=row.open_jobs,
        last_tick=row.last_tick,
        last_job=row.last_job,
        last_fired_at=row.last_fired_at,
    )
    return step._replace(**fields)


def submitted(name: str, tick: int, job: NewJob | None = None, **fields: Any) -> NewFire:
    fire = NewFire(name, tick, FireOutcome.SUBMITTED, "due", None if job is None else job.id)
    return fire._replace(**fields)


async def fire(
    world: World,
    *advances: Advance,
    fires: tuple[NewFire, ...] = (),
    jobs: tuple[NewJob, ...] = (),
    audit: tuple[AuditEntry, ...] = (),
) -> set[str]:
    params = FireSchedules(
        namespace=world.namespace, advances=advances, fires=fires, jobs=jobs, now=world.now, audit=audit
    )
    return await world.store.schedules.fire(params)


async def started(world: World, backfill_id: str, **fields: Any) -> Backfill:
    given = {"schedule": "nightly", "since": 0, "until": 5 * MINUTE, "at_once": 2, "total": 5, "actor": "ann"}
    await world.store.backfills.start(
        NewBackfill(namespace=world.namespace, id=backfill_id, now=world.now, **{**given, **fields})
    )
    return await backfill(world, backfill_id)


async def backfill(world: World, backfill_id: str) -> Backfill:
    found = await world.store.backfills.get(world.namespace, backfill_id)
    assert found is not None
    return found


async def advance_backfill(world: World, row: Backfill, **fields: Any) -> bool:
    given: dict[str, Any] = {
        "state": BackfillState.RUNNING,
        "next_at": row.next_at,
        "open_jobs": row.open_jobs,
        **fields,
    }
    return await world.store.backfills.advance(
        AdvanceBackfill(namespace=world.namespace, id=row.id, revision=row.revision, now=world.now, **given)
    )
