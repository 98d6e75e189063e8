"""Actions on many jobs that may still be undone: the rows and the verbs, a part of the contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from beltline.core.clock import MINUTE
from beltline.store.params import AuditEntry

# Whoever took an action and did not finish it for so long is gone; another does it again.
TAKEN_US: Final = 5 * MINUTE


class StoredBulkAction(NamedTuple):
    """An action that is done at `due_at` unless it is undone before. `filter` is a JSON text.

    `state` is pending, undone or done; `changed` counts the jobs when it is done.
    """

    id: str
    verb: str
    filter: str
    actor: str
    reason: str
    created_at: int
    due_at: int
    state: str = "pending"
    changed: int | None = None


class BulkActionStore(Protocol):
    """Actions that wait for their undo window to pass."""

    async def add(
        self, namespace: str, action: StoredBulkAction, *, audit: Sequence[AuditEntry] = ()
    ) -> None:
        """Store a pending action."""
        ...

    async def undo(
        self, namespace: str, action_id: str, now: int, *, audit: Sequence[AuditEntry] = ()
    ) -> bool:
        """Withdraw a pending action; False where it is not due later than `now`, done, undone or unknown."""
        ...

    async def take(self, namespace: str, now: int) -> StoredBulkAction | None:
        """Take one action that is due; nobody else gets it for TAKEN_US."""
        ...

    async def finish(self, namespace: str, action_id: str, changed: int) -> None:
        """Say that an action is done."""
        ...

    async def page(self, namespace: str, *, limit: int = 1_000) -> list[StoredBulkAction]:
        """Return the newest actions, newest first."""
        ...
