"""One action on all jobs that a filter finds: read by pages, decided by core, written by batches.

Each batch is one transaction with one audit entry.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final, NamedTuple, cast

from beltline.core.codec import dump_json, parse_json
from beltline.core.errors import Conflict, NotFound
from beltline.core.ids import Random, new_id
from beltline.core.job import Job
from beltline.core.states import DEAD, FINAL, JobEvent, JobState, targets
from beltline.engine.control import change_for
from beltline.store.bulk_actions import StoredBulkAction
from beltline.store.contract import Store
from beltline.store.pages import JobFilter, ListJobs
from beltline.store.params import ApplyChanges, AuditEntry, DiscardDead, NoteRequests, ReplayDead
from beltline.store.revisions import RemoveJobs

BATCH: Final = 1_000
MOST_JOBS: Final = 10_000
SHOWN: Final = 20
DELETE: Final = "delete"
_STATES: Final = frozenset(JobState)


class BulkAction(NamedTuple):
    """What to do to which jobs: the name of an event of `core.states`, or `delete`."""

    verb: str
    where: JobFilter
    actor: str
    why: str = ""


class BulkDone(NamedTuple):
    """How many jobs were found and changed, and the first ids.

    `more`: the most that one call does were done; repeat it for the rest.
    """

    found: int
    changed: int
    ids: list[str]
    more: bool


def eligible(verb: str) -> frozenset[JobState]:
    """Return the states in which a job can be acted on so."""
    if verb == DELETE:
        return FINAL
    states = {state for state in _STATES if targets(state, JobEvent(verb))}
    # What is retried may be dead: it is replayed.
    return frozenset(states | (DEAD if verb == JobEvent.RETRY else frozenset()))


async def preview(store: Store, namespace: str, action: BulkAction) -> BulkDone:
    """Return how many jobs the action would find, counted up to the most, and the first of them."""
    page = await store.reads.page(ListJobs(namespace=namespace, where=_narrowed(action), limit=SHOWN))
    return BulkDone(page.total, 0, [job.id for job in page.items], page.total >= MOST_JOBS)


async def act(store: Store, namespace: str, action: BulkAction) -> BulkDone:
    """Act on up to MOST_JOBS jobs; one that moves meanwhile is left as it is."""
    where = _narrowed(action)
    before: str | None = None
    found, changed = 0, 0
    ids: list[str] = []
    while found < MOST_JOBS:
        page = await store.reads.page(ListJobs(namespace=namespace, where=where, before=before, limit=BATCH))
        done = await _batch(store, namespace, action, page.items)
        found += len(page.items)
        changed += len(done)
        ids += done[: SHOWN - len(ids)]
        before = page.next
        if before is None:
            break
    return BulkDone(found, changed, ids, before is not None)


def _narrowed(action: BulkAction) -> JobFilter:
    """Leave out what is in no state for it; where that leaves none, a pair that matches nothing."""
    states = eligible(action.verb)
    chosen = action.where.states & states if action.where.states else states
    where = action.where
    return JobFilter(
        states=chosen or frozenset({JobState.FAILED}),
        definition=where.definition if chosen else "",
        queue=where.queue,
        labels=where.labels,
        owner=where.owner,
        since=where.since,
        until=where.until,
        fingerprint=where.fingerprint,
        discarded=where.discarded,
    )


async def _batch(store: Store, namespace: str, action: BulkAction, jobs: Sequence[Job]) -> list[str]:
    if not jobs:
        return []
    now = store.now()
    audit = (
        AuditEntry(
            actor=action.actor,
            action=f"jobs.{action.verb}",
            target=f"jobs/{jobs[-1].id}..{jobs[0].id}",
            reason=action.why,
            after=f'{{"jobs":{len(jobs)}}}',
        ),
    )
    ids = [job.id for job in jobs]
    if action.verb == DELETE:
        return await store.revisions.remove(RemoveJobs(namespace=namespace, ids=ids, now=now, audit=audit))
    if action.verb == JobEvent.DISCARD:
        return await store.jobs.discard(DiscardDead(namespace=namespace, ids=ids, now=now, audit=audit))
    dead = [job.id for job in jobs if job.state in DEAD]
    running = [job for job in jobs if job.state is JobState.RUNNING]
    rest = [job for job in jobs if job.state not in DEAD and job.state is not JobState.RUNNING]
    done: list[str] = []
    if dead:
        done += await store.jobs.replay(ReplayDead(namespace=namespace, ids=dead, now=now, audit=audit))
    if running:
        noted = {JobEvent.CANCEL: "cancel", JobEvent.PAUSE: "pause"}.get(JobEvent(action.verb))
        pairs = [(job.id, job.fence) for job in running]
        params = NoteRequests(namespace=namespace, jobs=pairs, request=noted, now=now, audit=audit)
        done += await store.jobs.note_requests(params)
    if rest:
        changes = [change_for(JobEvent(action.verb), job, now) for job in rest]
        misses = await store.jobs.apply(
            ApplyChanges(namespace=namespace, changes=changes, now=now, audit=audit)
        )
        missed = {miss.id for miss in misses}
        done += [change.id for change in changes if change.id not in missed]
    return done


async def schedule(
    store: Store, namespace: str, action: BulkAction, *, window_us: int, random: Random
) -> StoredBulkAction:
    """Store an action that is done when its undo window has passed."""
    now = store.now()
    row = StoredBulkAction(
        id=new_id(now, random),
        verb=action.verb,
        filter=_filter_text(action.where),
        actor=action.actor,
        reason=action.why,
        created_at=now,
        due_at=now + window_us,
    )
    entry = AuditEntry(
        actor=action.actor,
        action=f"jobs.{action.verb}.schedule",
        target=f"bulk_action/{row.id}",
        reason=action.why,
        after=row.filter,
    )
    await store.bulk_actions.add(namespace, row, audit=(entry,))
    return row


async def undo(
    store: Store, namespace: str, action_id: str, *, actor: str, why: str = ""
) -> StoredBulkAction:
    """Withdraw an action that is not due yet. Raises NotFound, Conflict."""
    row = await fetch_action(store, namespace, action_id)
    entry = AuditEntry(
        actor=actor, action=f"jobs.{row.verb}.undo", target=f"bulk_action/{action_id}", reason=why
    )
    if not await store.bulk_actions.undo(namespace, action_id, store.now(), audit=(entry,)):
        raise Conflict(f"bulk action {action_id} is {row.state} or due: it cannot be undone any more")
    return await fetch_action(store, namespace, action_id)


async def fetch_action(store: Store, namespace: str, action_id: str) -> StoredBulkAction:
    """Return an action. Raises NotFound."""
    for row in await store.bulk_actions.page(namespace):
        if row.id == action_id:
            return row
    raise NotFound("bulk action", action_id)


async def do_due(store: Store, namespace: str) -> bool:
    """Do one action whose undo window has passed; return whether there was one."""
    row = await store.bulk_actions.take(namespace, store.now())
    if row is None:
        return False
    action = BulkAction(row.verb, _filter_of(row.filter), row.actor, row.reason)
    changed = 0
    while True:
        done = await act(store, namespace, action)
        changed += done.changed
        if not done.more or not done.changed:
            break
    await store.bulk_actions.finish(namespace, row.id, changed)
    return True


def _filter_text(where: JobFilter) -> str:
    given = {**asdict(where), "states": sorted(where.states)}
    return dump_json({name: value for name, value in given.items() if value}).decode()


def _filter_of(text: str) -> JobFilter:
    given = cast("dict[str, Any]", parse_json(text))
    states = frozenset(map(JobState, given.pop("states", ())))
    return JobFilter(states=states, **given)
