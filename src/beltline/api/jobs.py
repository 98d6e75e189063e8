"""Jobs: read, wait for, steer, change and delete them, one by one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, Literal, Protocol

from pydantic import Field
from starlette.responses import Response

from beltline.api.answering import answer, nothing, tagged
from beltline.api.listing import JobList, JobsQuery, filter_of_query, page_of, shown
from beltline.api.operation import Answered, Call, Handler, Operation, Query
from beltline.api.values import view
from beltline.core.codec import dump_json
from beltline.core.durations import micros
from beltline.core.errors import InvalidInput
from beltline.core.job import Job
from beltline.core.roles import Right
from beltline.core.states import FINAL
from beltline.definitions.stored import StoredSchema
from beltline.engine import control
from beltline.engine.revise import Revision, remove, revise
from beltline.store.contract import Store
from beltline.wire.bodies import JobBody
from beltline.wire.requests import Act, ReviseJob
from beltline.wire.shapes import job_shape

LONGEST_WAIT_US: Final = 60_000_000
_ID: Final = "06f2k9w3x5y7z1a2b3c4d5e6f7"


class Steer(Protocol):
    """An action of the engine on one job."""

    def __call__(self, store: Store, namespace: str, job_id: str, *, actor: str, why: str) -> Awaitable[Job]:
        """Act, and return the job as it stands then."""
        ...


class JobQuery(Query):
    """What to wait for and what to show."""

    wait: Annotated[str, Field(max_length=16, examples=["30s"])] | None = Field(
        None, description="Answer when the job is final, at the latest after this time (at most 60s)."
    )
    include: list[Literal["payload", "result"]] = Field(
        [], max_length=2, description="Show these too; viewing them is a right of its own, and audited."
    )


class DeleteQuery(Query):
    """Why."""

    why: Annotated[str, Field(max_length=1_000)] = ""


async def list_jobs(call: Call[JobsQuery, None]) -> Response:
    """List jobs, newest first."""
    return answer(shown(await page_of(call, filter_of_query(call.query))))


async def get_job(call: Call[JobQuery, None]) -> Response:
    """Show a job, at once or when it is final."""
    store, job_id = call.desk.store, call.parts["job_id"]
    job = await control.fetch(store, call.namespace, job_id)
    if call.query.wait is not None and job.state not in FINAL:
        limit = micros(call.query.wait, what="wait")
        if limit > LONGEST_WAIT_US:
            raise InvalidInput("wait: at most 60s; ask again where the job is not final by then")
        await call.desk.unless_stopping(call.desk.tenant(call.namespace).waiting.wait(job_id, limit))
        job = await control.fetch(store, call.namespace, job_id)
    shape = job_shape(job, with_values=False)
    if "payload" in call.query.include:
        shape["payload"] = await view(call, job, "payload")
    if "result" in call.query.include:
        shape["result"] = await view(call, job, "result")
    return tagged(call.request, shape)


async def revise_job(call: Call[Query, ReviseJob]) -> Response:
    """Change a job that does not run."""
    given = call.body
    payload = dump_json(given.payload) if "payload" in given.model_fields_set else None
    revision = Revision(priority=given.priority, run_at=given.run_at, labels=given.labels, payload=payload)
    if not revision.named:
        raise InvalidInput("nothing to change was given: send priority, run_at, labels or payload")

    def check(schema: str, data: bytes, limit: int) -> None:
        StoredSchema(schema).check(call.parts["job_id"], data, limit=limit)

    job = await revise(
        call.desk.store,
        call.namespace,
        call.parts["job_id"],
        revision,
        actor=call.actor,
        why=given.why,
        check=check,
    )
    return answer(job_shape(job, with_values=False))


async def delete_job(call: Call[DeleteQuery, None]) -> Response:
    """Remove a final job."""
    await remove(call.desk.store, call.namespace, call.parts["job_id"], actor=call.actor, why=call.query.why)
    return nothing()


def steering(act: Steer) -> Handler:
    """Return the handler of an action on one job."""

    async def handle(call: Call[Any, Act]) -> Response:
        job = await act(
            call.desk.store, call.namespace, call.parts["job_id"], actor=call.actor, why=call.body.why
        )
        return answer(job_shape(job, with_values=False))

    return handle


def steer(noun: str, verb: str, act: Steer, summary: str) -> Operation:
    """Return the operation of an action on one job, under the noun it is found by."""
    one = {"jobs": "job", "dead-letters": "dead_letter"}[noun]
    return Operation(
        name=f"{verb}_{one}",
        method="POST",
        path=f"/{noun}/{{job_id}}/{verb}",
        tag=noun,
        summary=summary,
        right=Right.CONTROL,
        handler=steering(act),
        body=Act,
        example={"why": "asked for by the customer"},
        answered=Answered(type=JobBody, what="The job as it stands now."),
        refusals=(404, 409),
    )


_STEERED: Final[tuple[tuple[str, Callable[..., Awaitable[Job]], str], ...]] = (
    ("cancel", control.cancel, "Cancel a job: at once, or by asking its worker where it runs."),
    ("pause", control.pause, "Park a job; a running one is parked where it would run again."),
    ("resume", control.resume, "Return a paused job to the state it had."),
    ("retry", control.retry, "Run a scheduled or retrying job now; replay a dead letter."),
)

OPERATIONS: Final = (
    Operation(
        name="list_jobs",
        method="GET",
        path="/jobs",
        tag="jobs",
        summary="List jobs, newest first.",
        right=Right.READ,
        handler=list_jobs,
        query=JobsQuery,
        answered=Answered(type=JobList, example={"items": [], "next": None, "total": 0}, what="A page."),
    ),
    Operation(
        name="get_job",
        method="GET",
        path="/jobs/{job_id}",
        tag="jobs",
        summary="Show a job; with `wait`, when it is final.",
        right=Right.READ,
        handler=get_job,
        query=JobQuery,
        answered=Answered(type=JobBody, what="The job."),
        refusals=(304, 404),
    ),
    Operation(
        name="revise_job",
        method="PATCH",
        path="/jobs/{job_id}",
        tag="jobs",
        summary="Change priority, time, labels or payload of a job that does not run.",
        right=Right.CONTROL,
        handler=revise_job,
        body=ReviseJob,
        example={"priority": 10},
        answered=Answered(type=JobBody, what="The job as it stands now."),
        refusals=(404, 409, 413),
    ),
    Operation(
        name="delete_job",
        method="DELETE",
        path="/jobs/{job_id}",
        tag="jobs",
        summary="Remove a final job with its attempts, log and artifacts.",
        right=Right.CONTROL,
        handler=delete_job,
        query=DeleteQuery,
        answered=Answered(status=204, what="Removed."),
        refusals=(404, 409),
    ),
    *(steer("jobs", verb, act, summary) for verb, act, summary in _STEERED),
)
