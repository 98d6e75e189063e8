"""What is known of a worker process that has ended."""

from __future__ import annotations

from typing import NamedTuple


class Death(NamedTuple):
    """A worker process that has ended for certain, and the session that it left open.

    `how` says it in words. `is_own_doing`: from within, by a fault or an exit that the worker did not come
    to. `running` are the runs, as (id, fence), whose code it was executing.
    """

    session: str
    how: str
    is_own_doing: bool
    running: tuple[tuple[str, int], ...]
