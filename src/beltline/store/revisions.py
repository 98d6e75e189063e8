"""Changing and removing jobs by hand: the verbs and their parameters, a part of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from beltline.core.states import JobState
from beltline.store.params import AuditEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviseJob:
    """Change what may change of a job that does not run, where (id, fence, state) still match.

    None leaves a field as it is. `order_key` belongs to a queued job's priority.
    """

    namespace: str
    id: str
    fence: int
    state: JobState
    priority: int | None = None
    order_key: int | None = None
    run_at: int | None = None
    labels: Mapping[str, str] | None = None
    payload: bytes | None = None
    now: int
    audit: Sequence[AuditEntry] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveJobs:
    """Remove final jobs with all that belongs to them."""

    namespace: str
    ids: Sequence[str]
    now: int
    audit: Sequence[AuditEntry] = ()


class RevisionStore(Protocol):
    """What an operator changes of a job itself."""

    async def revise(self, params: ReviseJob) -> bool:
        """Write the fields given; False where (id, fence, state) match no live job.

        The payload's hash stays that of the payload submitted: by it a repeated submit is known.
        """
        ...

    async def remove(self, params: RemoveJobs) -> list[str]:
        """Remove jobs of dead and history with their attempts, logs, artifacts, steps and idempotency keys.

        Return the ids removed. Jobs that are not final stay.
        """
        ...
