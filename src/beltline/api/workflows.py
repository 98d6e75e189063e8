"""Workflows: applied as JSON, listed, drawn, and started."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Final

from pydantic import Field
from starlette.responses import Response
from typing_extensions import TypedDict

from beltline.api.answering import answer, tagged
from beltline.api.listing import JobList, JobsQuery, filter_of_query, page_of, shown
from beltline.api.operation import Answered, Call, Operation, Query
from beltline.api.paging import PageQuery, paged
from beltline.api.settling import require_covered
from beltline.api.submitting import Submitted
from beltline.core.drawing import mermaid
from beltline.core.errors import InvalidInput
from beltline.core.roles import Right
from beltline.engine import graphs, workflows as verbs
from beltline.engine.submit import JobOptions
from beltline.store.params import Insertion
from beltline.store.totals import Counted
from beltline.wire.requests import Name
from beltline.wire.workflows import ApplyWorkflow, StartRun, WorkflowBody, workflow_shape

MERMAID: Final = "text/vnd.mermaid"


class WorkflowList(TypedDict):
    """A page of workflows."""

    items: list[WorkflowBody]
    next: str | None
    total: int


class VersionQuery(Query):
    """Which version."""

    version: Annotated[Name, Field(description="Else the newest.")] | None = None


class WhyQuery(Query):
    """Why."""

    why: Annotated[str, Field(max_length=1_000)] = ""


async def list_workflows(call: Call[PageQuery, None]) -> Response:
    """List the newest version of each workflow."""
    query, store = call.query, call.desk.store
    rows = await store.workflows.page(call.namespace, after=query.cursor or "", limit=query.limit + 1)
    return paged(
        rows,
        query.limit,
        shape=workflow_shape,
        cursor=lambda row: row.name,
        total=await store.totals.count(call.namespace, Counted.WORKFLOWS),
    )


async def apply_workflow(call: Call[WhyQuery, ApplyWorkflow]) -> Response:
    """Check a graph, store it and make it the newest version."""
    name, given = call.parts["workflow"], call.body.model_dump(exclude_unset=True)
    if given.get("name", name) != name:
        raise InvalidInput(f"name: the path says {name!r}, and the body another one; leave it out there")
    require_covered(call.caller, name)
    # A graph may name what only runs will need: a sub-workflow, or a definition, that is applied later.
    graph = {**given, "name": name}
    row = await graphs.apply_new(call.desk.store, call.namespace, graph, actor=call.actor, why=call.query.why)
    return answer(workflow_shape(row))


async def get_workflow(call: Call[VersionQuery, None]) -> Response:
    """Show a workflow."""
    row = await graphs.stored_version(
        call.desk.store, call.namespace, call.parts["workflow"], call.query.version
    )
    return tagged(call.request, workflow_shape(row))


async def draw_workflow(call: Call[VersionQuery, None]) -> Response:
    """Draw a workflow as a Mermaid flowchart."""
    name = call.parts["workflow"]
    workflow = await graphs.stored_workflow(call.desk.store, call.namespace, name, call.query.version)
    return Response(mermaid(workflow), headers={"Cache-Control": "private, no-cache"}, media_type=MERMAID)


async def list_workflow_versions(call: Call[PageQuery, None]) -> Response:
    """List the versions of a workflow."""
    query, store, name = call.query, call.desk.store, call.parts["workflow"]
    await graphs.stored_version(store, call.namespace, name, None)
    rows = await store.workflows.versions(call.namespace, name, before=query.cursor, limit=query.limit + 1)
    return paged(
        rows,
        query.limit,
        shape=workflow_shape,
        cursor=lambda row: row.version,
        total=await store.totals.count(call.namespace, Counted.VERSIONS, name),
    )


async def start_run(call: Call[Query, StartRun]) -> Response:
    """Start a run of the newest version of a workflow."""
    given = call.body
    options = JobOptions(
        id=given.id,
        labels=given.labels,
        owner=given.owner,
        correlation_id=given.correlation_id,
        actor=call.actor,
    )
    async with call.desk.tenant(call.namespace).depth.room(1):
        found = await verbs.begin(
            call.desk.store,
            call.namespace,
            call.parts["workflow"],
            given.input,
            random=call.desk.random,
            options=options,
        )
    existing = found.outcome is Insertion.EXISTING
    shape: Submitted = {"id": found.id, "existing": existing}
    place = f"/api/v1/namespaces/{call.namespace}/runs/{found.id.replace('/', '%2F')}"
    return answer(shape, HTTPStatus.OK if existing else HTTPStatus.CREATED, {"Location": place})


async def list_runs(call: Call[JobsQuery, None]) -> Response:
    """List runs of a workflow, newest first."""
    name = call.parts["workflow"]
    await graphs.stored_version(call.desk.store, call.namespace, name, None)
    where = filter_of_query(call.query.model_copy(update={"definition": name}))
    return answer(shown(await page_of(call, where)))


OPERATIONS: Final = (
    Operation(
        name="list_workflows",
        method="GET",
        path="/workflows",
        tag="workflows",
        summary="List the newest version of each workflow, by name.",
        right=Right.READ,
        handler=list_workflows,
        query=PageQuery,
        answered=Answered(type=WorkflowList, example={"items": [], "next": None, "total": 0}, what="A page."),
    ),
    Operation(
        name="apply_workflow",
        method="PUT",
        path="/workflows/{workflow}",
        tag="workflows",
        summary="Check a graph, store it and make it the newest version; every fault is told at once.",
        right=Right.APPLY,
        handler=apply_workflow,
        query=WhyQuery,
        body=ApplyWorkflow,
        example={
            "steps": {
                "extracted": {"job": "extract", "with": {"source": {"$": "input.source"}}},
                "approval": {"wait": "approval", "timeout": "2d", "after": ["extracted"]},
            },
            "output": {"$": "extracted"},
        },
        answered=Answered(type=WorkflowBody, what="The workflow as it is stored."),
        refusals=(409,),
    ),
    Operation(
        name="get_workflow",
        method="GET",
        path="/workflows/{workflow}",
        tag="workflows",
        summary="Show a workflow: its newest version, or another one.",
        right=Right.READ,
        handler=get_workflow,
        query=VersionQuery,
        answered=Answered(type=WorkflowBody, what="The workflow."),
        refusals=(304, 404),
    ),
    Operation(
        name="draw_workflow",
        method="GET",
        path="/workflows/{workflow}/mermaid",
        tag="workflows",
        summary="Draw a workflow as a Mermaid flowchart.",
        right=Right.READ,
        handler=draw_workflow,
        query=VersionQuery,
        answered=Answered(media=MERMAID, what="The flowchart."),
        refusals=(404,),
    ),
    Operation(
        name="list_workflow_versions",
        method="GET",
        path="/workflows/{workflow}/versions",
        tag="workflows",
        summary="List the versions of a workflow, the newest first.",
        right=Right.READ,
        handler=list_workflow_versions,
        query=PageQuery,
        answered=Answered(type=WorkflowList, what="A page."),
        refusals=(404,),
    ),
    Operation(
        name="list_runs",
        method="GET",
        path="/workflows/{workflow}/runs",
        tag="workflows",
        summary="List runs of a workflow, newest first.",
        right=Right.READ,
        handler=list_runs,
        query=JobsQuery,
        answered=Answered(type=JobList, what="A page."),
        refusals=(404,),
    ),
    Operation(
        name="start_run",
        method="POST",
        path="/workflows/{workflow}/runs",
        tag="workflows",
        summary="Start a run. The same `id` with the same input again is the same run.",
        right=Right.SUBMIT,
        handler=start_run,
        body=StartRun,
        example={"input": {"source": "orders"}, "id": "run-1"},
        answered=Answered(
            type=Submitted,
            status=201,
            example={"id": "run-1", "existing": False},
            what="Stored; readable from now on. 200 where it existed.",
        ),
        refusals=(404, 409, 413),
    ),
)
