"""Which hints a write gives, the same in both stores."""

from __future__ import annotations

from collections.abc import Collection

from beltline.core.states import FINAL, JobState
from beltline.store.contract import Hint

_LATER = frozenset({JobState.SCHEDULED, JobState.RETRYING})


def hints_of(states: Collection[JobState]) -> list[Hint]:
    """Return what others should hear when jobs were stored in, or moved to, these states."""
    due = (
        (Hint.QUEUED, JobState.QUEUED in states),
        (Hint.SCHEDULED, not _LATER.isdisjoint(states)),
        (Hint.FINISHED, not FINAL.isdisjoint(states)),
    )
    return [hint for hint, is_due in due if is_due]
