"""Which jobs a worker takes by what they need, and which jobs no live worker could ever hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from beltline.core.job import ClaimedJob, Job
from beltline.core.needs import Needs, read_needs, shown_amounts
from beltline.core.offers import Offer, chosen, free_of, read_offer
from beltline.core.reasons import Reason
from beltline.core.states import JobState
from beltline.engine.settle import claim_chosen
from beltline.store.contract import Store
from beltline.store.fronts import MOST_LANES, FindFronts, Lane
from beltline.store.params import Session

# Of each lane so many jobs are looked at: what lies behind them has its turn at the next look.
MOST_OF_A_LANE: Final = 100


class Look(NamedTuple):
    """What a look at the fronts saw, and what was taken.

    `waits`: jobs that this worker could hold are left. `after`: where the next look goes on, where there were
    too many lanes for one.
    """

    jobs: list[ClaimedJob]
    needs: Mapping[str, Needs]
    waits: bool
    after: Lane | None


class Blocked(NamedTuple):
    """Why a queued job cannot begin anywhere: what it asks, and what the largest live worker offers."""

    reason: Reason
    asked: str
    offered: str
    worker: str | None


async def take(
    store: Store,
    namespace: str,
    session: str,
    *,
    queues: tuple[str, ...] | None,
    offer: Offer,
    held: Iterable[Needs],
    slots: int,
    after: Lane | None = None,
) -> Look:
    """Claim the jobs with needs that come next and fit beside what is held, at most `slots`.

    Jobs without needs that come before them keep their slots. Raises LeaseLost where the session has ended.
    """
    lanes = await store.fronts.lanes(namespace, queues, after=after)
    known = {lane.needs: read_needs(lane.needs) for lane in lanes if lane.needs}
    fitting = {text: needs for text, needs in known.items() if offer.holds(needs)}
    follows = lanes[-1] if len(lanes) == MOST_LANES else None
    if not fitting:
        return Look([], {}, waits=False, after=follows)
    now = store.now()
    wanted = [lane for lane in lanes if not lane.needs or lane.needs in fitting]
    params = FindFronts(namespace=namespace, lanes=wanted, limit=min(slots, MOST_OF_A_LANE), now=now)
    fronts = await store.fronts.fronts(params)
    free = None if offer.everything else free_of(offer, held)
    ids = chosen(fronts, fitting, free, slots=slots, now=now)
    jobs = await claim_chosen(store, namespace, session, ids) if ids else []
    asked = {front.id: fitting[front.needs] for front in fronts if front.needs}
    return Look(jobs, {job.id: asked[job.id] for job in jobs}, waits=len(asked) > len(jobs), after=follows)


async def blocked(store: Store, namespace: str, jobs: Sequence[Job]) -> dict[str, Blocked]:
    """Return those of the jobs that are queued and that no live worker could ever hold, by id."""
    asking = [job for job in jobs if job.needs and job.state is JobState.QUEUED]
    if not asking:
        return {}
    now = store.now()
    alive = [session for session in await store.sessions.page(namespace) if is_alive(session, now)]
    found = ((job.id, blocking(Lane(job.queue, job.needs), alive)) for job in asking)
    return {job_id: why for job_id, why in found if why is not None}


async def explained(store: Store, namespace: str, jobs: Sequence[Job]) -> list[Job]:
    """Return the jobs with the reason no_capacity or no_version where no live worker could ever hold them."""
    found = await blocked(store, namespace, jobs)
    return [job._replace(reason=found[job.id].reason) if job.id in found else job for job in jobs]


async def live_versions(store: Store, namespace: str) -> dict[str, Counter[str]]:
    """Return for each definition how many live workers have which version of it."""
    now = store.now()
    found: dict[str, Counter[str]] = {}
    for session in await store.sessions.page(namespace):
        if is_alive(session, now):
            for definition, version in versions_of(session).items():
                found.setdefault(definition, Counter())[version] += 1
    return found


def is_alive(session: Session, now: int) -> bool:
    """Return whether a session has neither ended nor gone a lease without a beat."""
    ended = session.closed_at is not None or session.lost_at is not None
    return not ended and now - session.beat_at <= session.lease_us


def versions_of(session: Session) -> Mapping[str, str]:
    """Return what a session has code for, with the version of each."""
    return dict(zip(session.definitions or (), session.versions or (), strict=False))


def blocking(lane: Lane, alive: Sequence[Session]) -> Blocked | None:
    """Return why none of these sessions could ever hold the jobs of a lane; None where one could."""
    needs = read_needs(lane.needs)
    offers = [
        (read_offer(session.offer, versions_of(session)), session.name)
        for session in alive
        if session.queues is None or lane.queue in session.queues
    ]
    if any(offer.holds(needs) for offer, _ in offers):
        return None
    able = [(offer, name) for offer, name in offers if offer.has_version(needs)]
    if not able and needs.version is not None:
        versions = {offer.versions.get(needs.definition or "", "") for offer, _ in offers} - {""}
        return Blocked(Reason.NO_VERSION, needs.version, ", ".join(sorted(versions)) or "none", None)
    offer, worker = max(able, key=lambda each: _nearness(each[0], needs), default=(Offer(), None))
    return Blocked(Reason.NO_CAPACITY, _shown(needs, needs), _shown(offer, needs), worker)


def _nearness(offer: Offer, needs: Needs) -> tuple[int, float, int]:
    """How near an offer comes to what is asked: kinds and tags that suffice, then how far others reach."""
    shares = [min(1.0, offer.amounts.get(kind, 0) / size) for kind, size in needs.amounts.items()]
    enough = sum(share >= 1 for share in shares) + len(needs.tags & offer.tags)
    return enough, sum(shares), sum(offer.amounts.values())


def _shown(found: Needs | Offer, asked: Needs) -> str:
    """Return of the amounts and tags those that are asked for."""
    amounts = shown_amounts({kind: found.amounts.get(kind, 0) for kind in asked.amounts})
    tags = ", ".join(f"tag {tag}" for tag in sorted(found.tags & asked.tags))
    return ", ".join(filter(None, (amounts, tags))) or "nothing of it"
