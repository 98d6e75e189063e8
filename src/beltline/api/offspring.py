"""Children of a job that a remote worker runs: its key may submit for the jobs that it holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from starlette.responses import Response

from beltline.api.operation import Answered, Call, Operation, Query
from beltline.api.settling import require_covered
from beltline.api.submitting import Fault, SubmittedList, further_of_jobs, stored_all
from beltline.core.errors import LeaseLost
from beltline.core.roles import Right
from beltline.wire.requests import SubmitChildren


async def submit_children(call: Call[Query, SubmitChildren]) -> Response:
    """Store all children of the request or none."""
    given, store = call.body, call.desk.store
    held = await store.jobs.held(call.namespace, call.parts["worker_id"])
    if not any(job.id == given.parent and job.fence == given.fence for job in held):
        raise LeaseLost(f"job {given.parent} is not this worker's any more; drop it, and what it made")
    for asked in given.jobs:
        require_covered(call.caller, asked.definition)
    return await stored_all(call, [asked.model_copy(update={"parent": given.parent}) for asked in given.jobs])


async def further_of_children(call: Call[Any, Any], value: object) -> Sequence[Fault]:
    """Return what else is wrong with such jobs; nothing where the key is not for the definition of each."""
    jobs = value.get("jobs") if isinstance(value, dict) else None
    named = [job.get("definition") for job in jobs if isinstance(job, dict)] if isinstance(jobs, list) else []
    if not all(isinstance(name, str) and call.caller.covers(name) for name in named):
        return ()
    return await further_of_jobs(call, value)


OPERATIONS: Final = (
    Operation(
        name="submit_children",
        method="POST",
        path="/workers/{worker_id}/submit",
        tag="workers",
        summary="Submit children of a job that this worker runs, all of them or none.",
        right=Right.WORK,
        handler=submit_children,
        further=further_of_children,
        body=SubmitChildren,
        example={
            "parent": "06f2k9",
            "fence": 1,
            "jobs": [{"definition": "resize", "payload": {"path": "cat.png"}, "id": "06f2k9.1"}],
        },
        answered=Answered(type=SubmittedList, status=201, what="All stored."),
        refusals=(409, 413),
    ),
)
