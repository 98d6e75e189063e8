"""The contract of batches: jobs with children, how far these are, and what is to be looked at.

It is a part of `contract`, and what is said there holds here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple, Protocol

from beltline.core.batch import Batch
from beltline.core.job import Job, NewJob

KIND: Final = "batch"
_PARENT: Final = NewJob._fields.index("parent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """The parent of the jobs of one insert; `kind` is that of its batch, where they are the first."""

    parent: str
    kind: str = KIND


def children_of(jobs: Sequence[NewJob], parent: str, root: str) -> list[NewJob]:
    """Return the jobs as children of a parent that lies under `root`."""
    # `_replace` goes by the names of all fields, and takes four times as long.
    before, after = _PARENT, _PARENT + 2
    return [NewJob._make((*job[:before], parent, root, *job[after:])) for job in jobs]


def outgrown(children: Mapping[str, int], batches: Iterable[Batch]) -> set[str]:
    """Return the jobs that have another number of children than `children` says, given their batches."""
    found = {batch.job_id: batch.total for batch in batches}
    return {job_id for job_id, number in children.items() if found.get(job_id, 0) != number}


class Seen(NamedTuple):
    """A batch was looked at in this turn; from now on it is stopped, or has ended, where it says so."""

    job_id: str
    turn: int
    is_stopped: bool = False
    ended_at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ListChildren:
    """Children of a job, by id; `after` is the last one of the page before."""

    namespace: str
    parents: Sequence[str]
    where: str = "live"
    after: str = ""
    limit: int = 1_000


class BatchStore(Protocol):
    """Jobs with children. A batch comes to be with the first child, in the transaction that stores it.

    A settlement counts what ended, in its own transaction, by appended rows; `fold` adds them up. Each change
    gives the batch another turn, so that it is due until it was looked at in this very turn.
    """

    async def pending(self, namespace: str) -> tuple[bool, bool]:
        """Say whether there are counts to fold, and batches to look at."""
        ...

    async def fold(self, namespace: str, limit: int) -> int:
        """Add up to `limit` appended counts to their batches; return how many."""
        ...

    async def due(self, namespace: str, limit: int) -> list[Batch]:
        """Return batches of which something happened since they were last looked at."""
        ...

    async def seen(self, namespace: str, looks: Sequence[Seen]) -> None:
        """Note that batches were looked at; one that has had another turn since stays due."""
        ...

    async def reopen(self, namespace: str, job_ids: Sequence[str]) -> None:
        """Take back that batches are stopped or have ended: their children run again."""
        ...

    async def get(self, namespace: str, job_ids: Sequence[str]) -> list[Batch]:
        """Return the batches of these jobs, in any order; jobs without children are left out."""
        ...

    async def tree(self, namespace: str, root: str, limit: int = 10_000) -> list[Batch]:
        """Return the batches of a tree, oldest first."""
        ...

    async def page(
        self, namespace: str, before: tuple[int, str] | None = None, limit: int = 50
    ) -> list[Batch]:
        """Return batches without a parent, newest first.

        `before` are `created_at` and `job_id` of the last one of the page before.
        """
        ...

    async def children(self, params: ListChildren) -> list[Job]:
        """Return children, by id: those that are `live`, `dead` (not discarded), or in `history`."""
        ...
