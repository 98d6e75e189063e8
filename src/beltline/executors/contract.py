"""What an executor does."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol

from beltline.definitions.context import RunContext
from beltline.definitions.definition import JobDefinition


class Executor(Protocol):
    """Runs bodies of one mode."""

    def run(
        self,
        definition: JobDefinition,
        context: RunContext,
        arguments: Mapping[str, object],
        *,
        begun: Callable[[], None] | None,
    ) -> Awaitable[object]:
        """Run the body; what it returns or raises is the run's. `begun` is called when it has its place.

        Cancelling the awaiting task asks the body to stop.
        """
        ...

    @property
    def places(self) -> int | None:
        """How many bodies can run at once; None is no limit of its own."""
        ...

    @property
    def stuck(self) -> int:
        """How many bodies were given up but still occupy a slot."""
        ...

    def close(self) -> None:
        """Take no more work; do not wait for what runs."""
        ...
