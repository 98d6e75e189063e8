"""The contract of fronts, a part of `contract`: what waits that asks something of its worker."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from beltline.core.offers import Front

MOST_LANES: Final = 1_000


class Lane(NamedTuple):
    """The queued jobs of one queue that ask the same of their worker; `needs` is empty for nothing."""

    queue: str
    needs: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindFronts:
    """Find the first `limit` (1 to 1,000) queued jobs of each of the lanes."""

    namespace: str
    lanes: Sequence[Lane]
    limit: int
    now: int


class FrontStore(Protocol):
    """The fronts of the queues, by what their jobs ask of a worker. Reading them takes nothing."""

    async def lanes(
        self, namespace: str, queues: tuple[str, ...] | None, *, after: Lane | None = None
    ) -> list[Lane]:
        """Return the lanes of the queues (or of any) that are not paused, at most MOST_LANES, in order.

        Those in which jobs are queued, and with named queues also their lanes without needs. `after` goes on
        behind a lane. The time it takes grows with the lanes, not with the jobs.
        """
        ...

    async def fronts(self, params: FindFronts) -> list[Front]:
        """Return the first jobs of each lane in the order of (order_key, id), those that `claim` may take."""
        ...
