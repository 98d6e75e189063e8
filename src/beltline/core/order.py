"""The order in which queued jobs are taken."""

from __future__ import annotations

from typing import Final

from beltline.core.clock import MINUTE

HEAD_START: Final = MINUTE
LOWEST_PRIORITY: Final = -1_000
HIGHEST_PRIORITY: Final = 1_000


def order_key(queued_at: int, priority: int) -> int:
    """Return the key by which a queue is sorted, smallest first; ties go by id.

    Each step of priority is worth one minute of waiting, so old work overtakes newer work of higher priority
    by itself.
    """
    return queued_at - priority * HEAD_START
