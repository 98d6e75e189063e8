"""What belongs to a job: attempts, log lines, artifacts."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated, Final

from pydantic import Field
from starlette.responses import Response
from typing_extensions import TypedDict

from beltline.api.answering import answer
from beltline.api.listing import Limit
from beltline.api.operation import Answered, Call, Operation, Query
from beltline.core.errors import NotFound
from beltline.core.roles import Right
from beltline.engine import control
from beltline.engine.objects import whole_bytes, whole_lines
from beltline.store.contract import Store
from beltline.store.log_lines import LogLine
from beltline.store.params import AuditEntry
from beltline.wire.bodies import ArtifactBody, AttemptBody, LogLineBody
from beltline.wire.problems import Refused
from beltline.wire.shapes import artifact_shape, attempt_shape, log_shape

LARGEST_SEQ: Final = 2**62
MOST_MESSAGES: Final = 8 * 1024 * 1024


class AttemptList(TypedDict):
    """All runs of a job, oldest first."""

    items: list[AttemptBody]
    next: None
    total: int


class LogList(TypedDict):
    """Lines of a job's log, oldest first; `next` is the `after` of the following page."""

    items: list[LogLineBody]
    next: int | None
    total: int


class ArtifactList(TypedDict):
    """What a job made beside its result."""

    items: list[ArtifactBody]
    next: None
    total: int


class LogQuery(Query):
    """Which lines."""

    after: Annotated[int, Field(ge=0, le=LARGEST_SEQ, description="Only lines after this id.")] = 0
    limit: Limit = 1_000
    whole: bool = Field(
        default=False,
        description="Long messages whole, not their first 8 KiB; a page then ends after 8 MiB of them.",
    )


class ContentQuery(Query):
    """Which artifact."""

    run: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = Field(None, description="Else of the last run.")


async def list_attempts(call: Call[Query, None]) -> Response:
    """List all runs of a job."""
    job_id = await _known(call)
    items = [attempt_shape(found) for found in await call.desk.store.reads.attempts(call.namespace, job_id)]
    return answer({"items": items, "next": None, "total": len(items)})


async def list_logs(call: Call[LogQuery, None]) -> Response:
    """List lines that a job wrote."""
    job_id = await _known(call)
    lines = await call.desk.store.logs.read(
        call.namespace, job_id, after=call.query.after, limit=call.query.limit
    )
    found = await _whole(call.desk.store, lines) if call.query.whole else lines
    is_cut = len(found) < len(lines) or len(lines) == call.query.limit
    cursor = found[-1].seq if is_cut else None
    return answer({"items": [log_shape(line) for line in found], "next": cursor, "total": len(found)})


async def _whole(store: Store, lines: Sequence[LogLine]) -> Sequence[LogLine]:
    """Return lines with whole messages until they are large enough for one answer; at least one."""
    found: list[LogLine] = []
    size = 0
    for line in lines:
        found += await whole_lines(store, [line])
        size += len(found[-1].message)
        if size >= MOST_MESSAGES:
            break
    return found


async def list_artifacts(call: Call[Query, None]) -> Response:
    """List what a job made beside its result."""
    job_id = await _known(call)
    items = [artifact_shape(found) for found in await call.desk.store.artifacts.page(call.namespace, job_id)]
    return answer({"items": items, "next": None, "total": len(items)})


async def read_artifact(call: Call[ContentQuery, None]) -> Response:
    """Send the content of an artifact."""
    job_id, name = await _known(call), call.parts["name"]
    found = [
        artifact
        for artifact in await call.desk.store.artifacts.page(call.namespace, job_id)
        if artifact.name == name and call.query.run in {None, artifact.run}
    ]
    if not found:
        raise NotFound("artifact", name, f"job {job_id} made none of this name")
    if not call.caller.may(Right.VIEW_RESULTS):
        raise Refused(HTTPStatus.FORBIDDEN, "forbidden", "this API key cannot view what jobs made")
    entry = AuditEntry(actor=call.actor, action="job.view_artifact", target=f"job/{job_id}", after=name)
    await call.desk.store.audit.append(call.namespace, [entry], call.desk.store.now())
    data = await whole_bytes(call.desk.store, found[-1].reference)
    # Never as a page of ours: whatever a job made is only for saving.
    headers = {"Content-Disposition": "attachment", "Cache-Control": "private, no-store"}
    return Response(data, headers=headers, media_type="application/octet-stream")


async def _known(call: Call[Query, None]) -> str:
    job_id = call.parts["job_id"]
    await control.fetch(call.desk.store, call.namespace, job_id)
    return job_id


OPERATIONS: Final = (
    Operation(
        name="list_job_attempts",
        method="GET",
        path="/jobs/{job_id}/attempts",
        tag="jobs",
        summary="List all runs of a job, oldest first.",
        right=Right.READ,
        handler=list_attempts,
        answered=Answered(type=AttemptList, what="The runs."),
        refusals=(404,),
    ),
    Operation(
        name="list_job_logs",
        method="GET",
        path="/jobs/{job_id}/logs",
        tag="jobs",
        summary="List lines that a job wrote, oldest first.",
        right=Right.READ,
        handler=list_logs,
        query=LogQuery,
        answered=Answered(type=LogList, what="A page of lines."),
        refusals=(404,),
    ),
    Operation(
        name="list_job_artifacts",
        method="GET",
        path="/jobs/{job_id}/artifacts",
        tag="jobs",
        summary="List what a job made beside its result.",
        right=Right.READ,
        handler=list_artifacts,
        answered=Answered(type=ArtifactList, what="The artifacts."),
        refusals=(404,),
    ),
    Operation(
        name="read_job_artifact",
        method="GET",
        path="/jobs/{job_id}/artifacts/{name}",
        tag="jobs",
        summary="Send the content of an artifact.",
        right=Right.VIEW_RESULTS,
        handler=read_artifact,
        query=ContentQuery,
        answered=Answered(media="application/octet-stream", what="The content."),
        refusals=(404,),
    ),
)
