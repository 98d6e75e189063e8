"""The chores that any worker does for all: due jobs, overdue jobs, folding, retention."""

from __future__ import annotations

from typing import Final

from beltline.core.clock import DAY
from beltline.core.job import Change, Job
from beltline.core.reasons import Reason
from beltline.core.states import JobState
from beltline.engine.batches import look
from beltline.store.contract import Store
from beltline.store.params import ApplyChanges, Retention

BATCH: Final = 1_000
FOLD_BATCH: Final = 5_000


async def stage(store: Store, namespace: str) -> int:
    """Queue the jobs that are due; return how many (BATCH means: there may be more)."""
    return await store.upkeep.stage(namespace, store.now(), BATCH)


async def release(store: Store, namespace: str) -> int:
    """Let go on what waits for jobs that have ended; return how much was done, 0 for nothing left."""
    released = await store.edges.release(namespace, store.now(), BATCH)
    return released + await look(store, namespace)


async def end_overdue(store: Store, namespace: str) -> int:
    """End jobs whose deadline passed (timed out) or that did not start by their expiry (cancelled)."""
    now = store.now()
    jobs = await store.upkeep.overdue(namespace, now, BATCH)
    changes = [_overdue(job, now) for job in jobs]
    if not changes:
        return 0
    misses = await store.jobs.apply(ApplyChanges(namespace=namespace, changes=changes, now=now))
    return len(changes) - len(misses)


async def fold(store: Store, namespace: str) -> int:
    """Fold appended deltas into the minute roll-up; return how many."""
    return await store.upkeep.fold(namespace, FOLD_BATCH)


async def prune(
    store: Store, namespace: str, *, history_days: int, dead_days: int, ledger_days: int
) -> dict[str, int]:
    """Remove what retention says; return how many rows of each kind went."""
    now = store.now()
    gone = await store.upkeep.prune(
        Retention(
            namespace=namespace,
            history_before=now - history_days * DAY,
            dead_before=now - dead_days * DAY,
            sessions_before=now - history_days * DAY,
            tallies_before=now - 400 * DAY,
            ledger_before=now - ledger_days * DAY,
            now=now,
        )
    )
    dead_before = now - dead_days * DAY
    letters = await store.dead_letters.prune(namespace, dead_before, BATCH)
    # Events are known for as long as an idempotency key is beyond its job's end.
    events = await store.triggers.prune(namespace, now - DAY, BATCH)
    return {**gone, **letters, "trigger_events": events}


def _overdue(job: Job, now: int) -> Change:
    missed = job.deadline_at is not None and job.deadline_at <= now
    return Change(
        id=job.id,
        fence=job.fence,
        definition=job.definition,
        queue=job.queue,
        from_state=job.state,
        state=JobState.TIMED_OUT if missed else JobState.CANCELLED,
        reason=Reason.DEADLINE_PASSED if missed else Reason.EXPIRED,
        at=now,
        error=job.error,
        attempts_used=job.attempts_used,
        crashes=job.crashes,
        idempotency_key=job.idempotency_key,
    )
