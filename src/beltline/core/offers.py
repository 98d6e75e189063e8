"""What a worker offers, which needs it can hold, and which jobs it takes next.

Pure: the same arguments give the same choice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final, NamedTuple

from beltline.core.clock import MICROS
from beltline.core.needs import Amounts, Needs, needs_of, plain_amount

# So long a job that does not fit now lets smaller ones pass; then room is kept for it.
PATIENCE_US: Final = 5 * MICROS


class Offer(NamedTuple):
    """All that a worker has. `versions`: what it has code for, by definition.

    `everything`: whatever a job may ask for, but a version; for tests and dry runs.
    """

    amounts: Amounts = MappingProxyType({})
    tags: frozenset[str] = frozenset()
    versions: Mapping[str, str] = MappingProxyType({})
    everything: bool = False

    def text(self) -> str:
        """Return amounts and tags as the text that a session is stored with."""
        plain = {kind: plain_amount(kind, size) for kind, size in sorted(self.amounts.items())}
        everything = {"everything": True} if self.everything else {}
        return json.dumps(
            {"resources": plain, "tags": sorted(self.tags), **everything}, separators=(",", ":")
        )

    def has_version(self, needs: Needs) -> bool:
        """Return whether it has the version to which a job is pinned."""
        return needs.version is None or self.versions.get(needs.definition or "") == needs.version

    def has_room(self, needs: Needs) -> bool:
        """Return whether it could hold a job, version aside, while it holds no other."""
        return self.everything or (needs.tags <= self.tags and _fits(needs.amounts, self.amounts))

    def holds(self, needs: Needs) -> bool:
        """Return whether it could ever hold a job with these needs."""
        return self.has_version(needs) and self.has_room(needs)


class Front(NamedTuple):
    """A queued job that is among the first of its queue and needs. `needs` is empty where it asks nothing."""

    order_key: int
    id: str
    needs: str
    queued_at: int


def read_offer(text: str | None, versions: Mapping[str, str]) -> Offer:
    """Return the offer of a session; one that tells nothing offers nothing."""
    found = json.loads(text) if text else {}
    told = needs_of(found)
    return Offer(told.amounts, told.tags, versions, bool(found.get("everything")))


def free_of(offer: Offer, held: Iterable[Needs]) -> dict[str, int]:
    """Return the amounts that are free while a worker holds these jobs."""
    free = dict(offer.amounts)
    for needs in held:
        _take(free, needs.amounts)
    return free


def chosen(
    fronts: Sequence[Front],
    known: Mapping[str, Needs],
    free: Mapping[str, int] | None,
    *,
    slots: int,
    now: int,
) -> list[str]:
    """Return the ids of the jobs with needs to take now, in order.

    Jobs come in the order of (order_key, id), those without needs among them; each takes a slot. `known`
    reads the needs; `free` None is room for everything. A job that does not fit is passed over. But for the
    first of those that waited for PATIENCE_US its amounts are set aside, so that nothing smaller takes its
    place while what runs now ends: then, at the latest, it fits.
    """
    room = None if free is None else dict(free)
    ids: list[str] = []
    is_reserved = False
    for front in sorted(fronts):
        if slots == 0:
            break
        if not front.needs:
            slots -= 1
            continue
        amounts = known[front.needs].amounts
        if room is None or _fits(amounts, room):
            ids.append(front.id)
            slots -= 1
        elif is_reserved or now - front.queued_at < PATIENCE_US:
            continue
        else:
            is_reserved = True
        if room is not None:
            _take(room, amounts)
    return ids


def _fits(amounts: Amounts, room: Mapping[str, int]) -> bool:
    return all(room.get(kind, 0) >= size for kind, size in amounts.items())


def _take(room: dict[str, int], amounts: Amounts) -> None:
    for kind, size in amounts.items():
        room[kind] = room.get(kind, 0) - size
