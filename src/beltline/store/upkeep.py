"""What the loops of any worker ask of the store: a part of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from beltline.core.job import Job
from beltline.store.params import Retention, Tally


class Agenda(NamedTuple):
    """What there is to see to in a namespace: moments in microseconds, the rest by whether there is any."""

    due_at: int | None
    """When the next scheduled or retrying job is due."""
    tick_at: int | None
    """When the next tick of a schedule comes."""
    trigger_at: int | None
    """When a trigger is to be looked at next."""
    ticks_wait: bool
    """Ticks are buffered, or a backfill goes on."""
    releases: bool
    """Prerequisites or children have ended whose dependents or batches were not told."""
    outcomes: bool
    """Outcomes are noted that triggers were not told."""
    overdue: bool
    """Jobs have passed their deadline or expiry."""
    folds: bool
    """Deltas are not in the roll-up yet."""
    replays: bool
    """Replay runs are open."""
    bulk: bool
    """Bulk actions have passed their undo window."""
    vacuum: bool
    """Rows that are gone have left so many entries behind that a vacuum is worth it."""


class UpkeepStore(Protocol):
    """What the loops of any worker do for all.

    Each verb is bounded, idempotent, and may run in several processes at once.
    """

    async def agenda(self, namespace: str, now: int) -> Agenda:
        """Say what there is to do, from the fronts of small indexes: every worker asks each second."""
        ...

    async def stage(self, namespace: str, now: int, limit: int) -> int:
        """Move up to `limit` scheduled and retrying jobs with run_at <= now to queued; return how many.

        Hint `queued`.

        queued_at = run_at, order_key = run_at - priority * HEAD_START, reason due.
        """
        ...

    async def next_due(self, namespace: str) -> int | None:
        """Return the smallest run_at of the scheduled and retrying jobs."""
        ...

    async def overdue(self, namespace: str, now: int, limit: int) -> list[Job]:
        """Return jobs, not running, whose deadline_at <= now.

        Or whose expires_at <= now while they have never run.
        """
        ...

    async def fold(self, namespace: str, limit: int) -> int:
        """Fold up to `limit` deltas into the minute roll-up; return how many.

        Readers see the same sums before and after.
        """
        ...

    async def vacuum(self) -> bool:
        """Remove what rows that are gone left behind, of all namespaces; return whether that was done.

        One process does so at a time. After it `Agenda.vacuum` is false for at least ten times as long as it
        took, and for a minute where it failed, was not allowed, or could remove little, because an open
        transaction may see what is gone. SQLite leaves nothing behind.
        """
        ...

    async def tallies(self, namespace: str, since: int, until: int) -> list[Tally]:
        """Return the roll-up of the minutes from `since` (included) to `until` (excluded), in microseconds.

        Unfolded deltas are added.
        """
        ...

    async def prune(self, params: Retention) -> Mapping[str, int]:
        """Remove what retention says, up to `limit` rows of a kind; return how many of each kind went.

        Keys: history, dead, sessions, tallies, idempotency, ledger, fires, backfills (the last two as long as
        history). On PostgreSQL whole day partitions of history are dropped, and the partitions of the coming
        days made. Attempts, artifacts, logs, steps and positions go with their job.
        """
        ...
