"""What a place for objects does, and what encrypts them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol

from beltline.objects.header import Header


class Place(Protocol):
    """A folder or a bucket. Its methods block: they are called in threads, several at a time.

    They raise ObjectsUnavailable where the call may be repeated.
    """

    @property
    def shown(self) -> str:
        """What the place is called in messages."""
        ...

    def put(self, name: str, data: bytes) -> None:
        """Write an object whole or not at all; it is durable when this returns. It may be written again."""
        ...

    def get(self, name: str) -> bytes:
        """Return an object. Raises ObjectMissing where the place can be read and has no such object."""
        ...

    def peek(self, name: str, count: int) -> bytes:
        """Return the first bytes of an object, at most so many. Raises as `get` does."""
        ...

    def folders(self, prefix: str) -> list[str]:
        """Return the next parts of the names that begin with `prefix` (which ends in /), each once."""
        ...

    def names(self, prefix: str) -> Iterator[Sequence[str]]:
        """Yield the names of all objects that begin with `prefix`, some at a time."""
        ...

    def delete(self, names: Sequence[str]) -> None:
        """Remove objects; one that is not there is none the less removed."""
        ...


class Seal(Protocol):
    """Encrypts and decrypts. Equal arguments give equal bytes, so that a write may be repeated."""

    def digest(self, data: bytes) -> str:
        """Return the hash of plain bytes that may stand in a name: nobody without the key can guess at it."""
        ...

    def is_current(self, header: Header) -> bool:
        """Say whether an object with this header is encrypted with the key that encrypts now."""
        ...

    def close(self, name: str, data: bytes) -> bytes:
        """Return the plain bytes encrypted, bound to the object's name."""
        ...

    def open(self, name: str, data: bytes, place: str) -> bytes:
        """Return the plain bytes. Raises ObjectKeyUnknown, which names the key, and ObjectCorrupt."""
        ...
