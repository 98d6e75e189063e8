"""Submitting jobs: one, or many in one transaction."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response
from typing_extensions import TypedDict

from beltline.api.answering import answer
from beltline.api.operation import Answered, Call, Operation
from beltline.core.codec import dump_json
from beltline.core.errors import BeltlineError, InvalidBatch, InvalidInput, PayloadTooLarge, UnknownDefinition
from beltline.core.job import NewJob
from beltline.core.roles import Right
from beltline.engine.objects import is_large, kept, payload_limit
from beltline.engine.submit import DEFAULTS, JobOptions, accepted, new_job
from beltline.store.params import Inserted, Insertion
from beltline.wire.requests import SubmitJob, SubmitJobs

_OPTIONS: Final = frozenset(SubmitJob.model_fields) - {"definition", "payload"}


class Submitted(TypedDict):
    """The id of a job; `existing`: an earlier submit with the same id or idempotency key made it."""

    id: str
    existing: bool


class SubmittedList(TypedDict):
    """The jobs, in the order given."""

    items: list[Submitted]
    next: None
    total: int


async def submit_job(call: Call[Any, SubmitJob]) -> Response:
    """Store one job, batched with those of other requests."""
    tenant = call.desk.tenant(call.namespace)
    # First of all: in a flood most are refused here, and what each of them costs is what the others wait for.
    async with tenant.depth.room(1):
        job = await _job(call, call.body)
        # Before the job joins a batch: what happens to its object must not touch the other jobs of it.
        if is_large(call.desk.store, job.payload):
            [job] = await kept(call.desk.store, call.namespace, [job])
        found = await tenant.submitting.submit(job)
    accepted(job, found)
    shape = _shape(found)
    place = call.request.scope["path"] + "/" + found.id.replace("/", "%2F")
    return answer(shape, 200 if shape["existing"] else 201, {"Location": place})


async def submit_jobs(call: Call[Any, SubmitJobs]) -> Response:
    """Store all jobs of the request or none."""
    tenant = call.desk.tenant(call.namespace)
    async with tenant.depth.room(len(call.body.jobs)):
        jobs = await _jobs(call)
        found = await tenant.submitting.submit_many(jobs)
    _require_all(jobs, found)
    return answer({"items": list(map(_shape, found)), "next": None, "total": len(found)}, 201)


async def _jobs(call: Call[Any, SubmitJobs]) -> list[NewJob]:
    """Return the jobs of a request. Raises InvalidBatch that lists every fault of all of them."""
    jobs: list[NewJob] = []
    faults: list[tuple[int, InvalidInput]] = []
    for index, asked in enumerate(call.body.jobs):
        try:
            jobs.append(await _job(call, asked))
        except InvalidInput as error:
            faults.append((index, error))
        except UnknownDefinition as error:
            faults.append((index, InvalidInput(str(error))))
    if faults:
        raise InvalidBatch(faults, of=len(call.body.jobs), called="job")
    return jobs


async def _job(call: Call[Any, Any], asked: SubmitJob) -> NewJob:
    desk = call.desk
    known = await desk.templates.of(call.namespace, asked.definition)
    payload = dump_json(asked.payload)
    limit = payload_limit(desk.store)
    if len(payload) > limit:
        raise PayloadTooLarge("the payload", len(payload), limit)
    # The body was parsed by the strict parser: it need not be parsed again.
    known.schema.check_value(asked.definition, asked.payload)
    now = desk.store.now()
    given = asked.model_fields_set & _OPTIONS
    if not given:
        job = new_job(known.template, payload, DEFAULTS, now=now, random=desk.random)
        return job._replace(actor=call.actor)
    options = JobOptions(**{name: getattr(asked, name) for name in given}, actor=call.actor)
    return new_job(known.template, payload, options, now=now, random=desk.random)


def _shape(found: Inserted) -> Submitted:
    return {"id": found.id, "existing": found.outcome is Insertion.EXISTING}


def _require_all(jobs: list[NewJob], found: list[Inserted]) -> None:
    """Raise the first conflict: then the store has kept none of the jobs."""
    for job, inserted in zip(jobs, found, strict=True):
        try:
            accepted(job, inserted)
        except BeltlineError as error:
            error.add_note(f"job {job.id}")
            raise


def _example() -> dict[str, Any]:
    return {"definition": "resize", "payload": {"path": "cat.png"}, "labels": {"customer": "42"}}


OPERATIONS: Final = (
    Operation(
        name="submit_job",
        method="POST",
        path="/jobs",
        tag="jobs",
        summary="Submit a job. The same `id` or `idempotency_key` with the same body again is the same job.",
        right=Right.SUBMIT,
        handler=submit_job,
        body=SubmitJob,
        example=_example(),
        answered=Answered(
            type=Submitted,
            status=201,
            example={"id": "06f2k9w3x5y7z1a2b3c4d5e6f7", "existing": False},
            what="Stored; readable from now on. 200 where it existed.",
        ),
        refusals=(409, 413),
    ),
    Operation(
        name="submit_jobs",
        method="POST",
        path="/jobs:submit",
        tag="jobs",
        summary="Submit up to 10,000 jobs in one transaction, all of them or none.",
        right=Right.SUBMIT,
        handler=submit_jobs,
        body=SubmitJobs,
        example={"jobs": [_example()]},
        answered=Answered(
            type=SubmittedList,
            status=201,
            example={
                "items": [{"id": "06f2k9w3x5y7z1a2b3c4d5e6f7", "existing": False}],
                "next": None,
                "total": 1,
            },
            what="All stored.",
        ),
        refusals=(409, 413),
    ),
)
