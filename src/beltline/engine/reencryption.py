"""Encrypting what lies in the object store with the current key, after a rotation or for the first time."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from beltline.core.errors import InvalidInput, ObjectMissing, Unsupported
from beltline.objects.names import is_name
from beltline.objects.objects import Objects
from beltline.store.contract import Store

# Objects are held whole: so many at once take at most so often the limit of one.
AT_ONCE: Final = 4
_PEEKS: Final = 16
MOST_PROBLEMS: Final = 100


@dataclass(slots=True)
class Reencryption:
    """What was found and done.

    `keys` says how many objects each key encrypts that is not the current one; the empty id stands for none.
    `problems` names the first hundred objects that could not be read or written, of `failed`. `is_complete`:
    every object was looked at, and none is left that another key is needed for.
    """

    objects: int = 0
    current: int = 0
    renewed: int = 0
    failed: int = 0
    is_complete: bool = False
    keys: Counter[str] = field(default_factory=Counter)
    problems: list[tuple[str, str]] = field(default_factory=list)

    @property
    def left(self) -> int:
        """How many objects another key, or none, encrypts after this."""
        return sum(self.keys.values()) - self.renewed


async def reencrypt(
    store: Store,
    namespace: str,
    *,
    is_dry: bool,
    limit: int | None,
    told: Callable[[Reencryption], None],
) -> Reencryption:
    """Encrypt the objects of a namespace that another key encrypts, or none, oldest day first.

    With `is_dry` only look. At most `limit` objects are written. May be broken off at any moment and begun
    again: what is done is passed over by its first bytes. Jobs may run, be submitted and be pruned meanwhile.
    Raises Unsupported where the store has no objects, InvalidInput where there is no key, ObjectsUnavailable
    where the place cannot be listed.
    """
    objects = store.objects
    if objects is None:
        raise Unsupported("this store has no place for objects; name one in objects.url")
    if not objects.can_seal:
        raise InvalidInput("there is no key to encrypt with; name one in objects.keys, the current one first")
    found = Reencryption()
    async for names in _batches(objects, namespace):
        old = await _old(objects, names, found)
        if not is_dry:
            left = len(old) if limit is None else min(len(old), limit - found.renewed - found.failed)
            for begin in range(0, left, AT_ONCE):
                await _renew(objects, old[begin : min(begin + AT_ONCE, left)], found)
                told(found)
            if limit is not None and found.renewed + found.failed >= limit:
                return found
        told(found)
    found.is_complete = not found.left and not found.failed
    return found


async def _batches(objects: Objects, namespace: str) -> AsyncIterator[Sequence[str]]:
    for day in await objects.days(namespace):
        async for names in objects.written(namespace, day):
            ours = [name for name in names if is_name(name)]
            for begin in range(0, len(ours), _PEEKS):
                yield ours[begin : begin + _PEEKS]


async def _old(objects: Objects, names: Sequence[str], found: Reencryption) -> list[str]:
    """Return those that are not encrypted with the current key."""
    old: list[str] = []
    for name, standing in zip(names, await objects.keys_of(names), strict=True):
        if isinstance(standing, ObjectMissing):
            # Its job was pruned meanwhile.
            continue
        found.objects += 1
        if isinstance(standing, Exception):
            _note(found, name, standing)
        elif standing.is_current:
            found.current += 1
        else:
            found.keys[standing.key_id] += 1
            old.append(name)
    return old


async def _renew(objects: Objects, names: Sequence[str], found: Reencryption) -> None:
    for name, error in zip(names, await objects.renew(names), strict=True):
        if error is None or isinstance(error, ObjectMissing):
            found.renewed += 1
        else:
            _note(found, name, error)


def _note(found: Reencryption, name: str, error: Exception) -> None:
    found.failed += 1
    if len(found.problems) < MOST_PROBLEMS:
        found.problems.append((name, str(error)))
