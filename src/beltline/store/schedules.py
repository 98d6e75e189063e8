"""The contract of schedules and their fires: a part of `contract`, and what is said there holds here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from beltline.core.job import NewJob
from beltline.store.params import AuditEntry


class NewSchedule(NamedTuple):
    """What is set of a schedule from outside.

    `spec` is the JSON text of its Schedule; `payload` that of each job, into whose field `tick_field` the
    tick is written, where that is set. `declared` is the text of its declaration in code, None where there is
    none. `next_at` is the first tick that nobody looked at, None where no more will come.
    """

    name: str
    definition: str
    spec: str
    payload: bytes
    tick_field: str | None
    declared: str | None
    paused: bool
    next_at: int | None


class StoredSchedule(NamedTuple):
    """A schedule as it is read.

    `revision` goes up with each write, which guards the next one. `buffered` is the tick that waits for the
    end of an earlier one's job. `open_jobs` are jobs of it that were not final when it was last written.
    `last_tick`, `last_job` and `last_fired_at` belong to the newest fire that made a job.
    """

    name: str
    definition: str
    spec: str
    payload: bytes
    tick_field: str | None
    declared: str | None
    paused: bool
    next_at: int | None
    revision: int
    buffered: int | None
    open_jobs: tuple[str, ...]
    last_tick: int | None
    last_job: str | None
    last_fired_at: int | None
    created_at: int
    changed_at: int

    def settings(self) -> NewSchedule:
        """Return what was set of it from outside."""
        return NewSchedule._make(self[: len(NewSchedule._fields)])


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteSchedules:
    """Make, change and remove schedules, all or none.

    `puts`: each with the revision at which it was read, or None where it must not exist yet. `removals`:
    names with the revision. What only fires change (from `revision` on) stays as it is.
    """

    namespace: str
    puts: Sequence[tuple[NewSchedule, int | None]]
    removals: Sequence[tuple[str, int]] = ()
    now: int
    audit: Sequence[AuditEntry] = ()


class FireOutcome(StrEnum):
    """What became of a tick.

    `dropped` stands for late ticks in a row, of which `tick` is the first: they lie before `until`, and
    `ticks` says how many they are.
    """

    SUBMITTED = "submitted"
    BUFFERED = "buffered"
    SKIPPED = "skipped"
    DROPPED = "dropped"


class NewFire(NamedTuple):
    """What became of a tick of a schedule.

    `reason`: `due`, `late`, `manual`, `backfill` of what was submitted, `overlap` and `late` of what was not.
    """

    schedule: str
    tick: int
    outcome: FireOutcome
    reason: str
    job_id: str | None = None
    until: int | None = None
    ticks: int = 1
    backfill: str | None = None


class Fire(NamedTuple):
    """A stored fire; `at` is when it was decided."""

    tick: int
    outcome: FireOutcome
    reason: str
    job_id: str | None
    until: int | None
    ticks: int
    backfill: str | None
    at: int


class Advance(NamedTuple):
    """How a schedule goes on; guarded by its revision."""

    name: str
    revision: int
    next_at: int | None
    buffered: int | None
    open_jobs: tuple[str, ...]
    last_tick: int | None
    last_job: str | None
    last_fired_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FireSchedules:
    """Advance schedules, keep what became of their ticks and store the jobs, in one transaction.

    Each job belongs to the fire with its id.
    """

    namespace: str
    advances: Sequence[Advance]
    fires: Sequence[NewFire]
    jobs: Sequence[NewJob]
    now: int
    audit: Sequence[AuditEntry] = ()


class Outlook(NamedTuple):
    """What schedulers have to do.

    `next_at`: the smallest of the schedules that are not paused. `buffering`: one of these has a tick that
    waits. `backfilling`: a backfill runs.
    """

    next_at: int | None
    buffering: bool
    backfilling: bool


class ScheduleStore(Protocol):
    """Schedules, and one row for every tick that anybody looked at."""

    async def write(self, params: WriteSchedules) -> bool:
        """Make, change and remove schedules.

        False: one of them is not at its revision any more (or exists already), and nothing was stored. Fires
        of a schedule that is removed stay. A tick that waits (`buffered`) stays with its schedule.
        """
        ...

    async def get(self, namespace: str, name: str) -> StoredSchedule | None:
        """Return a schedule."""
        ...

    async def page(self, namespace: str, *, after: str = "", limit: int = 1_000) -> list[StoredSchedule]:
        """Return schedules whose names come after `after`, by name."""
        ...

    async def due(self, namespace: str, now: int, limit: int) -> list[StoredSchedule]:
        """Return schedules, not paused, with next_at <= now, the longest due first."""
        ...

    async def buffering(self, namespace: str, limit: int) -> list[StoredSchedule]:
        """Return schedules, not paused, with a tick that waits, by name."""
        ...

    async def outlook(self, namespace: str) -> Outlook:
        """Return what there is to do, now or later."""
        ...

    async def fire(self, params: FireSchedules) -> set[str]:
        """Advance those of the schedules that are at their revision; return their names.

        Of these the fires are kept and the jobs stored, of the others nothing is. A tick has one fire: one
        that is there already stays, and its job is not stored, but for a `buffered` one, which the new one
        replaces. `dropped` fires stand beside those of ticks. A schedule that another call holds locked is
        passed over. Jobs are stored as `JobStore.insert` stores them; they have neither chosen ids nor
        idempotency keys.
        """
        ...

    async def fires(
        self, namespace: str, schedule: str, *, before: int | None = None, limit: int = 100
    ) -> list[Fire]:
        """Return what became of ticks earlier than `before`, the latest tick first."""
        ...

    async def unfinished(self, namespace: str, job_ids: Sequence[str]) -> set[str]:
        """Return those of the jobs that are not final."""
        ...
