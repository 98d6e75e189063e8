"""How long lists are: a part of `contract`, and what is said there holds here."""

from __future__ import annotations

from enum import StrEnum
from typing import Final, Protocol

MOST_COUNTED: Final = 10_000


class Counted(StrEnum):
    """What is counted; of the last four those of the schedule, workflow or job that `of` names."""

    SCHEDULES = "schedules"
    BACKFILLS = "backfills"
    TRIGGERS = "triggers"
    BATCHES = "batches"
    WORKFLOWS = "workflows"
    FIRES = "fires"
    VERSIONS = "versions"
    PREREQUISITES = "prerequisites"
    DEPENDENTS = "dependents"


class TotalStore(Protocol):
    """The totals of lists."""

    async def count(self, namespace: str, what: Counted, of: str = "") -> int:
        """Return how many there are; counting stops at 10,000. Backfills are of the schedule `of`, or all."""
        ...
