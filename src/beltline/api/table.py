"""The one table of operations: what is served, and what the document says."""

from __future__ import annotations

from typing import Final

from beltline.api import (
    administration,
    backfills,
    bulk,
    dead_letters,
    events,
    job_parts,
    jobs,
    queues,
    schedules,
    submitting,
    workers,
)
from beltline.api.operation import Operation

# Of two paths that fit, the first is taken.
OPERATIONS: Final[tuple[Operation, ...]] = (
    *submitting.OPERATIONS,
    *bulk.OPERATIONS,
    *job_parts.OPERATIONS,
    *events.OPERATIONS,
    *jobs.OPERATIONS,
    *dead_letters.OPERATIONS,
    *queues.OPERATIONS,
    *schedules.OPERATIONS,
    *backfills.OPERATIONS,
    *workers.OPERATIONS,
    *administration.OPERATIONS,
)
