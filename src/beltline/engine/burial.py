"""Taking back what a worker held that is known to be dead: at once, and blaming whom it can be blamed on."""

from __future__ import annotations

from beltline.core.death import Death
from beltline.core.decide import Policy, crashes_of_suspect
from beltline.core.failure import failure
from beltline.core.ids import Random
from beltline.core.job import ClaimedJob
from beltline.core.outcome import Ending, Outcome, released
from beltline.core.reasons import Reason
from beltline.engine.rescue import policies_of
from beltline.engine.settle import Settlement, settle
from beltline.store.contract import Store
from beltline.store.params import Session


async def bury(store: Store, namespace: str, death: Death, *, random: Random) -> int:
    """Take back the jobs of a dead worker and mark its session as lost; return how many there were.

    Where it ended by its own doing, the bodies that it was executing are charged the crash, one that was
    alone with that as a suspect from now on; the others are given back uncharged. Where nobody was executed
    the crash is charged to all but suspects, which have processes of their own. A worker that was killed from
    outside is rescued like one that lost contact.

    May be called again after a crash in the middle, and beside rescuers: the fence lets one write each job.
    """
    sessions = await store.sessions.page(namespace)
    session = next((each for each in sessions if each.id == death.session), None)
    if session is None:
        return 0
    jobs = await store.jobs.held(namespace, session.id)
    policies = await policies_of(store, namespace, jobs, session)
    guilty = _guilty(jobs, policies, death)
    batch = [_verdict(job, policies[job.definition], session, death, guilty) for job in jobs]
    if batch:
        await settle(store, namespace, batch, random=random)
    # Last: a session that is marked is rescued by others, who charge every job.
    await store.sessions.lose(namespace, session.id, session.beats, store.now())
    return len(jobs)


def _guilty(jobs: list[ClaimedJob], policies: dict[str, Policy], death: Death) -> frozenset[tuple[str, int]]:
    """The runs that are charged."""
    held = frozenset((job.id, job.fence) for job in jobs)
    if not death.is_own_doing:
        return held
    within = frozenset(
        (job.id, job.fence)
        for job in jobs
        if job.crashes < crashes_of_suspect(policies[job.definition].max_crashes)
    )
    return held.intersection(death.running) or within or held


def _verdict(
    job: ClaimedJob, policy: Policy, session: Session, death: Death, guilty: frozenset[tuple[str, int]]
) -> Settlement:
    if (job.id, job.fence) not in guilty:
        return Settlement(job, released(Reason.WORKER_LOST), policy)
    if death.is_own_doing and guilty == {(job.id, job.fence)} and guilty <= set(death.running):
        least = crashes_of_suspect(policy.max_crashes) - 1
        job = job._replace(crashes=max(job.crashes, least))
    words = f"worker {session.name} (pid {session.pid} on {session.host}) {death.how} while it ran this job"
    error = failure("WorkerLost", words)
    return Settlement(job, Outcome(Ending.LOST, error=error, reason=Reason.WORKER_LOST), policy)
