"""What an operator may do to jobs, queues and dead letters.

Each action is audited in the transaction that does it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from beltline.config import QUEUE_NAME
from beltline.core.errors import Conflict, InvalidInput, NotFound
from beltline.core.job import Change, Job
from beltline.core.order import order_key
from beltline.core.reasons import Reason
from beltline.core.states import DEAD, JobEvent, JobState, require
from beltline.engine.rounds import ROUNDS, too_fast
from beltline.store.contract import Store
from beltline.store.params import ApplyChanges, AuditEntry, DiscardDead, NoteRequests, ReplayDead


async def cancel(store: Store, namespace: str, job_id: str, *, actor: str, why: str = "") -> Job:
    """Cancel a job: at once where it does not run, else by a request that its worker obeys.

    Raises InvalidTransition where it is final, NotFound.
    """
    return await _act(store, namespace, job_id, JobEvent.CANCEL, actor=actor, why=why)


async def pause(store: Store, namespace: str, job_id: str, *, actor: str, why: str = "") -> Job:
    """Park a job that does not run.

    A running one ends its run first and is parked where it would run again.
    """
    return await _act(store, namespace, job_id, JobEvent.PAUSE, actor=actor, why=why)


async def resume(store: Store, namespace: str, job_id: str, *, actor: str, why: str = "") -> Job:
    """Return a paused job to the state it had; take back the pause of a running one."""
    return await _act(store, namespace, job_id, JobEvent.RESUME, actor=actor, why=why)


async def retry(store: Store, namespace: str, job_id: str, *, actor: str, why: str = "") -> Job:
    """Run a scheduled or retrying job now; replay a dead letter."""
    job = await fetch(store, namespace, job_id)
    if job.state in DEAD:
        return await replay(store, namespace, job_id, actor=actor, why=why)
    return await _act(store, namespace, job_id, JobEvent.RETRY, actor=actor, why=why)


async def replay(store: Store, namespace: str, job_id: str, *, actor: str, why: str = "") -> Job:
    """Move a dead letter back to its queue: same id, all attempts anew.

    Raises Conflict where it was discarded.
    """
    job = await fetch(store, namespace, job_id)
    require(job.id, job.state, JobEvent.REPLAY)
    entry = _entry(actor, "replay", job, why)
    params = ReplayDead(namespace=namespace, ids=[job_id], now=store.now(), audit=(entry,))
    if not await store.jobs.replay(params):
        raise Conflict(
            f"dead letter {job_id} was discarded or replayed meanwhile; see `beltline jobs show {job_id}`"
        )
    return await fetch(store, namespace, job_id)


async def discard(store: Store, namespace: str, job_id: str, *, actor: str, why: str = "") -> Job:
    """Hide a dead letter, finally. Discarding it again changes nothing."""
    job = await fetch(store, namespace, job_id)
    require(job.id, job.state, JobEvent.DISCARD)
    entry = _entry(actor, "discard", job, why)
    await store.jobs.discard(DiscardDead(namespace=namespace, ids=[job_id], now=store.now(), audit=(entry,)))
    return await fetch(store, namespace, job_id)


async def pause_queue(
    store: Store, namespace: str, queue: str, *, paused: bool, actor: str, why: str = ""
) -> None:
    """Stop or go on handing out a queue's jobs; running ones are not touched.

    The queue need not exist yet. Raises InvalidInput where it never can.
    """
    require_queue_name(queue)
    action = "pause" if paused else "resume"
    entry = AuditEntry(actor=actor, action=f"queue.{action}", target=f"queue/{queue}", reason=why)
    await store.queues.set_paused(namespace, queue, paused=paused, now=store.now(), audit=(entry,))


def require_queue_name(queue: str) -> None:
    """Raise InvalidInput where no queue can be called so."""
    if not QUEUE_NAME.fullmatch(queue):
        raise InvalidInput(
            f"{queue!r} is no queue name: use 1 to 128 letters, digits and . _ : / @ -,"
            " first a letter or digit"
        )


async def fetch(store: Store, namespace: str, job_id: str) -> Job:
    """Return a job. Raises NotFound."""
    found = await store.reads.get(namespace, [job_id])
    if not found:
        raise NotFound(
            "job", job_id, "it may have been removed by retention; `beltline jobs ls` lists what is there"
        )
    return found[0]


async def _act(store: Store, namespace: str, job_id: str, event: JobEvent, *, actor: str, why: str) -> Job:
    """Read, decide, write under guard; a job that moved meanwhile is read and decided again."""
    for _ in range(ROUNDS):
        job = await fetch(store, namespace, job_id)
        require(job.id, job.state, event)
        entry = _entry(actor, event.value, job, why)
        now = store.now()
        if job.state is JobState.RUNNING:
            noted = {JobEvent.CANCEL: "cancel", JobEvent.PAUSE: "pause"}.get(event)
            params = NoteRequests(
                namespace=namespace, jobs=[(job.id, job.fence)], request=noted, now=now, audit=(entry,)
            )
            done: Sequence[object] = await store.jobs.note_requests(params)
            if done or job.request == "cancel":
                return await fetch(store, namespace, job_id)
            continue
        change = change_for(event, job, now)
        if not await store.jobs.apply(
            ApplyChanges(namespace=namespace, changes=[change], now=now, audit=(entry,))
        ):
            return await fetch(store, namespace, job_id)
    raise too_fast(f"job {job_id}", event.value)


def change_for(event: JobEvent, job: Job, now: int) -> Change:
    """Return the change that an operator's action is for a job that does not run."""
    return _CHANGES[event](job, now)


def _entry(actor: str, action: str, job: Job, why: str) -> AuditEntry:
    before = f'{{"state":"{job.state.value}","reason":"{job.reason.value}"}}'
    return AuditEntry(actor=actor, action=f"job.{action}", target=f"job/{job.id}", reason=why, before=before)


def same(job: Job, state: JobState, reason: Reason, now: int) -> Change:
    """Return a change of a job to this state, with all else as it is."""
    return Change(
        id=job.id,
        fence=job.fence,
        definition=job.definition,
        queue=job.queue,
        from_state=job.state,
        state=state,
        reason=reason,
        at=now,
        result=job.result,
        error=job.error,
        run_at=job.run_at,
        queued_at=job.queued_at,
        order_key=job.order_key,
        attempts_used=job.attempts_used,
        crashes=job.crashes,
        request=job.request,
        idempotency_key=job.idempotency_key,
    )


def _cancelled(job: Job, now: int) -> Change:
    return same(job, JobState.CANCELLED, Reason.CANCEL_REQUESTED, now)


def _paused(job: Job, now: int) -> Change:
    return same(job, JobState.PAUSED, Reason.PAUSE_REQUESTED, now)._replace(paused_from=job.state)


def resumed(job: Job, now: int) -> Change:
    """Return the change that returns a paused job to the state it had."""
    return same(job, job.paused_from or JobState.QUEUED, Reason.RESUMED, now)


def _queued_now(job: Job, now: int) -> Change:
    change = same(job, JobState.QUEUED, Reason.RETRY_REQUESTED, now)
    return change._replace(run_at=now, queued_at=now, order_key=order_key(now, job.priority))


_CHANGES: Final[Mapping[JobEvent, Callable[[Job, int], Change]]] = MappingProxyType(
    {
        JobEvent.CANCEL: _cancelled,
        JobEvent.PAUSE: _paused,
        JobEvent.RESUME: resumed,
        JobEvent.RETRY: _queued_now,
    }
)
