"""Backfills: jobs of a schedule's ticks of the past."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field
from starlette.responses import Response
from typing_extensions import TypedDict

from beltline.api.answering import answer, tagged
from beltline.api.operation import Answered, Call, Operation, Query
from beltline.api.paging import PageQuery, paged
from beltline.core.durations import moment
from beltline.core.roles import Right
from beltline.engine import backfills as verbs
from beltline.store.totals import Counted
from beltline.wire.requests import Act, Name
from beltline.wire.schedules import BackfillBody, CreateBackfill, backfill_shape
from beltline.wire.times import iso

_SHOWN: Final = 10


class BackfillList(TypedDict):
    """A page of backfills, newest first."""

    items: list[BackfillBody]
    next: str | None
    total: int


class StartedBackfill(TypedDict):
    """How many ticks lie in the range, the first of them, and the backfill: none of a dry run."""

    dry_run: bool
    ticks: int
    sample: list[str | None]
    backfill: BackfillBody | None


class BackfillsQuery(PageQuery):
    """Which backfills."""

    schedule: Annotated[Name, Field(description="Of this schedule.")] | None = None


async def create_backfill(call: Call[Query, CreateBackfill]) -> Response:
    """Make up for the ticks of a range, or say how many they are."""
    given, store = call.body, call.desk.store
    span = verbs.Span(
        since=moment(given.since, what="since"),
        until=moment(given.until, what="until"),
        at_once=given.at_once,
    )
    coming = await verbs.look_ahead(store, call.namespace, given.schedule, span, most=_SHOWN)
    shape: StartedBackfill = {
        "dry_run": given.dry_run,
        "ticks": coming.total,
        "sample": [iso(tick) for tick in coming.ticks],
        "backfill": None,
    }
    if given.dry_run:
        return answer(shape)
    row = await verbs.start(
        store,
        call.namespace,
        given.schedule,
        since=span.since,
        until=span.until,
        at_once=span.at_once,
        random=call.desk.random,
        actor=call.actor,
        why=given.why,
    )
    shape["backfill"] = backfill_shape(row)
    return answer(shape, 201, {"Location": f"{call.request.url.path}/{row.id}"})


async def list_backfills(call: Call[BackfillsQuery, None]) -> Response:
    """List backfills, newest first."""
    query, store = call.query, call.desk.store
    rows = await store.backfills.page(
        call.namespace, schedule=query.schedule, before=query.cursor, limit=query.limit + 1
    )
    return paged(
        rows,
        query.limit,
        shape=backfill_shape,
        cursor=lambda row: row.id,
        total=await store.totals.count(call.namespace, Counted.BACKFILLS, query.schedule or ""),
    )


async def get_backfill(call: Call[Query, None]) -> Response:
    """Show a backfill."""
    row = await verbs.fetch(call.desk.store, call.namespace, call.parts["backfill_id"])
    return tagged(call.request, backfill_shape(row))


async def cancel_backfill(call: Call[Query, Act]) -> Response:
    """End a backfill."""
    row = await verbs.cancel(
        call.desk.store, call.namespace, call.parts["backfill_id"], actor=call.actor, why=call.body.why
    )
    return answer(backfill_shape(row))


OPERATIONS: Final = (
    Operation(
        name="create_backfill",
        method="POST",
        path="/backfills",
        tag="schedules",
        summary="Make the jobs of a schedule's ticks in a range of the past; workers make them.",
        right=Right.CONTROL,
        handler=create_backfill,
        body=CreateBackfill,
        example={
            "schedule": "nightly",
            "since": "2026-11-01T00:00:00Z",
            "until": "2026-11-08T00:00:00Z",
            "dry_run": True,
        },
        answered=Answered(type=StartedBackfill, status=201, what="The backfill; 200 of a dry run."),
        refusals=(404,),
    ),
    Operation(
        name="list_backfills",
        method="GET",
        path="/backfills",
        tag="schedules",
        summary="List backfills, newest first.",
        right=Right.READ,
        handler=list_backfills,
        query=BackfillsQuery,
        answered=Answered(type=BackfillList, what="A page."),
    ),
    Operation(
        name="get_backfill",
        method="GET",
        path="/backfills/{backfill_id}",
        tag="schedules",
        summary="Show a backfill.",
        right=Right.READ,
        handler=get_backfill,
        answered=Answered(type=BackfillBody, what="The backfill."),
        refusals=(304, 404),
    ),
    Operation(
        name="cancel_backfill",
        method="POST",
        path="/backfills/{backfill_id}/cancel",
        tag="schedules",
        summary="End a backfill, and cancel those of its jobs that are not final.",
        right=Right.CONTROL,
        handler=cancel_backfill,
        body=Act,
        example={"why": "wrong week"},
        answered=Answered(type=BackfillBody, what="The backfill as it stands now."),
        refusals=(404, 409),
    ),
)
