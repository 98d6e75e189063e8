"""The contract of stacks, a part of `contract`."""

from __future__ import annotations

from typing import Final, Protocol

from beltline.core.clock import HOUR

STACKS_KEPT_US: Final = HOUR


class StackStore(Protocol):
    """Stacks of running bodies: asked for by anyone, told by the worker that has the job.

    A request belongs to one run, by its fence, and is forgotten after STACKS_KEPT_US.
    """

    async def ask(self, namespace: str, job_id: str, fence: int, now: int) -> None:
        """Ask for the stack of a run; what was told before is forgotten."""
        ...

    async def asked(self, namespace: str, session: str) -> list[tuple[str, int]]:
        """Return the running jobs of a session, as (id, fence), whose stack is asked for and not yet told."""
        ...

    async def tell(self, namespace: str, job_id: str, fence: int, stack: str) -> None:
        """Keep the stack of a run that was asked for; dropped where nobody asked."""
        ...

    async def read(self, namespace: str, job_id: str, fence: int) -> str | None:
        """Return what was told since the run's stack was last asked for."""
        ...
