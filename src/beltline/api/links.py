"""What ties a job to others: why it waits, what it waits for, what waits for it, its children."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

from pydantic import Field
from starlette.responses import Response
from typing_extensions import TypedDict

from beltline.api.answering import answer, listed
from beltline.api.listing import JobList
from beltline.api.operation import Answered, Call, Operation, Query
from beltline.api.paging import PageQuery, number_and_text, paged
from beltline.core.errors import InvalidInput, NotFound
from beltline.core.job import Job
from beltline.core.roles import Right
from beltline.engine import control
from beltline.engine.children import PLACES, children_of
from beltline.engine.explain import explain
from beltline.store.totals import Counted
from beltline.wire.linked import EdgeBody, ExplanationBody, edge_shape, explanation_shape
from beltline.wire.shapes import job_shape


class EdgeList(TypedDict):
    """A page of jobs that are tied to one."""

    items: list[EdgeBody]
    next: str | None
    total: int


class ChildrenQuery(PageQuery):
    """Which children."""

    which: list[Literal["open", "failed", "ended"]] = Field(
        [], max_length=3, description="Only these; `ended`: succeeded or cancelled. Repeatable."
    )


async def explain_job(call: Call[Query, None]) -> Response:
    """Say why a job is not running, or how it ended."""
    found = await explain(call.desk.store, call.namespace, call.parts["job_id"])
    return answer(explanation_shape(found, with_values=False))


async def list_prerequisites(call: Call[PageQuery, None]) -> Response:
    """List what a job still waits for."""
    query, store, job_id = call.query, call.desk.store, call.parts["job_id"]
    await control.fetch(store, call.namespace, job_id)
    edges = await store.edges.page(
        call.namespace, job_id, query.limit + 1, after=number_and_text(query.cursor) or (-1, "")
    )
    jobs = await _jobs(call, [edge.prerequisite for edge in edges])
    return paged(
        edges,
        query.limit,
        shape=lambda edge: edge_shape(edge, edge.prerequisite, jobs),
        cursor=lambda edge: f"{edge.part}.{edge.prerequisite}",
        total=await store.totals.count(call.namespace, Counted.PREREQUISITES, job_id),
    )


async def list_dependents(call: Call[PageQuery, None]) -> Response:
    """List what waits for a job; the job may still be to come."""
    query, store, job_id = call.query, call.desk.store, call.parts["job_id"]
    part, dependent = number_and_text(query.cursor) or (-1, "")
    total = await store.totals.count(call.namespace, Counted.DEPENDENTS, job_id)
    if not total and not await store.reads.get(call.namespace, [job_id]):
        raise NotFound("job", job_id, "no job has this id, and none waits for it")
    edges = await store.edges.dependents(call.namespace, job_id, query.limit + 1, after=(dependent, part))
    jobs = await _jobs(call, [edge.dependent for edge in edges])
    return paged(
        edges,
        query.limit,
        shape=lambda edge: edge_shape(edge, edge.dependent, jobs),
        cursor=lambda edge: f"{edge.part}.{edge.dependent}",
        total=total,
    )


async def list_children(call: Call[ChildrenQuery, None]) -> Response:
    """List the children of a job."""
    query = call.query
    after = number_and_text(query.cursor)
    if after is not None and after[0] >= len(PLACES):
        raise InvalidInput("cursor: use the `next` of the page before, as it came")
    page = await children_of(
        call.desk.store,
        call.namespace,
        call.parts["job_id"],
        which=query.which,
        after=after,
        limit=query.limit,
    )
    items: list[object] = [job_shape(job, with_values=False) for job in page.items]
    cursor = None if page.next is None else f"{page.next[0]}.{page.next[1]}"
    return answer(listed(items, cursor=cursor, total=page.total))


async def _jobs(call: Call[PageQuery, None], ids: Sequence[str]) -> dict[str, Job]:
    found = await call.desk.store.reads.get(call.namespace, sorted(set(ids)))
    return {job.id: job for job in found}


OPERATIONS: Final = (
    Operation(
        name="explain_job",
        method="GET",
        path="/jobs/{job_id}/explain",
        tag="jobs",
        summary="Say why a job is not running and what it waits for, or how it ended.",
        right=Right.READ,
        handler=explain_job,
        answered=Answered(type=ExplanationBody, what="The explanation."),
        refusals=(404,),
    ),
    Operation(
        name="list_prerequisites",
        method="GET",
        path="/jobs/{job_id}/prerequisites",
        tag="jobs",
        summary="List what a job still waits for.",
        right=Right.READ,
        handler=list_prerequisites,
        query=PageQuery,
        answered=Answered(type=EdgeList, what="A page."),
        refusals=(404,),
    ),
    Operation(
        name="list_dependents",
        method="GET",
        path="/jobs/{job_id}/dependents",
        tag="jobs",
        summary="List what waits for a job, which may still be to come.",
        right=Right.READ,
        handler=list_dependents,
        query=PageQuery,
        answered=Answered(type=EdgeList, what="A page."),
        refusals=(404,),
    ),
    Operation(
        name="list_children",
        method="GET",
        path="/jobs/{job_id}/children",
        tag="jobs",
        summary="List the children of a job: those that are open, that failed, and that ended otherwise.",
        right=Right.READ,
        handler=list_children,
        query=ChildrenQuery,
        answered=Answered(type=JobList, what="A page."),
        refusals=(404,),
    ),
)
