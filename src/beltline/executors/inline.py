"""Bodies that are coroutine functions run on the worker's event loop."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import Any, cast

from beltline.definitions.context import RunContext
from beltline.definitions.definition import JobDefinition
from beltline.executors.black_box import BlackBox, NotedBody


class InlineExecutor:
    """Calls the coroutine function; the caller's task is the body's task."""

    stuck = 0
    places = None

    def __init__(self, box: BlackBox | None = None) -> None:
        self._box = box

    def run(
        self,
        definition: JobDefinition,
        context: RunContext,
        arguments: Mapping[str, object],
        *,
        begun: Callable[[], None] | None,
    ) -> Coroutine[Any, Any, object]:
        """Return the body's own coroutine."""
        if begun is not None:
            begun()
        given = (context,) if definition.takes_context else ()
        body = cast("Coroutine[Any, Any, object]", definition.handler(*given, **arguments))
        if self._box is None:
            return body
        return NotedBody(body, self._box.on_loop(context.job_id, context.fence))

    def close(self) -> None:
        """Nothing is held."""
