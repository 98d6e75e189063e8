"""What the API needs of rooms that it does not import; the composition root hands it over."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from beltline.core.job import NewJob
from beltline.store.batches import Family
from beltline.store.contract import Store
from beltline.store.edges import NOTHING, Waits
from beltline.store.params import Finished, Inserted


class Submitting(Protocol):
    """Stores jobs, single ones in batches."""

    async def submit(self, job: NewJob) -> Inserted:
        """Store one job; return once it is durable."""
        ...

    async def submit_many(
        self, jobs: Sequence[NewJob], waits: Waits = NOTHING, family: Family | None = None
    ) -> list[Inserted]:
        """Store all of the jobs or none, with what they wait for and whose they are."""
        ...

    async def close(self) -> None:
        """Wait for what is on its way."""
        ...


class Waiting(Protocol):
    """Waits for jobs to end; all waiters share one query."""

    async def wait(self, job_id: str, timeout_us: int | None) -> Finished | None:
        """Return how the job ended; None where it was not final within the time."""
        ...

    async def close(self) -> None:
        """Stop; those who still wait get NotOpen."""
        ...


MakeSubmitting = Callable[[Store, str], Submitting]
MakeWaiting = Callable[[Store, str], Waiting]
