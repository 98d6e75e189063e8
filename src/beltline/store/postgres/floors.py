"""Where the next claim begins to look: behind what the last ones took.

A job that was taken stays in `ready` as a dead entry until the next vacuum, up to a minute and a million
jobs later. A walk from the very front passes over all of them, at every claim. So for a tenth of a second
after it looked from the front, or ten times as long as that look took, a store looks from the last order key
that it took. What gets a lower one through the same store is heard of and lowers the floor; what gets one
elsewhere (by a higher priority, or in a transaction that committed late) is found by the next look from the
front.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from beltline.core.job import NewJob

# How long what others queued in front of the floor may wait while a store claims without a pause; longer
# where a look from the front takes long: such looks may take a tenth of the time.
SPAN_US: Final = 100_000
LONGEST_SPAN_US: Final = 5_000_000
_LOOKS: Final = 10
LOWEST: Final = -(2**63)
_MOST: Final = 1_000

Asked: TypeAlias = tuple[str, tuple[str, ...] | None]


@dataclass(slots=True)
class Floor:
    """Where one kind of claim looks until `ends_at`.

    `queues`: those that hold jobs, each with an order key that none of its jobs is in front of; None: not
    asked yet.
    """

    begun_at: int
    ends_at: int
    order_key: int = LOWEST
    queues: dict[str, int] | None = None
    # Whether the last claim got all that it asked for: then it is worth asking which queues hold jobs.
    is_busy: bool = False


@dataclass(slots=True, eq=False)
class Look:
    """One claim on its way, and what was queued meanwhile: the lowest order key, and in which queues.

    Two that look alike are still two.
    """

    asked: Asked
    floor: Floor | None
    lowest: int = 2**63 - 1
    heard: set[str] = field(default_factory=set)


class Floors:
    """The floors of one store, by namespace and the queues that a claim names. For one thread."""

    def __init__(self) -> None:
        self._floors: dict[Asked, Floor] = {}
        self._looks: set[Look] = set()

    def begin(self, asked: Asked, now: int) -> Look:
        """Return a look: from a floor, or (None) from the front. `end` or `drop` must follow."""
        floor = self._floors.get(asked)
        if floor is not None and not floor.begun_at <= now < floor.ends_at:
            del self._floors[asked]
            floor = None
        look = Look(asked, floor)
        self._looks.add(look)
        return look

    def end(self, look: Look, taken: int | None, now: int, *, took: int, is_busy: bool) -> None:
        """Keep where the next claim looks: at the last order key that this one took; None: it took none.

        `took`: how many microseconds the look took.
        """
        self.drop(look)
        if taken is None or look.lowest == LOWEST:
            self._floors.pop(look.asked, None)
            return
        floor = look.floor
        if floor is None:
            if len(self._floors) >= _MOST:
                self._floors.clear()
            span = max(SPAN_US, min(_LOOKS * took, LONGEST_SPAN_US))
            floor = self._floors[look.asked] = Floor(now, now + span)
        floor.order_key = min(taken, look.lowest)
        floor.is_busy = is_busy

    def drop(self, look: Look) -> None:
        """Forget a look."""
        self._looks.remove(look)

    def lower(self, namespace: str, jobs: Collection[NewJob] = ()) -> None:
        """Hear that these jobs were stored, or (none) that any may have been queued."""
        mine = [asked for asked in self._floors if asked[0] == namespace]
        looks = [look for look in self._looks if look.asked[0] == namespace]
        if not mine and not looks:
            return
        fronts: dict[str, int] = {}
        for job in jobs:
            if job.order_key is not None:
                fronts[job.queue] = min(job.order_key, fronts.get(job.queue, job.order_key))
        first = min(fronts.values(), default=LOWEST)
        for asked in mine:
            if first == LOWEST:
                del self._floors[asked]
                continue
            floor = self._floors[asked]
            floor.order_key = min(floor.order_key, first)
            if floor.queues is not None:
                for queue, front in fronts.items():
                    floor.queues[queue] = min(front, floor.queues.get(queue, front))
        for look in looks:
            look.lowest = min(look.lowest, first)
            look.heard |= fronts.keys()
