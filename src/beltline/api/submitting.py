"""Submitting jobs: one, or many in one transaction."""

from __future__ import annotations

from collections.abc import Sequence, Set as AbstractSet
from typing import Any, Final, NamedTuple, TypeAlias

from pydantic import ValidationError
from starlette.responses import Response
from typing_extensions import TypedDict

from beltline.api.after import after_of
from beltline.api.answering import answer
from beltline.api.operation import Answered, Call, Operation
from beltline.core.codec import dump_json
from beltline.core.errors import (
    BeltlineError,
    InvalidBatch,
    InvalidInput,
    InvalidPayload,
    PayloadTooLarge,
    UnknownDefinition,
)
from beltline.core.job import NewJob
from beltline.core.json_faults import member
from beltline.core.roles import Right
from beltline.engine.after import together
from beltline.engine.objects import is_large, kept, payload_limit
from beltline.engine.submit import (
    DEFAULTS,
    InvalidOptions,
    JobOptions,
    accepted,
    new_job,
    option_faults,
    waits_for,
    with_option_faults,
)
from beltline.store.batches import Family
from beltline.store.edges import NOTHING, Waits
from beltline.store.params import Inserted, Insertion
from beltline.wire.problems import MOST_FAULTS, located_faults
from beltline.wire.requests import MOST_JOBS, SubmitJob, SubmitJobs

Fault: TypeAlias = tuple[str, str]

# How jobs are tied to others is stored beside them.
_LINKS: Final = frozenset({"after", "unknown", "parent"})
_OPTIONS: Final = frozenset(SubmitJob.model_fields) - {"definition", "payload"} - _LINKS
MOST_EDGES_AT_ONCE: Final = 100_000


class Submitted(TypedDict):
    """The id of a job; `existing`: an earlier submit with the same id or idempotency key made it."""

    id: str
    existing: bool


class _Made(NamedTuple):
    """A job that is not stored yet, and what it waits for."""

    job: NewJob
    waits: Waits


class SubmittedList(TypedDict):
    """The jobs, in the order given."""

    items: list[Submitted]
    next: None
    total: int


async def submit_job(call: Call[Any, SubmitJob]) -> Response:
    """Store one job, batched with those of other requests."""
    return await stored(call, call.body)


async def stored(call: Call[Any, Any], asked: SubmitJob) -> Response:
    """Store one job, with what it waits for and whose child it is, and answer with its id."""
    tenant = call.desk.tenant(call.namespace)
    async with tenant.depth.room(1):
        job, waits = await _job(call, asked)
        if asked.model_fields_set & _LINKS:
            [found] = await _tied(call, [_Made(job, waits)], {asked.parent})
        else:
            # Before the job joins a batch: what happens to its object must not touch the other jobs of it.
            if is_large(call.desk.store, job.payload):
                [job] = await kept(call.desk.store, call.namespace, [job])
            found = await tenant.submitting.submit(job)
    accepted(job, found)
    return _stored(call, found)


async def submit_jobs(call: Call[Any, SubmitJobs]) -> Response:
    """Store all jobs of the request or none."""
    return await stored_all(call, call.body.jobs)


async def stored_all(call: Call[Any, Any], all_asked: Sequence[SubmitJob]) -> Response:
    """Store jobs, all or none, with what ties them to others, and answer with their ids."""
    async with call.desk.tenant(call.namespace).depth.room(len(all_asked)):
        made = await _jobs(call, all_asked)
        found = await _tied(call, made, {asked.parent for asked in all_asked})
    _require_all([job for job, _ in made], found)
    return answer({"items": list(map(_shape, found)), "next": None, "total": len(found)}, 201)


async def _jobs(call: Call[Any, Any], all_asked: Sequence[SubmitJob]) -> list[_Made]:
    """Return the jobs of a request. Raises InvalidBatch that lists every fault, up to a thousand."""
    made: list[_Made] = []
    faults: list[tuple[int, InvalidInput]] = []
    found = looked_at = 0
    for index, asked in enumerate(all_asked):
        looked_at = index + 1
        try:
            made.append(await _job(call, asked))
        except InvalidInput as error:
            faults.append((index, error))
        except UnknownDefinition as error:
            faults.append((index, InvalidOptions([("definition", str(error))])))
        else:
            continue
        found += len(_located(faults[-1][1]))
        if found >= MOST_FAULTS:
            break
    if faults:
        raise InvalidBatch(faults, of=looked_at, called="job", is_whole=looked_at == len(all_asked))
    return made


async def _job(call: Call[Any, Any], asked: SubmitJob) -> _Made:
    """Return a job. Raises InvalidInput that lists every fault of its options and its payload."""
    desk = call.desk
    options = _options(call, asked)
    try:
        known = await desk.templates.of(call.namespace, asked.definition)
    except UnknownDefinition as error:
        faults = list(option_faults(options))
        if not faults:
            raise
        raise InvalidOptions([("definition", str(error)), *faults]) from error
    payload = dump_json(asked.payload)
    limit = payload_limit(desk.store)
    if len(payload) > limit:
        raise PayloadTooLarge("the payload", len(payload), limit)
    try:
        # The body was parsed by the strict parser: it need not be parsed again.
        known.schema.check_value(asked.definition, asked.payload)
    except InvalidPayload as error:
        raise with_option_faults(error, options) from error
    job = new_job(known.template, payload, options, now=desk.store.now(), random=desk.random)
    if options is DEFAULTS:
        return _Made(job._replace(actor=call.actor), NOTHING)
    return _Made(job, waits_for(options, [job]))


def _options(call: Call[Any, Any], asked: SubmitJob) -> JobOptions:
    given = asked.model_fields_set & _OPTIONS
    if not given and not asked.after:
        return DEFAULTS
    return JobOptions(
        **{name: getattr(asked, name) for name in given - {"retry"}},
        retry=None if asked.retry is None else asked.retry.model_dump(exclude_none=True),
        after=after_of(asked.after or ()),
        unknown=asked.unknown,
        actor=call.actor,
    )


async def further_of_job(call: Call[Any, Any], value: object) -> Sequence[Fault]:
    """Return what is wrong with the rest of a job some fields of which are refused."""
    rest = _rest(value)
    if rest is None:
        return ()
    try:
        await _job(call, rest)
    except InvalidInput as error:
        return _located(error)
    except UnknownDefinition as error:
        return [("definition", str(error))]
    return ()


async def further_of_jobs(call: Call[Any, Any], value: object) -> Sequence[Fault]:
    """Return what is wrong with the rest of such jobs, until there are a thousand faults."""
    jobs = value.get("jobs") if isinstance(value, dict) else None
    faults: list[Fault] = []
    for index, job in enumerate(jobs[:MOST_JOBS] if isinstance(jobs, list) else ()):
        place = member("jobs", index)
        faults += [(f"{place}.{path}", what) for path, what in await further_of_job(call, job)]
        if len(faults) >= MOST_FAULTS:
            break
    return faults


def _located(error: InvalidInput) -> Sequence[Fault]:
    """Return the faults of one job: what is refused without a path is the size of its payload."""
    return list(located_faults(error)) or [("payload", str(error))]


def _rest(value: object) -> SubmitJob | None:
    """Return a job without its faulty fields; None where no job can be made of what is left."""
    try:
        return SubmitJob.model_validate(value)
    except ValidationError as error:
        faulty = {fault["loc"][:1] for fault in error.errors(include_url=False, include_input=False)}
    if not isinstance(value, dict) or () in faulty:
        return None
    try:
        return SubmitJob.model_validate({name: part for name, part in value.items() if (name,) not in faulty})
    except ValidationError:
        return None


async def _tied(
    call: Call[Any, Any], made: Sequence[_Made], parents: AbstractSet[str | None]
) -> list[Inserted]:
    """Store jobs, all or none, with what ties them to others."""
    submitting = call.desk.tenant(call.namespace).submitting
    jobs = [job for job, _ in made]
    waits = together(each.waits for each in made)
    if not waits.edges and parents == {None}:
        return await submitting.submit_many(jobs)
    if len(waits.edges) > MOST_EDGES_AT_ONCE:
        raise InvalidInput(
            f"after: {len(waits.edges):,} prerequisites at once, at most {MOST_EDGES_AT_ONCE:,} are taken"
        )
    if len(parents) > 1:
        raise InvalidInput("parent: jobs of one request are all children of the same job, or none is")
    [parent] = parents
    if parent is None:
        return await submitting.submit_many(jobs, waits)
    found = await call.desk.store.reads.get(call.namespace, [parent])
    correlation_id = found[0].correlation_id if found else None
    jobs = [job._replace(correlation_id=job.correlation_id or correlation_id) for job in jobs]
    return await submitting.submit_many(jobs, waits, Family(parent=parent))


def _stored(call: Call[Any, Any], found: Inserted) -> Response:
    shape = _shape(found)
    place = f"/api/v1/namespaces/{call.namespace}/jobs/{found.id.replace('/', '%2F')}"
    return answer(shape, 200 if shape["existing"] else 201, {"Location": place})


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
        is_submit=True,
        further=further_of_job,
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
        is_submit=True,
        further=further_of_jobs,
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
