"""Dead letters: the jobs that ended failed or timed out."""

from __future__ import annotations

from typing import Final

from pydantic import Field
from starlette.responses import Response

from beltline.api.answering import answer, tagged
from beltline.api.jobs import steer
from beltline.api.listing import JobList, JobsQuery, filter_of_query, page_of, shown
from beltline.api.operation import Answered, Call, Operation, Query
from beltline.core.errors import NotFound
from beltline.core.roles import Right
from beltline.core.states import DEAD
from beltline.engine import control
from beltline.wire.bodies import JobBody
from beltline.wire.shapes import job_shape


class DeadLettersQuery(JobsQuery):
    """Which dead letters, and how many."""

    discarded: bool = Field(default=False, description="The discarded ones too.")


async def list_dead_letters(call: Call[DeadLettersQuery, None]) -> Response:
    """List dead letters, newest first."""
    query = call.query
    chosen = [state for state in query.state or sorted(DEAD) if state in DEAD]
    if not chosen:
        return answer({"items": [], "next": None, "total": 0})
    where = filter_of_query(query.model_copy(update={"state": chosen}), discarded=query.discarded)
    return answer(shown(await page_of(call, where)))


async def get_dead_letter(call: Call[Query, None]) -> Response:
    """Show a dead letter."""
    job_id = call.parts["job_id"]
    job = await control.fetch(call.desk.store, call.namespace, job_id)
    if job.state not in DEAD:
        raise NotFound("dead letter", job_id, f"the job of this id is {job.state.value}")
    return tagged(call.request, job_shape(job, with_values=False))


OPERATIONS: Final = (
    Operation(
        name="list_dead_letters",
        method="GET",
        path="/dead-letters",
        tag="dead-letters",
        summary="List dead letters, newest first.",
        right=Right.READ,
        handler=list_dead_letters,
        query=DeadLettersQuery,
        answered=Answered(type=JobList, what="A page."),
    ),
    Operation(
        name="get_dead_letter",
        method="GET",
        path="/dead-letters/{job_id}",
        tag="dead-letters",
        summary="Show a dead letter.",
        right=Right.READ,
        handler=get_dead_letter,
        answered=Answered(type=JobBody, what="The job."),
        refusals=(304, 404),
    ),
    steer(
        "dead-letters", "replay", control.replay, "Put a dead letter back into its queue: all attempts anew."
    ),
    steer("dead-letters", "discard", control.discard, "Hide a dead letter, finally."),
)
