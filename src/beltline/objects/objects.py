"""Objects: writes what is too large for a row, reads it back and checks it, and lists it for upkeep."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Sequence
from functools import partial
from typing import Final

from beltline.core.errors import ObjectCorrupt, ObjectKeyUnknown, ObjectMissing, PayloadTooLarge
from beltline.objects.contract import Place, Seal
from beltline.objects.header import header_of
from beltline.objects.names import is_day, is_name, namespace_prefix, object_name
from beltline.objects.reference import Reference
from beltline.objects.threads import Threads

_SEALED: Final = ".sealed"


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

    async def days(self, namespace: str) -> list[str]:
        """Return the days on which objects of a namespace were written, oldest first."""
        prefix = namespace_prefix(self.owner, namespace)
        return sorted(filter(is_day, await self._threads.run(partial(self._place.folders, prefix))))

    async def written(self, namespace: str, day: str) -> AsyncIterator[Sequence[str]]:
        """Yield the names of the objects that were written on a day, some at a time."""
        names = self._place.names(f"{namespace_prefix(self.owner, namespace)}{day}/")
        while (found := await self._threads.run(partial(next, names, None))) is not None:
            yield found

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
        if reference.sealed:
            data = self._opened(name, data)
        if hashlib.sha256(data).hexdigest() != reference.sha256:
            what = f"it has {len(data):,} bytes with another hash, where {reference.size:,} were written"
            raise ObjectCorrupt(name, self.shown, what)
        return data

    def _opened(self, name: str, data: bytes) -> bytes:
        if self._seal is None:
            raise ObjectKeyUnknown(name, header_of(name, data, self.shown)[0].key_id)
        return self._seal.open(name, data, self.shown)
