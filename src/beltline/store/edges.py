"""The contract of prerequisites: what jobs wait for, and the release of those that wait no more.

It is a part of `contract`, and what is said there holds here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from beltline.core.prerequisites import Edge, Unknown

RELEASE_EDGES: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """What the jobs of one insert wait for.

    `unknown` says of a dependent what an id means that no job has; without a word it is waited for.
    """

    edges: Sequence[Edge] = ()
    unknown: Mapping[str, Unknown] = field(default_factory=dict)


NOTHING: Final = Waits()


class EdgeStore(Protocol):
    """What jobs wait for. Edges are stored by `JobStore.insert`, in its transaction.

    A settlement notes, in its own transaction, that others wait for what ended. `release` is the second
    transaction: it may come late, be repeated, and run in several processes at once.
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
