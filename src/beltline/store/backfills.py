"""The contract of backfills. It is a part of `contract`, and what is said there holds here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from beltline.core.job import NewJob
from beltline.store.params import AuditEntry
from beltline.store.schedules import NewFire


class BackfillState(StrEnum):
    """Whether a backfill still makes jobs."""

    RUNNING = "running"
    DONE = "done"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBackfill:
    """Make the jobs of a schedule's ticks from `since` (included) to `until` (not included).

    At most `at_once` of its jobs are unfinished at a time. `total` is the number of ticks.
    """

    namespace: str
    id: str
    schedule: str
    since: int
    until: int
    at_once: int
    total: int
    actor: str
    now: int
    audit: Sequence[AuditEntry] = ()


class Backfill(NamedTuple):
    """A backfill as it is read. `next_at` is the first tick that nobody looked at.

    `submitted` counts the jobs made, `existing` the ticks that had a fire of their own.
    """

    id: str
    schedule: str
    since: int
    until: int
    at_once: int
    total: int
    actor: str
    state: BackfillState
    revision: int
    next_at: int
    open_jobs: tuple[str, ...]
    submitted: int
    existing: int
    created_at: int
    finished_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvanceBackfill:
    """How a backfill goes on; guarded by its revision. Each job belongs to the fire with its id."""

    namespace: str
    id: str
    revision: int
    state: BackfillState
    next_at: int
    open_jobs: tuple[str, ...]
    fires: Sequence[NewFire] = ()
    jobs: Sequence[NewJob] = ()
    now: int
    audit: Sequence[AuditEntry] = ()


class BackfillStore(Protocol):
    """Backfills: ticks of the past whose jobs are made afterwards."""

    async def start(self, params: NewBackfill) -> None:
        """Store a backfill that runs."""
        ...

    async def advance(self, params: AdvanceBackfill) -> bool:
        """Advance a backfill that is at its revision; False: it is not, and nothing was stored.

        A tick that has a fire already is counted as existing and its job is not stored, but where that fire
        was skipped: then the new one replaces it.
        """
        ...

    async def get(self, namespace: str, backfill_id: str) -> Backfill | None:
        """Return a backfill."""
        ...

    async def page(
        self,
        namespace: str,
        *,
        schedule: str | None = None,
        running: bool = False,
        before: str | None = None,
        limit: int = 100,
    ) -> list[Backfill]:
        """Return backfills, of one schedule or all, newest first; or only those that run.

        `before`: the last id of the page before; not for those that run.
        """
        ...
