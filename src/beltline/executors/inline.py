"""Bodies that are coroutine functions run on the worker's event loop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import cast

from beltline.definitions.context import RunContext
from beltline.definitions.definition import JobDefinition


class InlineExecutor:
    """Calls the coroutine function; the caller's task is the body's task."""

    stuck = 0
    places = None

    def run(
        self,
        definition: JobDefinition,
        context: RunContext,
        arguments: Mapping[str, object],
        *,
        begun: Callable[[], None] | None,
    ) -> Awaitable[object]:
        """Return the body's own coroutine."""
        if begun is not None:
            begun()
        if definition.takes_context:
            return cast("Awaitable[object]", definition.handler(context, **arguments))
        return cast("Awaitable[object]", definition.handler(**arguments))

    def close(self) -> None:
        """Nothing is held."""
