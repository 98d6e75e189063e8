"""What an executor does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, Protocol

from beltline.core.job import ClaimedJob
from beltline.core.outcome import Outcome
from beltline.definitions.context import RunContext
from beltline.definitions.definition import JobDefinition
from beltline.definitions.port import ContextPort


class Places(Protocol):
    """Where bodies of one mode run."""

    @property
    def places(self) -> int | None:
        """How many bodies can run at once; None is no limit of its own."""
        ...

    @property
    def stuck(self) -> int:
        """How many bodies were given up but still occupy a slot."""
        ...


class Executor(Places, Protocol):
    """Runs bodies of one mode in this process."""

    def run(
        self,
        definition: JobDefinition,
        context: RunContext,
        arguments: Mapping[str, object],
        *,
        begun: Callable[[], None] | None,
    ) -> Coroutine[Any, Any, object]:
        """Return what runs the body; what it returns or raises is the run's.

        `begun` is called when it has its place.

        Cancelling the awaiting task asks the body to stop.
        """
        ...

    def close(self) -> None:
        """Take no more work; do not wait for what runs."""
        ...


class RemoteExecutor(Places, Protocol):
    """Runs bodies elsewhere: a job goes there as it is stored, and an outcome comes back."""

    async def has(self, definition: JobDefinition) -> bool:
        """Return whether the definition is there: one that is made within a function may be missing."""
        ...

    def run(
        self,
        job: ClaimedJob,
        definition: JobDefinition,
        port: ContextPort,
        *,
        begun: Callable[[], None] | None,
        most_bytes: int,
    ) -> Awaitable[Outcome]:
        """Run the body; `port` is where its Context leads. `begun` is called when it has its place.

        Its result may have `most_bytes`.

        Cancelling the awaiting task asks the body to stop. Raises CancelledError where it did not end in time
        and was ended; else the outcome is what the body made of it.
        """
        ...

    def stack(self, job_id: str, fence: int) -> Awaitable[str] | None:
        """Return the stack of a body; None where it has not begun."""
        ...
