"""The one table of operations: what is served, and what the document says."""

from __future__ import annotations

from typing import Final

from beltline.api import (
    administration,
    backfills,
    batches,
    bulk,
    dead_letters,
    events,
    job_parts,
    jobs,
    links,
    offspring,
    queues,
    remembering,
    runs,
    schedules,
    submitting,
    subscriptions,
    triggers,
    workers,
    workflows,
)
from beltline.api.operation import Operation

# Of two paths that fit, the first is taken.
OPERATIONS: Final[tuple[Operation, ...]] = (
    *submitting.OPERATIONS,
    *bulk.OPERATIONS,
    *job_parts.OPERATIONS,
    *links.OPERATIONS,
    *events.OPERATIONS,
    *jobs.OPERATIONS,
    *dead_letters.OPERATIONS,
    *queues.OPERATIONS,
    *schedules.OPERATIONS,
    *backfills.OPERATIONS,
    *triggers.OPERATIONS,
    *batches.OPERATIONS,
    *workflows.OPERATIONS,
    *runs.OPERATIONS,
    *workers.OPERATIONS,
    *remembering.OPERATIONS,
    *subscriptions.OPERATIONS,
    *offspring.OPERATIONS,
    *administration.OPERATIONS,
)
