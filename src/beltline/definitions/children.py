"""What a body needs to submit children: a job handle, and names that a later run repeats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, Protocol, Self

from beltline.core.ids import ChildIds


class Submittable(Protocol):
    """A job handle, seen from a body."""

    def options(self, **changes: Any) -> Self:
        """Return the handle with other options."""
        ...

    async def submit(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the function's own types
        """Store a job."""
        ...

    async def submit_many(self, calls: Iterable[Mapping[str, Any]]) -> list[Any]:
        """Store many jobs."""
        ...

    def submit_sync(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - the function's own types
        """Store a job from code without an event loop."""
        ...


class Brood:
    """The children of one run: each is named by what it is, and by how many alike came before it.

    A later run of the same job that submits the same finds those that are there; in which order does not
    matter. The first run of a job looks for nothing: nobody has submitted yet.
    """

    __slots__ = ("_alike", "_ids", "_looks", "correlation_id", "job_id")

    def __init__(self, job_id: str, run: int, correlation_id: str | None) -> None:
        self.job_id = job_id
        self.correlation_id = correlation_id
        self._alike: Counter[tuple[str, bytes]] = Counter()
        self._ids = ChildIds(job_id)
        self._looks = run > 1

    def name(self, definition: str, payload_hash: bytes) -> tuple[str, bool]:
        """Return the id of the next child that is so, and whether there may be one with it already."""
        number = self._alike[definition, payload_hash]
        self._alike[definition, payload_hash] += 1
        return self._ids.of(definition.encode(), payload_hash, b"%d" % number), self._looks

    def take_back(self, names: Iterable[tuple[str, bytes]]) -> None:
        """Take note that children were not stored, or perhaps: submitted again, they have the same ids."""
        self._alike.subtract(names)
        self._looks = True
