"""Claiming and settling: the two verbs of a worker."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from beltline.core.decide import Policy, decide
from beltline.core.ids import Random
from beltline.core.job import Change, ClaimedJob, Job
from beltline.core.outcome import Outcome
from beltline.core.reasons import Reason
from beltline.core.states import JobState
from beltline.store.contract import Store
from beltline.store.params import ApplyChanges, ClaimJobs, Miss


class Settlement(NamedTuple):
    """A held job, how its run ended, and the policy that decides."""

    job: ClaimedJob
    outcome: Outcome
    policy: Policy


class Settled(NamedTuple):
    """What became of a batch. `lost`: jobs that were no longer ours; nothing was written for them."""

    changes: list[Change]
    lost: list[str]


@runtime_checkable
class Settling(Protocol):
    """A service in the place of a store: it is told how runs ended, and decides itself."""

    async def settle(self, namespace: str, batch: Sequence[Settlement]) -> Settled:
        """Report how runs ended."""
        ...


async def claim(
    store: Store, namespace: str, session: str, *, queues: tuple[str, ...] | None, limit: int
) -> list[ClaimedJob]:
    """Take up to `limit` jobs. Raises LeaseLost where the session has ended."""
    return await store.jobs.claim(
        ClaimJobs(namespace=namespace, session=session, queues=queues, limit=limit, now=store.now())
    )


async def claim_chosen(store: Store, namespace: str, session: str, ids: Sequence[str]) -> list[ClaimedJob]:
    """Take those of the jobs that are still queued. Raises LeaseLost where the session has ended."""
    return await store.jobs.claim(
        ClaimJobs(namespace=namespace, session=session, ids=tuple(ids), limit=len(ids), now=store.now())
    )


async def claim_next(
    store: Store,
    namespace: str,
    session: str,
    *,
    queues: tuple[str, ...] | None,
    limit: int,
    until: asyncio.Event,
) -> list[ClaimedJob]:
    """Wait for jobs until the event is set; return what came, perhaps nothing. Raises LeaseLost."""
    params = ClaimJobs(namespace=namespace, session=session, queues=queues, limit=limit, now=store.now())
    return await store.jobs.claim_next(params, until)


async def settle(store: Store, namespace: str, batch: Sequence[Settlement], *, random: Random) -> Settled:
    """Decide and write how runs ended.

    A cancel or pause that was noted meanwhile makes the store refuse a change that is not final: it is
    decided again with the request in view. A job whose fence or state has moved on is reported lost and left
    alone.
    """
    if isinstance(store, Settling):
        return await store.settle(namespace, batch)
    now = store.now()
    changes = [decide(job, outcome, policy, now=now, random=random) for job, outcome, policy in batch]
    misses = await store.jobs.apply(ApplyChanges(namespace=namespace, changes=changes, now=now))
    if not misses:
        return Settled(changes, [])
    missed = {miss.id: miss for miss in misses}
    return await _again(store, namespace, batch, changes=changes, missed=missed, random=random)


async def _again(
    store: Store,
    namespace: str,
    batch: Sequence[Settlement],
    *,
    changes: list[Change],
    missed: dict[str, Miss],
    random: Random,
) -> Settled:
    written = [change for change in changes if change.id not in missed]
    open_ = [item for item in batch if item.job.id in missed]
    lost: list[str] = []
    while True:
        ours = [item for item in open_ if _is_held(item.job, missed[item.job.id].current)]
        lost.extend(item.job.id for item in open_ if not _is_held(item.job, missed[item.job.id].current))
        if not ours:
            return Settled(written, lost)
        now = store.now()
        ours = [_refreshed(item, missed[item.job.id]) for item in ours]
        changes = [decide(job, outcome, policy, now=now, random=random) for job, outcome, policy in ours]
        misses = await store.jobs.apply(ApplyChanges(namespace=namespace, changes=changes, now=now))
        missed = {miss.id: miss for miss in misses}
        written.extend(change for change in changes if change.id not in missed)
        open_ = [item for item in ours if item.job.id in missed]


def _is_held(job: ClaimedJob, current: Job | None) -> bool:
    return current is not None and current.state is JobState.RUNNING and current.fence == job.fence


def _refreshed(item: Settlement, miss: Miss) -> Settlement:
    """Return what is decided again: with the request that is noted by now, and knowing of children."""
    job = item.job if miss.current is None else item.job._replace(request=miss.current.request)
    outcome = item.outcome._replace(reason=Reason.CHILDREN) if miss.has_children else item.outcome
    return item._replace(job=job, outcome=outcome)
