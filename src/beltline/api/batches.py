"""Batches: made from a batch type, read as a tree, and steered as a whole."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

from starlette.responses import Response
from typing_extensions import TypedDict

from beltline.api import links
from beltline.api.answering import answer, tagged
from beltline.api.listing import JobList
from beltline.api.operation import Answered, Call, Handler, Operation, Query
from beltline.api.paging import PageQuery, number_and_text, paged
from beltline.api.submitting import Fault, Submitted, further_of_job, stored
from beltline.core.errors import InvalidInput
from beltline.core.job import Job
from beltline.core.roles import Right
from beltline.engine import batches as verbs, control
from beltline.store.totals import Counted
from beltline.wire.linked import (
    ActedBody,
    BatchRowBody,
    TreeBody,
    batch_row_shape,
    tree_shape,
)
from beltline.wire.requests import Act, CreateBatch, SubmitJob
from beltline.wire.shapes import job_shape

_FIELDS: Final = frozenset({"definition", "level"})


class BatchList(TypedDict):
    """A page of batches, newest first; those below others are left out."""

    items: list[BatchRowBody]
    next: str | None
    total: int


async def create_batch(call: Call[Query, CreateBatch]) -> Response:
    """Make a batch from a batch type and a definition."""
    given = call.body
    known = await call.desk.templates.of(call.namespace, given.type)
    schema: Any = json.loads(known.schema_text or "{}")
    if not isinstance(schema, dict) or not schema.get("properties", {}).keys() >= _FIELDS:
        raise InvalidInput(f"type {given.type!r} is a job definition, and no batch type: submit a job of it")
    options = {name: getattr(given, name) for name in given.model_fields_set - {"type", "definition"}}
    asked = SubmitJob(definition=given.type, payload={"definition": given.definition}, **options)
    return await stored(call, asked)


async def further_of_batch(call: Call[Any, Any], value: object) -> Sequence[Fault]:
    """Return what is wrong with the rest of a batch some fields of which are refused."""
    if not isinstance(value, dict):
        return ()
    payload = {"definition": value.get("definition")}
    job = {**value, "definition": value.get("type"), "payload": payload}
    job.pop("type", None)
    return [
        ("type" if path == "definition" else path, what) for path, what in await further_of_job(call, job)
    ]


async def list_batches(call: Call[PageQuery, None]) -> Response:
    """List batches, newest first."""
    query, store = call.query, call.desk.store
    before = number_and_text(query.cursor)
    rows = await store.batches.page(call.namespace, before=before, limit=query.limit + 1)
    jobs = {job.id: job for job in await store.reads.get(call.namespace, [row.job_id for row in rows])}
    return paged(
        rows,
        query.limit,
        shape=lambda row: batch_row_shape(row, jobs.get(row.job_id)),
        cursor=lambda row: f"{row.created_at}.{row.job_id}",
        total=await store.totals.count(call.namespace, Counted.BATCHES),
    )


async def get_batch(call: Call[Query, None]) -> Response:
    """Show how far a batch and all below it are, and why jobs of it failed."""
    tree = await verbs.tree_of(call.desk.store, call.namespace, call.parts["job_id"])
    return tagged(call.request, tree_shape(tree, with_values=False))


def acting(verb: Callable[..., Awaitable[int | Job]]) -> Handler:
    """Return the handler of an action on a whole tree."""

    async def handle(call: Call[Query, Act]) -> Response:
        store, job_id = call.desk.store, call.parts["job_id"]
        done = await verb(store, call.namespace, job_id, actor=call.actor, why=call.body.why)
        job = await control.fetch(store, call.namespace, job_id)
        shape: ActedBody = {
            "job": job_shape(job, with_values=False),
            "jobs": done if isinstance(done, int) else 1,
        }
        return answer(shape)

    return handle


TREE_ACTIONS: Final[tuple[tuple[str, Callable[..., Awaitable[int | Job]], str], ...]] = (
    ("cancel", verbs.cancel, "Cancel all of it: at once what does not run, by request what does."),
    ("pause", verbs.pause, "Pause it and all below it."),
    ("resume", verbs.resume, "Let it and all below it go on."),
    ("retry-failed", verbs.retry_failed, "Run its failed jobs again, and what failed with them."),
)


def tree_operations(noun: str, one: str) -> tuple[Operation, ...]:
    """Return the operations on a whole tree, under the noun that it is found by."""
    return tuple(
        Operation(
            name=f"{verb.replace('-', '_')}_{one}",
            method="POST",
            path=f"/{noun}/{{job_id}}/{verb}",
            tag="workflows" if noun == "runs" else noun,
            summary=summary,
            right=Right.CONTROL,
            handler=acting(act),
            body=Act,
            example={"why": "asked for by the customer"},
            answered=Answered(type=ActedBody, what="Its job as it stands now; below it, it goes on."),
            refusals=(404, 409),
        )
        for verb, act, summary in TREE_ACTIONS
    )


OPERATIONS: Final = (
    Operation(
        name="list_batches",
        method="GET",
        path="/batches",
        tag="batches",
        summary="List jobs with children, newest first: batches, and runs of workflows.",
        right=Right.READ,
        handler=list_batches,
        query=PageQuery,
        answered=Answered(type=BatchList, example={"items": [], "next": None, "total": 0}, what="A page."),
    ),
    Operation(
        name="create_batch",
        method="POST",
        path="/batches",
        tag="batches",
        summary="Make a batch from a batch type and a definition, which it splits.",
        right=Right.SUBMIT,
        handler=create_batch,
        body=CreateBatch,
        further=further_of_batch,
        example={"type": "album", "definition": [1, 2, 3], "id": "holidays"},
        answered=Answered(
            type=Submitted,
            status=201,
            example={"id": "holidays", "existing": False},
            what="Stored; readable from now on. 200 where it existed.",
        ),
        refusals=(409, 413),
    ),
    Operation(
        name="get_batch",
        method="GET",
        path="/batches/{job_id}",
        tag="batches",
        summary="Show how far a batch and all below it are, and why jobs of it failed.",
        right=Right.READ,
        handler=get_batch,
        answered=Answered(type=TreeBody, what="The tree."),
        refusals=(304, 404),
    ),
    Operation(
        name="list_batch_children",
        method="GET",
        path="/batches/{job_id}/children",
        tag="batches",
        summary="List the children of a batch: those that are open, that failed, and that ended otherwise.",
        right=Right.READ,
        handler=links.list_children,
        query=links.ChildrenQuery,
        answered=Answered(type=JobList, what="A page."),
        refusals=(404,),
    ),
    *tree_operations("batches", "batch"),
)
