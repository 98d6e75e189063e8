"""Rescuing what a lost worker held."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from beltline.core.decide import Policy
from beltline.core.failure import failure
from beltline.core.ids import Random
from beltline.core.job import ClaimedJob
from beltline.core.outcome import Ending, Outcome, released
from beltline.core.reasons import Reason
from beltline.engine.capacity import versions_of
from beltline.engine.settle import Settled, Settlement, settle
from beltline.engine.template import stored_policy
from beltline.store.contract import Store
from beltline.store.params import Session

SILENT: Final = "stopped renewing its lease"


async def rescue(
    store: Store, namespace: str, session: Session, *, random: Random, how: str = SILENT
) -> Settled | None:
    """Take back the jobs of a session that was seen unrenewed for its whole lease, or is dead for certain.

    `how` it was lost is told in the error of each job.

    Returns None where the session beat meanwhile. Several rescuers may try at once: the fence lets one write
    each job. A session that closed while it held jobs is rescued without being marked.
    """
    is_open = session.closed_at is None and session.lost_at is None
    if is_open and not await store.sessions.lose(namespace, session.id, session.beats, store.now()):
        return None
    jobs = await store.jobs.held(namespace, session.id)
    policies = await policies_of(store, namespace, jobs, session)
    error = failure(
        "WorkerLost",
        f"worker {session.name} (pid {session.pid} on {session.host}) {how} while it ran this job",
    )
    outcome = Outcome(Ending.LOST, error=error, reason=Reason.WORKER_LOST)
    batch = [Settlement(job, outcome, policies[job.definition]) for job in jobs]
    return await settle(store, namespace, batch, random=random) if batch else Settled([], [])


async def give_back(
    store: Store, namespace: str, jobs: Sequence[ClaimedJob], reason: Reason, *, random: Random
) -> Settled:
    """Release held jobs uncharged: they are queued again at the place they had."""
    batch = [Settlement(job, released(reason), Policy()) for job in jobs]
    return await settle(store, namespace, batch, random=random) if batch else Settled([], [])


async def policies_of(
    store: Store, namespace: str, jobs: Sequence[ClaimedJob], session: Session
) -> dict[str, Policy]:
    """Return what the stored definitions of these jobs say, by name, with the versions the session ran."""
    versions = versions_of(session)
    found: dict[str, Policy] = {}
    for name in dict.fromkeys(job.definition for job in jobs):
        definition = await store.definitions.get(namespace, name)
        policy = stored_policy(definition) if definition else Policy()
        found[name] = policy._replace(version=versions.get(name))
    return found
