"""A claimed job whose payload is in the object store: fetched before its body runs, or given back."""

from __future__ import annotations

from beltline.core.errors import ObjectCorrupt, ObjectMissing, ObjectsError, ObjectsUnavailable
from beltline.core.failure import failure
from beltline.core.job import ClaimedJob
from beltline.core.outcome import Ending, Outcome, given_back
from beltline.core.reasons import Reason
from beltline.objects.objects import Objects
from beltline.objects.reference import reference_of


async def unpacked(job: ClaimedJob, objects: Objects | None) -> ClaimedJob:
    """Return the job with its payload. Raises ObjectsError."""
    if objects is None:
        raise ObjectsUnavailable(
            "the payload is in the object store, but this worker has none; give it the client's objects.url"
        )
    return job._replace(payload=await objects.fetch(reference_of(job.payload)))


def unfetched(job: ClaimedJob, error: ObjectsError) -> Outcome:
    """Return the outcome of a run that could not begin.

    What another look may mend (the store is away, this worker lacks a key) gives the job back, uncharged; a
    payload that is gone or not what was submitted is a dead letter.
    """
    record = failure(type(error).__name__, str(error))
    if isinstance(error, ObjectMissing):
        return Outcome(Ending.FAILED, error=record, reason=Reason.OBJECT_MISSING)
    if isinstance(error, ObjectCorrupt):
        return Outcome(Ending.FAILED, error=record, reason=Reason.OBJECT_CORRUPT)
    return given_back(job, record)
