"""Lists of jobs: which, in which order, and where a page begins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from beltline.core.errors import InvalidInput
from beltline.core.job import Job
from beltline.core.states import JobState

_LONGEST_TIME: Final = 19


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFilter:
    """Which jobs. Empty fields do not restrict. `discarded` False leaves discarded dead letters out.

    Created from `since` on and before `until`; `fingerprint`: whose error is known by it.
    """

    states: frozenset[JobState] = frozenset()
    definition: str | None = None
    queue: str | None = None
    labels: Mapping[str, str] | None = None
    owner: str | None = None
    since: int | None = None
    until: int | None = None
    fingerprint: str | None = None
    discarded: bool = False


class Sort(StrEnum):
    """The order of a list of jobs, the last first. `FINISHED` lists final jobs only."""

    ID = "id"
    CREATED = "created"
    FINISHED = "finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListJobs:
    """A page of jobs; `before` is the `next` of the page before, in the same order. Limit 1 to 1,000."""

    namespace: str
    where: JobFilter
    before: str | None = None
    limit: int = 50
    sort: Sort = Sort.ID


class Place(NamedTuple):
    """The place of a job in a list by time."""

    at: int
    id: str

    def text(self) -> str:
        """Return it as a cursor."""
        return f"{self.at}:{self.id}"


def place_of(cursor: str | None) -> Place:
    """Return the place that a cursor names; after all of them where there is none. Raises InvalidInput."""
    if cursor is None:
        return Place(2**62, "")
    at, _, job_id = cursor.partition(":")
    if not (at.isascii() and at.isdigit() and len(at) < _LONGEST_TIME and job_id):
        raise InvalidInput(f"cursor {cursor[:100]!r}: use the `next` of a page in the same order")
    return Place(int(at), job_id)


class JobPage(NamedTuple):
    """`total` counts what matches, up to 10,000 (more is reported as 10,000)."""

    items: list[Job]
    next: str | None
    total: int
