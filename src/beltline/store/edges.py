"""The contract of prerequisites: what jobs wait for, and the release of those that wait no more.

It is a part of `contract`, and what is said there holds here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, Protocol

from beltline.core.prerequisites import Edge, Unknown
from beltline.core.states import JobState

# Of so many edges one transaction tells dependents.
RELEASE_EDGES: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """What the jobs of one insert wait for.

    `unknown` says of a dependent what an id means that no job has; without a word it is waited for.
    """

    edges: Sequence[Edge] = ()
    unknown: Mapping[str, Unknown] = field(default_factory=dict)


NOTHING: Final = Waits()


class Kind(NamedTuple):
    """Edges to prerequisites that ended which are alike, and how many there are; `prerequisite` is one.

    `alternatives`: whether others go with them, and they have to be told one by one.
    """

    prerequisite: str
    state: str
    condition: str
    otherwise: str
    delay_us: int
    number: int
    alternatives: bool

    @property
    def is_simple(self) -> bool:
        """Whether they are met, without a delay and alone."""
        if self.delay_us or self.alternatives:
            return False
        edge = Edge("", 0, self.prerequisite, self.condition, self.otherwise, self.delay_us)
        return edge.is_met(JobState(self.state))


def first_told(found: Sequence[str], kinds: Sequence[Kind]) -> int:
    """Return of how many of these prerequisites, from the first, one transaction tells: at least of one.

    `kinds` are those of no more than RELEASE_EDGES + 1 edges, from the first prerequisite on.
    """
    counts: Counter[str] = Counter()
    for kind in kinds:
        counts[kind.prerequisite] += kind.number
    if counts.total() <= RELEASE_EDGES:
        return len(found)
    total = counts[found[0]]
    for number, job_id in enumerate(found[1:], 1):
        total += counts[job_id]
        if total > RELEASE_EDGES:
            return number
    return len(found)


class EdgeStore(Protocol):
    """What jobs wait for. Edges are stored by `JobStore.insert`, in its transaction.

    A settlement notes, in its own transaction, that others wait for what ended; it may let them go on there
    and then. `release` does what it left: it may come late, be repeated, and run in several processes at
    once.
    """

    async def release(self, namespace: str, now: int, limit: int) -> int:
        """Tell dependents of up to `limit` ended prerequisites; return how much was done, 0 for nothing left.

        Edges whose prerequisite has ended go: one that is met with its alternatives. A dependent that is
        `waiting`, or paused from there, becomes what `core.prerequisites.release` decides of it; one that is
        not waits for nothing any more. Edges to a prerequisite that stayed unknown until now are treated
        alike. Hints as `apply` does.
        """
        ...

    async def page(
        self, namespace: str, dependent: str, limit: int = 100, *, after: tuple[int, str] = (-1, "")
    ) -> list[Edge]:
        """Return what a job waits for, by part and prerequisite; `after` are the last edge's before."""
        ...

    async def dependents(
        self, namespace: str, prerequisite: str, limit: int = 100, *, after: tuple[str, int] = ("", -1)
    ) -> list[Edge]:
        """Return what waits for a job, which need not exist, by dependent and part; `after` as for `page`."""
        ...
