"""Objects: writes what is too large for a row, reads it back and checks it, and lists it for upkeep."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from typing import Final, NamedTuple, TypeVar

from beltline.core.errors import (
    ObjectCorrupt,
    ObjectKeyUnknown,
    ObjectMissing,
    ObjectsError,
    PayloadTooLarge,
)
from beltline.objects.contract import Place, Seal
from beltline.objects.header import LONGEST, header_of, may_be_sealed
from beltline.objects.names import hash_in, is_day, is_name, namespace_prefix, object_name, probe_name
from beltline.objects.reference import Reference
from beltline.objects.threads import Threads

T = TypeVar("T")

_SEALED: Final = ".sealed"


class Standing(NamedTuple):
    """With which key an object is encrypted, empty for none. `is_current`: with the one that encrypts."""

    key_id: str
    is_current: bool


class Objects:
    """One place for objects. What has more than `threshold` bytes belongs into it, at most `limit`.

    `owner`, the identity of the store whose rows refer to the objects, is set when that store is opened.
    """

    def __init__(self, place: Place, *, threshold: int, limit: int, seal: Seal | None = None) -> None:
        self.threshold = threshold
        self.limit = limit
        self.owner = ""
        self._place = place
        self._seal = seal
        self._threads = Threads()

    @property
    def shown(self) -> str:
        """What the place is called in messages."""
        return self._place.shown

    async def keep(
        self, namespace: str, contents: Sequence[tuple[str, bytes]], *, at: int, what: str
    ) -> list[Reference]:
        """Write contents, each with the id of the job it belongs to; they are durable when this returns.

        The same content for the same job on the same day is the same object. Raises PayloadTooLarge,
        ObjectsUnavailable; some may be written then.
        """
        for _, data in contents:
            if len(data) > self.limit:
                raise PayloadTooLarge(what, len(data), self.limit)
        works = [partial(self._keep, namespace, job_id, data, at) for job_id, data in contents]
        return await self._threads.run_all(works)

    async def fetch(self, reference: Reference) -> bytes:
        """Return the bytes that a reference stands for.

        Raises ObjectsUnavailable, ObjectMissing, ObjectCorrupt, ObjectKeyUnknown.
        """
        return await self._threads.run(partial(self._fetch, reference))

    async def keys_of(self, names: Sequence[str]) -> list[Standing | ObjectsError]:
        """Return with which keys objects are encrypted, or why that cannot be told."""
        return await self._threads.run_all([partial(_told, self._standing, name) for name in names])

    async def renew(self, names: Sequence[str]) -> list[ObjectsError | None]:
        """Write objects again under their names, encrypted with the current key; return what went wrong.

        Readers meet the old object or the new one, whole. Equal calls write equal bytes: this may be done
        twice, by several at once, and again after a crash.
        """
        return await self._threads.run_all([partial(_told, self._renew, name) for name in names])

    @property
    def can_seal(self) -> bool:
        """Whether there is a key to encrypt with."""
        return self._seal is not None

    async def days(self, namespace: str) -> list[str]:
        """Return the days on which objects of a namespace were written, oldest first."""
        prefix = namespace_prefix(self.owner, namespace)
        return sorted(filter(is_day, await self._threads.run(partial(self._place.folders, prefix))))

    async def written(self, namespace: str, day: str) -> AsyncIterator[Sequence[str]]:
        """Yield the names of the objects that were written on a day, some at a time."""
        names = self._place.names(f"{namespace_prefix(self.owner, namespace)}{day}/")
        while (found := await self._threads.run(partial(next, names, None))) is not None:
            yield found

    async def probe(self, number: str) -> None:
        """Write an object and remove it, to see whether that can be done; `number` is nobody else's.

        Raises ObjectsUnavailable.
        """
        name = probe_name(self.owner, number)
        await self._threads.run(partial(self._place.put, name, b""))
        await self.remove([name])

    async def remove(self, names: Sequence[str]) -> None:
        """Remove objects by their names."""
        if names:
            await self._threads.run(partial(self._place.delete, names))

    def close(self) -> None:
        """Hold no threads any more; they come back when they are needed."""
        self._threads.close()

    def _keep(self, namespace: str, job_id: str, data: bytes, at: int) -> Reference:
        sha256 = hashlib.sha256(data).hexdigest()
        sealed = self._seal is not None
        digest = self._seal.digest(data) + _SEALED if self._seal is not None else sha256
        name = object_name(self.owner, namespace, job_id, at=at, digest=digest)
        self._place.put(name, data if self._seal is None else self._seal.close(name, data))
        return Reference(name, sha256, len(data), sealed)

    def _fetch(self, reference: Reference) -> bytes:
        name = reference.name
        if not is_name(name):
            raise ObjectMissing(name, self.shown)
        data = self._place.get(name)
        # An object of the time before there were keys may have been encrypted since, under its old name.
        if reference.sealed or (may_be_sealed(data) and _is_renewed(data, reference.sha256)):
            data = self._opened(name, data)
        if hashlib.sha256(data).hexdigest() != reference.sha256:
            what = f"it has {len(data):,} bytes with another hash, where {reference.size:,} were written"
            raise ObjectCorrupt(name, self.shown, what)
        return data

    def _standing(self, name: str) -> Standing:
        begin = self._place.peek(name, LONGEST)
        if not may_be_sealed(begin) or not self._is_sealed(name):
            return Standing("", is_current=False)
        header, _ = header_of(name, begin, self.shown)
        return Standing(header.key_id, is_current=self._seal is not None and self._seal.is_current(header))

    def _is_sealed(self, name: str) -> bool:
        """Whether an object that begins like an encrypted one is one."""
        plain = hash_in(name)
        return plain is None or _is_renewed(self._place.get(name), plain)

    def _renew(self, name: str) -> None:
        if self._seal is None:
            raise ObjectsError("there is no key to encrypt with; name one in objects.keys")
        data = self._place.get(name)
        plain = hash_in(name)
        if plain is None or (may_be_sealed(data) and _is_renewed(data, plain)):
            data = self._seal.open(name, data, self.shown)
        if plain is not None and hashlib.sha256(data).hexdigest() != plain:
            raise ObjectCorrupt(name, self.shown, "its bytes have another hash than its name says")
        self._place.put(name, self._seal.close(name, data))

    def _opened(self, name: str, data: bytes) -> bytes:
        if self._seal is None:
            raise ObjectKeyUnknown(name, header_of(name, data, self.shown)[0].key_id)
        return self._seal.open(name, data, self.shown)


def _is_renewed(data: bytes, plain: str) -> bool:
    return hashlib.sha256(data).hexdigest() != plain


def _told(work: Callable[[str], T], name: str) -> T | ObjectsError:
    try:
        return work(name)
    except ObjectsError as error:
        return error
