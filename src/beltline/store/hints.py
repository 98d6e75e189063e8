"""Hints: what a wake-up says may have happened, and which writes give which."""

from __future__ import annotations

from collections.abc import Callable, Collection
from enum import StrEnum
from typing import Protocol

from beltline.core.states import FINAL, JobState

_LATER = frozenset({JobState.SCHEDULED, JobState.RETRYING})


class Hint(StrEnum):
    """What a wake-up says may have happened.

    Hints may be lost, late or repeated; nothing depends on them but speed.
    """

    QUEUED = "queued"
    SCHEDULED = "scheduled"
    REQUESTED = "requested"
    FINISHED = "finished"
    LINKED = "linked"


class Wakeups(Protocol):
    """Hints from this and other processes."""

    async def subscribe(self, namespace: str, on_hint: Callable[[Hint], None]) -> Callable[[], None]:
        """Call `on_hint` on the event loop at each hint of this namespace.

        It ends when the returned function is called.
        """
        ...


def hints_of(states: Collection[JobState]) -> list[Hint]:
    """Return what others should hear when jobs were stored in, or moved to, these states."""
    due = (
        (Hint.QUEUED, JobState.QUEUED in states),
        (Hint.SCHEDULED, not _LATER.isdisjoint(states)),
        (Hint.FINISHED, not FINAL.isdisjoint(states)),
    )
    return [hint for hint, is_due in due if is_due]
