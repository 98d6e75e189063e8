"""What a job asks of the worker that runs it: amounts of resources, tags, and the version of its code.

Amounts are integers: bytes of memory, thousandths of everything else.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from types import MappingProxyType
from typing import Final, NamedTuple, TypeAlias, cast

from beltline.core.errors import InvalidInput
from beltline.core.sizes import Size, memory_bytes, shown_memory

Amount: TypeAlias = int | float | str
Amounts: TypeAlias = Mapping[str, int]

MEMORY: Final = "memory"
UNIT: Final = 1_000
MOST_AMOUNT: Final = 1_000_000
# The needs of a job are a part of the key by which queued jobs are found, and a key has room for 2,700 bytes.
MOST_ASKED: Final = 8

_KIND: Final = re.compile(r"[a-z][a-z0-9._-]{0,62}")
_TAG: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,62}")


class Needs(NamedTuple):
    """What one job asks for. `version` is the one it is pinned to, of the definition `definition`."""

    amounts: Amounts = MappingProxyType({})
    tags: frozenset[str] = frozenset()
    definition: str | None = None
    version: str | None = None

    def text(self) -> str:
        """Return the one text that stands for equal needs; empty where nothing is asked."""
        asked = self.plain()
        if self.version is not None:
            asked |= {"definition": self.definition, "version": self.version}
        return json.dumps(asked, separators=(",", ":"), sort_keys=True) if asked else ""

    def plain(self) -> dict[str, object]:
        """Return resources and tags as JSON has them, each only where some are asked for."""
        asked: dict[str, object] = {}
        if self.amounts:
            asked["resources"] = {kind: plain_amount(kind, size) for kind, size in self.amounts.items()}
        if self.tags:
            asked["tags"] = sorted(self.tags)
        return asked


def read_needs(text: str) -> Needs:
    """Return the needs that `Needs.text` wrote."""
    if not text:
        return Needs()
    found = json.loads(text)
    return needs_of(found)._replace(definition=found.get("definition"), version=found.get("version"))


def needs_of(found: Mapping[str, object]) -> Needs:
    """Return the needs that `Needs.plain` told."""
    resources = cast("Mapping[str, Amount]", found.get("resources", {}))
    return Needs(amounts_of(resources), frozenset(cast("Collection[str]", found.get("tags", ()))))


def amounts_of(resources: Mapping[str, Amount]) -> Amounts:
    """Return resources that `resource_faults` finds no fault with as amounts; what is zero is left out."""
    sizes = {kind: _size(kind, resources[kind]) for kind in sorted(resources)}
    return {kind: size for kind, size in sizes.items() if size}


def resource_faults(resources: object, *, most: int = MOST_ASKED) -> Iterator[str]:
    """Yield every fault of resources, each with what to do."""
    if resources is None:
        return
    if not isinstance(resources, Mapping):
        yield f"resources {resources!r}: give a mapping such as {{'cpu': 1, 'memory': '512Mi'}}"
        return
    if len(resources) > most:
        yield f"resources: {len(resources)} kinds are named, at most {most} can be"
    for kind, value in resources.items():
        if not isinstance(kind, str) or not _KIND.fullmatch(kind):
            yield f"resource {kind!r}: name it by 1 to 63 small letters, digits and . _ -, a letter first"
            continue
        try:
            _size(kind, value)
        except InvalidInput as error:
            yield str(error)


def tag_faults(tags: object, *, most: int = MOST_ASKED) -> Iterator[str]:
    """Yield every fault of tags, each with what to do."""
    if tags is None:
        return
    if isinstance(tags, str) or not isinstance(tags, Collection) or isinstance(tags, Mapping):
        yield f"tags {tags!r}: give a list of texts such as ['eu', 'ssd']"
        return
    if len(tags) > most:
        yield f"tags: {len(tags)} are given, at most {most} can be"
    for tag in tags:
        if not isinstance(tag, str) or not _TAG.fullmatch(tag):
            yield f"tag {tag!r}: use 1 to 63 letters, digits and . _ : / @ -, a letter or digit first"


def plain_amount(kind: str, size: int) -> int | float:
    """Return an amount as a number that a person would write: bytes of memory, else how many."""
    if kind == MEMORY or size % UNIT == 0:
        return size if kind == MEMORY else size // UNIT
    return size / UNIT


def shown_amounts(amounts: Amounts) -> str:
    """Return amounts as `cpu=1.5, memory=512Mi`."""
    return ", ".join(
        f"{kind}={shown_memory(size) if kind == MEMORY and size else plain_amount(kind, size):}"
        for kind, size in sorted(amounts.items())
    )


def _size(kind: str, value: object) -> int:
    """Return an amount in its unit. Raises InvalidInput."""
    if kind == MEMORY:
        is_none = not isinstance(value, bool) and value in (0, "0")
        return 0 if is_none else memory_bytes(cast("Size", value), what="resource memory")
    try:
        number = Decimal(str(value)) if isinstance(value, int | float | str) else None
    except InvalidOperation:
        number = None
    if number is None or isinstance(value, bool) or not number.is_finite() or not 0 <= number <= MOST_AMOUNT:
        raise InvalidInput(f"resource {kind} {value!r}: use a number from 0 to {MOST_AMOUNT:,}")
    size = int(number * UNIT)
    if size != number * UNIT:
        raise InvalidInput(f"resource {kind} {value!r}: use at most 3 digits after the point")
    return size
