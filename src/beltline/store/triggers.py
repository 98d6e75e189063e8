"""The contract of triggers: a part of `contract`, and what is said there holds here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from beltline.store.params import AuditEntry


class NewTrigger(NamedTuple):
    """What is set of a trigger. `kind` is `webhook`; `spec` is JSON, and holds no secret."""

    name: str
    kind: str
    definition: str
    spec: str
    paused: bool


class StoredTrigger(NamedTuple):
    """A trigger as it is read; `revision` goes up with each write, which guards the next one."""

    name: str
    kind: str
    definition: str
    spec: str
    paused: bool
    revision: int
    created_at: int
    changed_at: int

    def settings(self) -> NewTrigger:
        """Return what was set of it."""
        return NewTrigger._make(self[: len(NewTrigger._fields)])


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteTrigger:
    """Make (`revision` None), change, or with `trigger` None remove the trigger called `name`."""

    namespace: str
    name: str
    trigger: NewTrigger | None
    revision: int | None
    now: int
    audit: Sequence[AuditEntry] = ()


class TriggerStore(Protocol):
    """What turns outside events into jobs, as it is set. What comes of an event is a job like any other."""

    async def write(self, params: WriteTrigger) -> bool:
        """Make, change or remove a trigger.

        False: it is not at this revision (or exists already), and nothing was stored.
        """
        ...

    async def get(self, namespace: str, name: str) -> StoredTrigger | None:
        """Return a trigger."""
        ...

    async def page(self, namespace: str, *, after: str = "", limit: int = 1_000) -> list[StoredTrigger]:
        """Return triggers whose names come after `after`, by name."""
        ...
