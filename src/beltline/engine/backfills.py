"""Backfills: the jobs of a schedule's ticks of the past, made step by step, visible and cancellable."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import islice, takewhile
from typing import Final, NamedTuple

from beltline.core.durations import moment_text
from beltline.core.errors import Conflict, InvalidInput, InvalidTransition, NotFound
from beltline.core.ids import Random, new_id
from beltline.core.schedule import walk
from beltline.definitions.timetable import Timetable, stored_timetable
from beltline.engine import control, schedules
from beltline.engine.rounds import ROUNDS, too_fast
from beltline.engine.ticking import BATCH, Look, Timetables, made_job, templates_of
from beltline.store.backfills import AdvanceBackfill, Backfill, BackfillState, NewBackfill
from beltline.store.contract import Store
from beltline.store.params import AuditEntry
from beltline.store.schedules import FireOutcome, NewFire, StoredSchedule

MOST_TICKS: Final = 10_000
MOST_AT_ONCE: Final = 1_000
DEFAULT_AT_ONCE: Final = 10


class Span(NamedTuple):
    """The ticks from `since` (included) to `until` (not included), `at_once` of their jobs open at a time."""

    since: int
    until: int
    at_once: int = DEFAULT_AT_ONCE


class Ahead(NamedTuple):
    """What a backfill would do: how many ticks lie in its range, and the first of them."""

    total: int
    ticks: list[int]


async def look_ahead(store: Store, namespace: str, schedule: str, span: Span, *, most: int = 10) -> Ahead:
    """Return what a backfill would do; nothing is stored. Raises what `start` raises."""
    row = await schedules.fetch(store, namespace, schedule)
    table = stored_timetable(row.spec)
    total = _checked(table, *span, now=store.now())
    return Ahead(total, list(islice(_ticks(table, span.since, span.until), most)))


async def start(
    store: Store,
    namespace: str,
    schedule: str,
    *,
    since: int,
    until: int,
    at_once: int = DEFAULT_AT_ONCE,
    random: Random,
    actor: str,
    why: str = "",
) -> Backfill:
    """Make up for the ticks from `since` (included) to `until` (not included); return the backfill.

    Ticks that fired already are left as they are; skipped ones are filled. Its jobs are made by schedulers,
    at most `at_once` of them unfinished at a time. Raises InvalidInput, NotFound.
    """
    row = await schedules.fetch(store, namespace, schedule)
    now = store.now()
    total = _checked(stored_timetable(row.spec), since, until, at_once, now=now)
    span = f'{{"since":"{moment_text(since)}","until":"{moment_text(until)}","ticks":{total}}}'
    params = NewBackfill(
        namespace=namespace,
        id=new_id(now, random),
        schedule=schedule,
        since=since,
        until=until,
        at_once=at_once,
        total=total,
        actor=actor,
        now=now,
        audit=(_entry(actor, "start", schedule, why, after=span),),
    )
    await store.backfills.start(params)
    return await fetch(store, namespace, params.id)


async def cancel(store: Store, namespace: str, backfill_id: str, *, actor: str, why: str = "") -> Backfill:
    """End a backfill and cancel those of its jobs that are not final. Raises NotFound, Conflict."""
    for _ in range(ROUNDS):
        row = await fetch(store, namespace, backfill_id)
        if row.state is not BackfillState.RUNNING:
            raise Conflict(f"backfill {backfill_id} is {row.state.value} already")
        entry = _entry(actor, "cancel", backfill_id, why)
        ended = replace(_step(row, namespace, BackfillState.CANCELLED, store.now()), audit=(entry,))
        if await store.backfills.advance(ended):
            for job_id in row.open_jobs:
                with suppress(InvalidTransition, NotFound):
                    await control.cancel(store, namespace, job_id, actor=actor, why=why)
            return await fetch(store, namespace, backfill_id)
    raise too_fast(f"backfill {backfill_id}")


async def fetch(store: Store, namespace: str, backfill_id: str) -> Backfill:
    """Return a backfill. Raises NotFound."""
    found = await store.backfills.get(namespace, backfill_id)
    if found is None:
        raise NotFound(
            "backfill", backfill_id, "`beltline schedules backfill NAME` lists those of a schedule"
        )
    return found


async def turn(store: Store, namespace: str, timetables: Timetables, *, random: Random) -> int:
    """Let running backfills go on; return how many did."""
    rows = await store.backfills.page(namespace, running=True, limit=BATCH)
    ids = [job_id for row in rows for job_id in row.open_jobs]
    unfinished = frozenset(await store.schedules.unfinished(namespace, ids)) if ids else frozenset()
    moved = 0
    for row in rows:
        schedule = await store.schedules.get(namespace, row.schedule)
        look = await _look(store, namespace, schedule, unfinished, random)
        params = _next(row, schedule, timetables, look)
        if params is not None and await store.backfills.advance(params):
            moved += 1
    return moved


async def is_due(store: Store, namespace: str) -> bool:
    """Return whether a backfill could go on now; one that waits for its jobs could not."""
    rows = await store.backfills.page(namespace, running=True, limit=BATCH)
    ids = [job_id for row in rows for job_id in row.open_jobs]
    unfinished = await store.schedules.unfinished(namespace, ids)
    waiting = [(row, len(unfinished.intersection(row.open_jobs))) for row in rows]
    return any(not jobs or (row.next_at < row.until and jobs < row.at_once) for row, jobs in waiting)


async def _look(
    store: Store,
    namespace: str,
    schedule: StoredSchedule | None,
    unfinished: frozenset[str],
    random: Random,
) -> Look:
    names = [] if schedule is None else [schedule.definition]
    return Look(namespace, store.now(), unfinished, await templates_of(store, namespace, names), random)


def _next(
    row: Backfill, schedule: StoredSchedule | None, timetables: Timetables, look: Look
) -> AdvanceBackfill | None:
    """Return the next step of a backfill; None where it can only wait for its jobs."""
    if schedule is None or schedule.definition not in look.templates:
        return _step(row, look.namespace, BackfillState.CANCELLED, look.now)
    table = timetables.get(schedule)
    if table is None:
        return None
    still_open = tuple(job_id for job_id in row.open_jobs if job_id in look.unfinished)
    room = row.at_once - len(still_open)
    ticks = list(islice(_ticks(table, row.next_at, row.until), room))
    if not ticks:
        is_over = room > 0 and not still_open
        return _step(row, look.namespace, BackfillState.DONE, look.now) if is_over else None
    jobs = [made_job(schedule, tick, look, starts_at=look.now) for tick in ticks]
    fires = [
        NewFire(row.schedule, tick, FireOutcome.SUBMITTED, "backfill", job.id, backfill=row.id)
        for tick, job in zip(ticks, jobs, strict=True)
    ]
    return replace(
        _step(row, look.namespace, BackfillState.RUNNING, look.now),
        next_at=ticks[-1] + 1 if len(ticks) == room else row.until,
        open_jobs=(*still_open, *(job.id for job in jobs)),
        fires=fires,
        jobs=jobs,
    )


def _step(row: Backfill, namespace: str, state: BackfillState, now: int) -> AdvanceBackfill:
    return AdvanceBackfill(
        namespace=namespace,
        id=row.id,
        revision=row.revision,
        state=state,
        next_at=row.next_at,
        open_jobs=row.open_jobs if state is BackfillState.RUNNING else (),
        now=now,
    )


def _ticks(table: Timetable, since: int, until: int) -> Iterator[int]:
    return takewhile(lambda tick: tick < until, walk(table.ticks, since))


def _checked(table: Timetable, since: int, until: int, at_once: int, *, now: int) -> int:
    """Return the number of ticks. Raises InvalidInput that lists every fault."""
    faults: list[str] = []
    if until > now:
        faults.append("until lies ahead: what is still to come the schedule fires itself")
    if until <= since:
        faults.append("until must lie after since")
    if not 1 <= at_once <= MOST_AT_ONCE:
        faults.append(f"at_once {at_once}: use a whole number from 1 to {MOST_AT_ONCE:,}")
    total = 0
    if not faults:
        total = sum(1 for _ in islice(_ticks(table, since, until), MOST_TICKS + 1))
        if total == 0:
            faults.append(f"the schedule has no ticks from {moment_text(since)} to {moment_text(until)}")
        if total > MOST_TICKS:
            faults.append(f"more than {MOST_TICKS:,} ticks lie in the range; take a shorter one")
    if faults:
        raise InvalidInput("the backfill was refused:\n" + "\n".join(f"  - {fault}" for fault in faults))
    return total


def _entry(actor: str, action: str, target: str, why: str, *, after: str = "") -> AuditEntry:
    return AuditEntry(
        actor=actor, action=f"backfill.{action}", target=f"backfill/{target}", reason=why, after=after
    )
