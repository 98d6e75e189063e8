"""The record of what operators did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from beltline.store.params import AuditEntry, AuditRow


class AuditStore(Protocol):
    """The hash-chained record of operator actions."""

    async def append(self, namespace: str, entries: Sequence[AuditEntry], now: int) -> None:
        """Append entries to the namespace's chain."""
        ...

    async def page(self, namespace: str, *, after: int = 0, limit: int = 1_000) -> list[AuditRow]:
        """Return entries with seq > after, oldest first."""
        ...
