"""The contract of subscriptions: a part of `contract`, and what is said there holds here.

A subscription asks that the outcomes of jobs be told to a URL. Where a namespace has one, the transaction
that ends a job notes its outcome too; the note stays until the deliveries are stored as jobs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from beltline.core.states import JobState
from beltline.store.params import AuditEntry


class NewSubscription(NamedTuple):
    """What is set of a subscription. `spec` is JSON: which outcomes it is for.

    `secret` signs, and is never shown again, or says where such a secret lies (`core.subscription`);
    `old_secret` signs beside it until `old_until`.
    """

    id: str
    url: str
    spec: str
    secret: bytes
    old_secret: bytes | None
    old_until: int | None
    paused: bool


class StoredSubscription(NamedTuple):
    """A subscription as it is read; `revision` goes up with each write, which guards the next one."""

    id: str
    url: str
    spec: str
    secret: bytes
    old_secret: bytes | None
    old_until: int | None
    paused: bool
    revision: int
    created_at: int
    changed_at: int

    def settings(self) -> NewSubscription:
        """Return what was set of it."""
        return NewSubscription._make(self[: len(NewSubscription._fields)])


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteSubscription:
    """Make (`revision` None), change, or with `subscription` None remove the subscription `id`."""

    namespace: str
    id: str
    subscription: NewSubscription | None
    revision: int | None
    now: int
    audit: Sequence[AuditEntry] = ()


class NotedOutcome(NamedTuple):
    """How a job ended. `seq` orders the notes; `fence` tells apart the ends of a job that was replayed."""

    seq: int
    job_id: str
    fence: int
    definition: str
    queue: str
    state: JobState
    reason: str
    labels: Mapping[str, str] | None
    finished_at: int


class SubscriptionStore(Protocol):
    """Who is told of outcomes, and the outcomes that are still to be told."""

    async def write(self, params: WriteSubscription) -> bool:
        """Make, change or remove a subscription.

        False: it is not at this revision (or exists already), and nothing was stored.
        """
        ...

    async def get(self, namespace: str, subscription_id: str) -> StoredSubscription | None:
        """Return a subscription."""
        ...

    async def page(self, namespace: str) -> list[StoredSubscription]:
        """Return the subscriptions of a namespace, oldest first."""
        ...

    async def namespaces(self) -> list[str]:
        """Return the namespaces that have subscriptions or outcomes still to be told, by name."""
        ...

    async def outcomes(self, namespace: str, limit: int) -> list[NotedOutcome]:
        """Return the first outcomes that are noted, oldest first."""
        ...

    async def forget(self, namespace: str, seqs: Sequence[int]) -> None:
        """Remove notes: they were told, or concern nobody."""
        ...
