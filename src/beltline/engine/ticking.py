"""What any scheduler does for all: due ticks become fires and jobs, each once, however many look."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Final, NamedTuple, cast

from beltline.core.codec import dump_json
from beltline.core.durations import moment_text
from beltline.core.errors import InvalidInput, InvalidTransition, NotFound
from beltline.core.ids import Random
from beltline.core.job import NewJob
from beltline.core.reasons import Reason
from beltline.core.schedule import Overlap, Plan, Verdict, overlap, plan
from beltline.core.states import JobState
from beltline.definitions.timetable import Timetable, stored_timetable
from beltline.engine import control
from beltline.engine.submit import DEFAULTS, new_job
from beltline.engine.template import Template, stored_template
from beltline.store.contract import Store
from beltline.store.schedules import Advance, FireOutcome, FireSchedules, NewFire, StoredSchedule

BATCH: Final = 200
# In one transaction; what is due beyond that follows in the next one.
MOST_JOBS: Final = 1_000
MOST_OPEN: Final = 100
MOST_TIMETABLES: Final = 20_000


class Timetables:
    """Timetables by the text of their schedule: to read one anew costs more than to ask it for a tick."""

    def __init__(self) -> None:
        self._known: dict[str, Timetable | None] = {}

    def get(self, row: StoredSchedule) -> Timetable | None:
        """Return the timetable; None where this process cannot read it, which is logged once.

        A zone may be missing here, or a newer Beltline wrote it: others can, so the schedule stays due.
        """
        if row.spec not in self._known:
            if len(self._known) >= MOST_TIMETABLES:
                self._known.clear()
            self._known[row.spec] = self._read(row)
        return self._known[row.spec]

    def _read(self, row: StoredSchedule) -> Timetable | None:
        try:
            return stored_timetable(row.spec)
        except (InvalidInput, ValueError, TypeError) as error:
            logging.getLogger("beltline").error(  # noqa: TRY400 - the message says it all
                "schedule %s cannot be read here: %s", row.name, error
            )
            return None


class Step(NamedTuple):
    """What is to be written about one schedule, and which jobs are to be cancelled before."""

    advance: Advance
    fires: Sequence[NewFire]
    jobs: Sequence[NewJob]
    cancels: frozenset[str]


class Look(NamedTuple):
    """What a scheduler knows when it decides: the time, what is open, the templates by definition."""

    namespace: str
    now: int
    unfinished: frozenset[str]
    templates: Mapping[str, Template]
    random: Random


async def turn(store: Store, namespace: str, timetables: Timetables, *, random: Random) -> int:
    """Fire what is due; return how many schedules went on (0: there is nothing to do now)."""
    rows = await store.schedules.due(namespace, store.now(), BATCH)
    return await _fire(store, namespace, rows, timetables, random)


async def release(store: Store, namespace: str, timetables: Timetables, *, random: Random) -> int:
    """Fire ticks that waited for jobs that have ended; return how many."""
    rows = await store.schedules.buffering(namespace, BATCH)
    ended = await _unfinished(store, namespace, rows)
    free = [row for row in rows if ended.isdisjoint(row.open_jobs)]
    return await _fire(store, namespace, free, timetables, random)


async def _fire(
    store: Store, namespace: str, rows: Sequence[StoredSchedule], timetables: Timetables, random: Random
) -> int:
    known = [(row, table) for row in rows if (table := timetables.get(row)) is not None]
    if not known:
        return 0
    templates = await templates_of(store, namespace, {row.definition for row, _ in known})
    unfinished = await _unfinished(store, namespace, rows)
    # The time is read last, so that a job is never older than the end of the one that it waited for.
    look = Look(namespace, store.now(), unfinished, templates, random)
    steps = _bounded(step(row, table, look) for row, table in known)
    for job_id in {job_id for each in steps for job_id in each.cancels}:
        # Before the write: a scheduler that dies between leaves a tick that is still due.
        with suppress(InvalidTransition, NotFound):
            await control.cancel(store, namespace, job_id, actor="schedule", why="the next tick has come")
    advanced = await store.schedules.fire(
        FireSchedules(
            namespace=namespace,
            advances=[each.advance for each in steps],
            fires=[fire for each in steps for fire in each.fires],
            jobs=[job for each in steps for job in each.jobs],
            now=look.now,
        )
    )
    return len(advanced)


async def _unfinished(store: Store, namespace: str, rows: Iterable[StoredSchedule]) -> frozenset[str]:
    ids = [job_id for row in rows for job_id in row.open_jobs]
    return frozenset(await store.schedules.unfinished(namespace, ids)) if ids else frozenset()


async def templates_of(store: Store, namespace: str, names: Iterable[str]) -> dict[str, Template]:
    """Return the templates of those of the definitions that are there."""
    found = [await store.definitions.get(namespace, name) for name in sorted(names)]
    return {each.name: stored_template(each) for each in found if each is not None}


def _bounded(steps: Iterable[Step]) -> list[Step]:
    found: list[Step] = []
    jobs = 0
    for each in steps:
        found.append(each)
        jobs += len(each.jobs)
        if jobs >= MOST_JOBS:
            break
    return found


def step(row: StoredSchedule, table: Timetable, look: Look) -> Step:
    """Decide what becomes of a schedule's due ticks, and of one that waits."""
    planned = Plan((), None, row.next_at)
    if row.next_at is not None and row.next_at <= look.now:
        planned = plan(table.ticks, row.next_at, look.now, table.misfire)
    still_open = tuple(job_id for job_id in row.open_jobs if job_id in look.unfinished)
    verdict = overlap(table.overlap, planned.ticks, is_open=bool(still_open), buffered=row.buffered)
    if row.definition not in look.templates:
        verdict = Verdict((), None, (*verdict.submitted, *verdict.skipped))
    jobs = [job_of_tick(row, table, tick, look) for tick in verdict.submitted]
    tracked = () if table.overlap is Overlap.ALLOW else (*still_open, *(job.id for job in jobs))
    last = jobs[-1] if jobs else None
    advance = Advance(
        name=row.name,
        revision=row.revision,
        next_at=planned.next_at,
        buffered=verdict.buffered,
        open_jobs=tracked[-MOST_OPEN:],
        last_tick=verdict.submitted[-1] if last else row.last_tick,
        last_job=last.id if last else row.last_job,
        last_fired_at=look.now if last else row.last_fired_at,
    )
    fires = _fires(row, table, planned, verdict, jobs, look=look)
    return Step(advance, fires, jobs, frozenset(still_open) if verdict.cancels else frozenset())


def _fires(
    row: StoredSchedule,
    table: Timetable,
    planned: Plan,
    verdict: Verdict,
    jobs: Sequence[NewJob],
    *,
    look: Look,
) -> list[NewFire]:
    in_time_from = look.now - table.misfire.grace_us
    found: list[NewFire] = []
    if planned.missed is not None:
        first, until, ticks = planned.missed
        found.append(NewFire(row.name, first, FireOutcome.DROPPED, "late", until=until, ticks=ticks))
    for tick, job in zip(verdict.submitted, jobs, strict=True):
        reason = "waited" if tick == row.buffered else "due" if tick >= in_time_from else "late"
        found.append(NewFire(row.name, tick, FireOutcome.SUBMITTED, reason, job.id))
    reason = "overlap" if row.definition in look.templates else "definition_unknown"
    found += [NewFire(row.name, tick, FireOutcome.SKIPPED, reason) for tick in verdict.skipped]
    if verdict.buffered is not None and verdict.buffered != row.buffered:
        found.append(NewFire(row.name, verdict.buffered, FireOutcome.BUFFERED, "overlap"))
    return found


def job_of_tick(row: StoredSchedule, table: Timetable, tick: int, look: Look) -> NewJob:
    """Return the job of a tick. It has no idempotency key: the tick itself is what happens once."""
    return made_job(row, tick, look, starts_at=table.starts_at(look.namespace, row.name, tick))


def made_job(row: StoredSchedule, tick: int, look: Look, *, starts_at: int) -> NewJob:
    """Return a job of a schedule that stands for a tick; its deadline and expiry count from its start."""
    template = look.templates[row.definition]
    job = new_job(template, _payload(row, tick), DEFAULTS, now=look.now, random=look.random)
    labels = {**(template.labels or {}), "schedule": row.name, "tick": moment_text(tick)}
    job = job._replace(idempotency_key=None, labels=labels, actor=f"schedule/{row.name}")
    wait = starts_at - look.now
    if wait <= 0:
        return job
    return job._replace(
        state=JobState.SCHEDULED,
        reason=Reason.DELAYED,
        run_at=starts_at,
        queued_at=None,
        order_key=None,
        deadline_at=None if job.deadline_at is None else job.deadline_at + wait,
        expires_at=None if job.expires_at is None else job.expires_at + wait,
    )


def _payload(row: StoredSchedule, tick: int) -> bytes:
    return row.payload if row.tick_field is None else with_tick(row.payload, row.tick_field, tick)


def with_tick(payload: bytes, field: str, tick: int) -> bytes:
    """Return a payload with a tick, as ISO 8601 text, in one of its fields."""
    return dump_json({**cast("dict[str, object]", json.loads(payload)), field: moment_text(tick)})


async def is_due(store: Store, namespace: str, timetables: Timetables) -> bool:
    """Return whether there is a tick that this process could fire now."""
    rows = await store.schedules.due(namespace, store.now(), BATCH)
    return any(timetables.get(row) is not None for row in rows)
