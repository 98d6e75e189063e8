"""The contract of dead letters as work: their groups, which of them a filter means, and mending one.

It is a part of `contract`, and what is said there holds here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from beltline.store.params import AuditEntry


class GroupCursor(NamedTuple):
    """The last group of a page: when its newest letter died, and its fingerprint."""

    last_at: int
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ListGroups:
    """A page of groups, the one with the newest letter first. Empty fields do not restrict. Limit 1 to 1,000.

    With `definition` only its letters are counted.
    """

    namespace: str
    definition: str | None = None
    owner: str | None = None
    before: GroupCursor | None = None
    limit: int = 50


class DeadGroup(NamedTuple):
    """Dead letters of one fingerprint, discarded ones left out, and what people said of them.

    `first_at` and `last_at` also tell of letters that were replayed or discarded; None where nothing was ever
    seen. `example` is the newest letter, with its error and reason; None where the group holds none now.
    `owned_at` and `noted_at` are None where nobody spoke.
    """

    fingerprint: str
    letters: int
    first_at: int | None
    last_at: int | None
    versions: tuple[str, ...]
    definitions: tuple[str, ...]
    example: str | None
    error: bytes | None
    reason: str | None
    owner: str
    owned_by: str
    owned_at: int | None
    note: str
    noted_by: str
    noted_at: int | None


class GroupPage(NamedTuple):
    """`total` counts the groups that match; `next` is the cursor of the page after this."""

    items: list[DeadGroup]
    next: GroupCursor | None
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TriageGroup:
    """Set a group's owner, its note, or both; None leaves it as it is, an empty text takes it away."""

    namespace: str
    fingerprint: str
    owner: str | None = None
    note: str | None = None
    actor: str
    now: int
    audit: Sequence[AuditEntry] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LetterFilter:
    """Which dead letters. Empty fields do not restrict; discarded ones are never meant."""

    fingerprint: str | None = None
    definition: str | None = None
    queue: str | None = None
    labels: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FindLetters:
    """Dead letters, oldest first by (finished_at, id), which is the cursor `after`. Limit 1 to 10,000.

    `until`: only those that died before. `run`: none that this run has replayed `times` times.
    """

    namespace: str
    where: LetterFilter
    until: int
    run: str = ""
    times: int = 1
    after: tuple[int, str] = (-1, "")
    limit: int = 1_000


class Letter(NamedTuple):
    """A dead letter, as far as it takes to choose it."""

    id: str
    fingerprint: str
    finished_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class EditDead:
    """Give a dead letter another payload, where (id, fence) still match and it is not discarded.

    The payload hash stays that of the payload as it was submitted: by it a repeated submit is known.
    """

    namespace: str
    id: str
    fence: int
    payload: bytes
    now: int
    audit: Sequence[AuditEntry] = ()


class DeadLetterStore(Protocol):
    """Groups of dead letters, and the letters of a filter."""

    async def groups(self, params: ListGroups) -> GroupPage:
        """Return a page of groups that hold letters. Of the letters only examples are read."""
        ...

    async def group(self, namespace: str, fingerprint: str) -> DeadGroup | None:
        """Return a group, also where it holds no letters now; None where nothing is known of it."""
        ...

    async def triage(self, params: TriageGroup) -> bool:
        """Keep what is said of a group. False where nothing is known of it: then nothing is stored."""
        ...

    async def find(self, params: FindLetters) -> list[Letter]:
        """Return the letters that a filter means."""
        ...

    async def edit(self, params: EditDead) -> bool:
        """Replace a letter's payload; False where it is no such letter any more."""
        ...

    async def prune(self, namespace: str, before: int, limit: int) -> Mapping[str, int]:
        """Remove what is older: `replays`, ended runs with their marks; `groups`, what is said of groups.

        A group goes when it holds no letters, and none was seen and nothing said of it since `before`.
        """
        ...
