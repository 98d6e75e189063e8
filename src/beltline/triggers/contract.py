"""What a source of outside events does: a broker's messages, a place's objects."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple, Protocol, TypeAlias


class Received(NamedTuple):
    """A message as it came. `handle` is whatever the source needs to acknowledge it."""

    id: str
    body: bytes
    headers: Mapping[str, str]
    handle: object = None


class Source(Protocol):
    """A connection to a broker, used by one task at a time.

    Any method may raise any exception: the connection is then closed and made anew, later and later. A
    message that was neither acknowledged nor refused when a connection ends must come again, on this
    connection or another: what comes twice makes one job, for its id is the same.
    """

    async def connect(self) -> None:
        """Connect; called once, before all else."""
        ...

    async def receive(self, limit: int) -> Sequence[Received]:
        """Wait for messages and return up to `limit` of them. It may be cancelled at any await."""
        ...

    async def ack(self, messages: Sequence[Received]) -> None:
        """Acknowledge messages: their jobs are stored, or it is on record that they cannot become jobs."""
        ...

    async def nack(self, messages: Sequence[Received]) -> None:
        """Give messages back, to come again: they could not be stored now."""
        ...

    async def close(self) -> None:
        """Disconnect; also after a failure."""
        ...


# Makes the connection for a source's URL; nothing is connected yet.
OpenSource: TypeAlias = Callable[[str], Source]


class Found(NamedTuple):
    """An object of a listing, `name` below the place; `mark` changes with the content (an etag, or times).

    `modified_at` is in UTC microseconds.
    """

    name: str
    size: int
    mark: str
    modified_at: int


class Page(NamedTuple):
    """Objects in the byte order of their names, none left out up to `until`; None where no more come."""

    found: Sequence[Found]
    until: str | None


class Listing(Protocol):
    """A folder or a bucket that can be listed, name by name."""

    async def page(self, after: str, limit: int, known: Collection[str] = ()) -> Page:
        """Return objects whose names come after `after`, up to `limit`. Raises Unreachable.

        Of those in `known` nobody asks more than whether they are there: their mark may be empty.
        """
        ...

    async def is_unchanged(self) -> bool:
        """Whether no object can have been added or removed since the last two listings that were made."""
        ...

    def url(self, name: str) -> str:
        """Return where an object is, for its job."""
        ...


OpenListing: TypeAlias = Callable[[str], Listing]


class Unreachable(Exception):
    """The place cannot be listed now."""
