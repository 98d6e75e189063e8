"""Changing what may change of a job, and removing final ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from beltline.core.durations import Moment, moment
from beltline.core.errors import Conflict, InvalidTransition
from beltline.core.job import Job
from beltline.core.order import order_key
from beltline.core.states import FINAL, JobState
from beltline.engine.control import fetch
from beltline.engine.definitions import stored_definition
from beltline.engine.objects import is_large, payload_limit
from beltline.engine.rounds import ROUNDS, too_fast
from beltline.store.contract import Store
from beltline.store.params import AuditEntry
from beltline.store.revisions import RemoveJobs, ReviseJob

_TIMED: Final = frozenset({JobState.SCHEDULED, JobState.RETRYING})


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """What to change of a job. None leaves a field as it is; labels take the place of all old ones."""

    priority: int | None = None
    run_at: Moment | None = None
    labels: Mapping[str, str] | None = None
    payload: bytes | None = None

    @property
    def named(self) -> str:
        """The fields given, as the audit names them: never what is in them."""
        names = ("priority", "run_at", "labels", "payload")
        return ", ".join(name for name in names if getattr(self, name) is not None)


async def revise(
    store: Store,
    namespace: str,
    job_id: str,
    revision: Revision,
    *,
    actor: str,
    why: str = "",
    check: Callable[[str, bytes, int], None],
) -> Job:
    """Change a job that does not run. `check` raises what is wrong with a payload of a schema.

    A time to run at belongs to a job that waits for one: scheduled or retrying. Raises NotFound,
    InvalidTransition, InvalidInput; then nothing was changed.
    """
    for _ in range(ROUNDS):
        job = await fetch(store, namespace, job_id)
        _require_changeable(job, revision)
        payload = revision.payload
        if payload is not None:
            definition = await stored_definition(store, namespace, job.definition)
            check(definition.schema, payload, payload_limit(store))
            payload = await _kept(store, namespace, job, payload)
        now = store.now()
        entry = AuditEntry(
            actor=actor, action="job.revise", target=f"job/{job_id}", reason=why, after=revision.named
        )
        params = ReviseJob(
            namespace=namespace,
            id=job_id,
            fence=job.fence,
            state=job.state,
            priority=revision.priority,
            order_key=_order_key(job, revision.priority),
            run_at=None if revision.run_at is None else moment(revision.run_at, what="run_at"),
            labels=revision.labels,
            payload=payload,
            now=now,
            audit=(entry,),
        )
        if await store.revisions.revise(params):
            return await fetch(store, namespace, job_id)
    raise too_fast(f"job {job_id}")


async def remove(store: Store, namespace: str, job_id: str, *, actor: str, why: str = "") -> None:
    """Remove a final job with its attempts, logs and artifacts. Raises NotFound, InvalidTransition."""
    job = await fetch(store, namespace, job_id)
    if job.state not in FINAL:
        raise InvalidTransition(job_id=job_id, state=job.state.value, event="delete")
    before = f'{{"state":"{job.state.value}","reason":"{job.reason.value}"}}'
    entry = AuditEntry(actor=actor, action="job.delete", target=f"job/{job_id}", reason=why, before=before)
    params = RemoveJobs(namespace=namespace, ids=[job_id], now=store.now(), audit=(entry,))
    if not await store.revisions.remove(params):
        raise Conflict(f"job {job_id} was replayed or removed meanwhile; nothing was done")


def _require_changeable(job: Job, revision: Revision) -> None:
    if job.state is JobState.RUNNING or job.state in FINAL:
        raise InvalidTransition(job_id=job.id, state=job.state.value, event="change")
    if revision.run_at is not None and job.state not in _TIMED:
        raise InvalidTransition(job_id=job.id, state=job.state.value, event="change of run_at")


def _order_key(job: Job, priority: int | None) -> int | None:
    if priority is None or job.order_key is None or job.queued_at is None:
        return None
    return order_key(job.queued_at, priority)


async def _kept(store: Store, namespace: str, job: Job, payload: bytes) -> bytes:
    if store.objects is None or not is_large(store, payload):
        return payload
    contents = [(job.id, payload)]
    [reference] = await store.objects.keep(namespace, contents, at=store.now(), what="the payload")
    return reference.packed()
