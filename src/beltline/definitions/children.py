"""What a body needs to submit children: a job handle, and names that a later run repeats."""

from __future__ import annotations

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
    matter. The first run of a job looks for nothing (`looks`): nobody has submitted yet.
    """

    __slots__ = ("_alike", "_ids", "correlation_id", "job_id", "looks")

    def __init__(self, job_id: str, run: int, correlation_id: str | None) -> None:
        self.job_id = job_id
        self.correlation_id = correlation_id
        self._alike: dict[tuple[str, bytes], int] = {}
        self._ids = ChildIds(job_id)
        self.looks = run > 1

    def names(self, definition: str, payload_hashes: Iterable[bytes]) -> list[str]:
        """Return the ids of the next children that are so."""
        alike, id_of = self._alike, self._ids.of
        names: list[str] = []
        for payload_hash in payload_hashes:
            kind = (definition, payload_hash)
            number = alike.get(kind, 0)
            alike[kind] = number + 1
            names.append(id_of(definition, payload_hash, number))
        return names

    def take_back(self, names: Iterable[tuple[str, bytes]]) -> None:
        """Take note that children were not stored, or perhaps: submitted again, they have the same ids."""
        for kind in names:
            self._alike[kind] -= 1
        self.looks = True
