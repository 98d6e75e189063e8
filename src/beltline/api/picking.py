"""A session as the service remembers it: what it offers, and when to look for jobs that ask for that."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Final

from beltline.core.clock import MICROS, Clock
from beltline.core.job import ClaimedJob
from beltline.core.needs import Needs, read_needs
from beltline.core.offers import read_offer
from beltline.engine.capacity import take, versions_of
from beltline.engine.settle import claim
from beltline.store.contract import Store
from beltline.store.fronts import Lane
from beltline.store.params import Session

# A worker whose every claim is full has its session looked for so often; an idle one at hints, no oftener
# than SOON_US.
LOOK_US: Final = MICROS // 4
SOON_US: Final = MICROS // 20
# Hints may be lost: a claim that waits looks so often all the same.
IDLE_US: Final = MICROS

MOST_ENDED: Final = 10_000

_NOTHING: Final = Needs()


class Opened:
    """An open session. What it holds is read from the store: other service processes serve it too."""

    def __init__(self, session: Session, *, clock: Clock) -> None:
        self.session = session
        self.offer = read_offer(session.offer, versions_of(session))
        self._clock = clock
        self._looked_at = clock.monotonic() - LOOK_US
        self._is_owed = False
        self._waits = False
        self._after: Lane | None = None
        self._needs: dict[tuple[str, int], Needs] = {}
        self._ended: OrderedDict[str, int] = OrderedDict()

    def note_ended(self, jobs: Iterable[ClaimedJob]) -> None:
        """Remember the last runs that were settled here: the last lines of their logs may come after them."""
        for job in jobs:
            self._ended[job.id] = job.run
            self._ended.move_to_end(job.id)
            if len(self._ended) > MOST_ENDED:
                self._ended.popitem(last=False)

    def ended(self, job_id: str) -> int | None:
        """Return which run of a job was settled here last; None where that is not remembered."""
        return self._ended.get(job_id)

    @property
    def rest_s(self) -> float:
        """How long a claim that found nothing may wait for a hint before it looks again."""
        rest_us = SOON_US if self._is_owed else LOOK_US if self._waits or self._after else IDLE_US
        return rest_us / MICROS

    async def claim(self, store: Store, namespace: str, limit: int) -> list[ClaimedJob]:
        """Claim up to `limit` jobs: where a look is due first those that ask for what the session offers.

        Raises LeaseLost where the session has ended.
        """
        picked = await self._pick(store, namespace, limit) if self._is_due(LOOK_US) else []
        left = limit - len(picked)
        if not left:
            return picked
        session = self.session
        jobs = await claim(store, namespace, session.id, queues=session.queues, limit=left)
        if not jobs and not picked and self._offers_something:
            self._is_owed = not self._is_due(SOON_US)
            return [] if self._is_owed else await self._pick(store, namespace, left)
        if self._offers_something:
            self._needs |= {(job.id, job.fence): _NOTHING for job in jobs}
        return [*picked, *jobs]

    @property
    def _offers_something(self) -> bool:
        offer = self.offer
        return bool(offer.amounts or offer.tags or offer.versions or offer.everything)

    def _is_due(self, after_us: int) -> bool:
        return self._offers_something and self._clock.monotonic() - self._looked_at >= after_us

    async def _pick(self, store: Store, namespace: str, slots: int) -> list[ClaimedJob]:
        self._looked_at = self._clock.monotonic()
        self._is_owed = False
        look = await take(
            store,
            namespace,
            self.session.id,
            queues=self.session.queues,
            offer=self.offer,
            held=await self._held(store, namespace),
            slots=slots,
            after=self._after,
        )
        self._waits, self._after = look.waits, look.after
        self._needs |= {(job.id, job.fence): look.needs[job.id] for job in look.jobs}
        return look.jobs

    async def _held(self, store: Store, namespace: str) -> list[Needs]:
        """Return what the jobs ask for that the session holds; those claimed elsewhere are read."""
        held = [(job.id, job.fence) for job in await store.jobs.held(namespace, self.session.id)]
        unknown = [job_id for job_id, fence in held if (job_id, fence) not in self._needs]
        read = {job.id: job.needs for job in await store.reads.get(namespace, unknown)} if unknown else {}
        self._needs = {
            key: self._needs[key] if key in self._needs else read_needs(read.get(key[0], "")) for key in held
        }
        return [needs for needs in self._needs.values() if needs.amounts]
