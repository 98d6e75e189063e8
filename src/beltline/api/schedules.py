"""Schedules: make, read, change, steer, fire and look ahead."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Sequence
from types import MappingProxyType
from typing import Annotated, Any, Final, Literal

from pydantic import Field
from starlette.responses import Response
from typing_extensions import TypedDict

from beltline.api.answering import answer, listed, nothing, tagged
from beltline.api.listing import Limit
from beltline.api.operation import Answered, Call, Handler, Operation, Query
from beltline.api.paging import PageQuery, paged
from beltline.api.values import view_payload
from beltline.core.codec import dump_json
from beltline.core.errors import InvalidInput
from beltline.core.roles import Right
from beltline.definitions.schedule import Schedule, schedule_of
from beltline.definitions.timetable import timetable
from beltline.engine import schedules as verbs
from beltline.engine.schedules import ScheduleEdit, ScheduleRequest
from beltline.store.schedules import Fire, StoredSchedule
from beltline.store.totals import Counted
from beltline.wire.requests import Act
from beltline.wire.schedules import (
    ComingBody,
    CreateSchedule,
    EditSchedule,
    FireBody,
    PreviewSchedule,
    ScheduleBody,
    coming_shape,
    fire_shape,
    schedule_shape,
)

_EXAMPLE: Final = MappingProxyType({"cron": "0 3 * * *", "zone": "Europe/Berlin"})


class ScheduleList(TypedDict):
    """A page of schedules, by name."""

    items: list[ScheduleBody]
    next: str | None
    total: int


class FireList(TypedDict):
    """What became of ticks, the latest first; `next` is the `before` of the following page."""

    items: list[FireBody]
    next: int | None
    total: int


class ComingList(TypedDict):
    """The coming ticks."""

    items: list[ComingBody]
    next: None
    total: int


class FiredBody(TypedDict):
    """The job that was made."""

    id: str
    schedule: str


class ScheduleQuery(Query):
    """What to show."""

    include: list[Literal["payload"]] = Field(
        [], max_length=1, description="Show it too; viewing it is a right of its own, and audited."
    )


class FireQuery(Query):
    """Which fires."""

    before: Annotated[int, Field(ge=-(2**62), le=2**62)] | None = None
    limit: Limit = 50


class CountQuery(Query):
    """How many."""

    count: Annotated[int, Field(ge=1, le=verbs.MOST_PREVIEWED)] = 10


class WhyQuery(Query):
    """Why."""

    why: Annotated[str, Field(max_length=1_000)] = ""


async def list_schedules(call: Call[PageQuery, None]) -> Response:
    """List the schedules by name."""
    query, store = call.query, call.desk.store
    rows = await store.schedules.page(call.namespace, after=query.cursor or "", limit=query.limit + 1)
    return paged(
        rows,
        query.limit,
        shape=_shape,
        cursor=lambda row: row.name,
        total=await store.totals.count(call.namespace, Counted.SCHEDULES),
    )


async def create_schedule(call: Call[Query, CreateSchedule]) -> Response:
    """Make a schedule."""
    given = call.body
    request = ScheduleRequest(
        name=given.name,
        definition=given.definition,
        schedule=_asked(given.schedule),
        payload=dump_json(given.payload),
        tick_field=given.tick_field,
        paused=given.paused,
    )
    row = await verbs.create(call.desk.store, call.namespace, request, actor=call.actor, why=given.why)
    place = call.request.url.path + "/" + row.name.replace("/", "%2F")
    return answer(_shape(row), 201, {"Location": place})


async def get_schedule(call: Call[ScheduleQuery, None]) -> Response:
    """Show a schedule."""
    row = await verbs.fetch(call.desk.store, call.namespace, call.parts["schedule"])
    shape = _shape(row)
    if call.query.include:
        shape["payload"] = await view_payload(call, row.definition, row.payload, f"schedule/{row.name}")
    return tagged(call.request, shape)


async def edit_schedule(call: Call[Query, EditSchedule]) -> Response:
    """Change a schedule, from its next tick on."""
    given = call.body
    if given.schedule is not None:
        _require_no_files(given.schedule)
    change = ScheduleEdit(
        fields=given.schedule,
        definition=given.definition,
        payload=dump_json(given.payload) if "payload" in given.model_fields_set else None,
        tick_field=given.tick_field,
    )
    row = await verbs.edit(
        call.desk.store, call.namespace, call.parts["schedule"], change, actor=call.actor, why=given.why
    )
    return answer(_shape(row))


async def delete_schedule(call: Call[WhyQuery, None]) -> Response:
    """Remove a schedule."""
    await verbs.delete(
        call.desk.store, call.namespace, call.parts["schedule"], actor=call.actor, why=call.query.why
    )
    return nothing()


async def pause_schedule(call: Call[Query, Act]) -> Response:
    """Let no ticks fire."""
    return await _steered(call, verbs.pause)


async def resume_schedule(call: Call[Query, Act]) -> Response:
    """Let ticks fire again."""
    return await _steered(call, verbs.resume)


async def fire_schedule(call: Call[Query, Act]) -> Response:
    """Make a job of a schedule now."""
    name = call.parts["schedule"]
    async with call.desk.tenant(call.namespace).depth.room(1):
        job_id = await verbs.fire(
            call.desk.store,
            call.namespace,
            name,
            random=call.desk.random,
            actor=call.actor,
            why=call.body.why,
        )
    shape: FiredBody = {"id": job_id, "schedule": name}
    return answer(shape, 201)


async def list_fires(call: Call[FireQuery, None]) -> Response:
    """Show what became of a schedule's ticks."""
    query, store, name = call.query, call.desk.store, call.parts["schedule"]
    await verbs.fetch(store, call.namespace, name)
    rows = await store.schedules.fires(call.namespace, name, before=query.before, limit=query.limit + 1)
    kept, cursor = _whole_ticks(rows, query.limit)
    total = await store.totals.count(call.namespace, Counted.FIRES, name)
    return answer(listed([fire_shape(fire) for fire in kept], cursor=cursor, total=total))


async def preview_schedule(call: Call[CountQuery, None]) -> Response:
    """Show the coming ticks of a schedule."""
    row = await verbs.fetch(call.desk.store, call.namespace, call.parts["schedule"])
    return _coming(call, schedule_of(json.loads(row.spec)), row.name, call.query.count)


async def preview_new_schedule(call: Call[Query, PreviewSchedule]) -> Response:
    """Show the coming ticks of a schedule that is not stored."""
    return _coming(call, _asked(call.body.schedule), "", call.body.count)


def _coming(call: Call[Any, Any], schedule: Schedule, name: str, count: int) -> Response:
    since = call.desk.store.now()
    found = verbs.preview(timetable(schedule), call.namespace, name, since=since, count=count)
    return answer(listed([coming_shape(coming, schedule.zone) for coming in found]))


def _asked(spec: dict[str, Any]) -> Schedule:
    """Return the schedule that a body describes. Raises InvalidInput that lists every fault."""
    _require_no_files(spec)
    return schedule_of(spec)


def _require_no_files(spec: dict[str, Any]) -> None:
    """Raise InvalidInput where a calendar is named by a file: that would be one of the service's machine."""
    without = spec.get("without")
    given = without if isinstance(without, list) else [without]
    for each in given:
        if isinstance(each, str) and each.lower().endswith(".ics"):
            raise InvalidInput(f"without {each!r}: a service reads no files; send the calendar's text")


def _whole_ticks(rows: Sequence[Fire], limit: int) -> tuple[Sequence[Fire], int | None]:
    """Return a page and the cursor of the next one: what stands beside a tick is on its page."""
    if len(rows) <= limit:
        return rows, None
    cut = rows[limit].tick
    kept = [fire for fire in rows[:limit] if fire.tick > cut] or [fire for fire in rows if fire.tick == cut]
    return kept, kept[-1].tick


async def _steered(call: Call[Query, Act], verb: Callable[..., Awaitable[StoredSchedule]]) -> Response:
    row = await verb(
        call.desk.store, call.namespace, call.parts["schedule"], actor=call.actor, why=call.body.why
    )
    return answer(_shape(row))


def _shape(row: StoredSchedule) -> ScheduleBody:
    return schedule_shape(row, with_payload=False)


def _steering(verb: str, summary: str, handler: Handler) -> Operation:
    return Operation(
        name=f"{verb}_schedule",
        method="POST",
        path=f"/schedules/{{schedule}}/{verb}",
        tag="schedules",
        summary=summary,
        right=Right.CONTROL,
        handler=handler,
        body=Act,
        example={"why": "moving the database"},
        answered=Answered(type=ScheduleBody, what="The schedule as it stands now."),
        refusals=(404, 409),
    )


OPERATIONS: Final = (
    Operation(
        name="list_schedules",
        method="GET",
        path="/schedules",
        tag="schedules",
        summary="List the schedules by name.",
        right=Right.READ,
        handler=list_schedules,
        query=PageQuery,
        answered=Answered(type=ScheduleList, example={"items": [], "next": None, "total": 0}, what="A page."),
    ),
    Operation(
        name="create_schedule",
        method="POST",
        path="/schedules",
        tag="schedules",
        summary="Make a schedule of jobs.",
        right=Right.CONTROL,
        handler=create_schedule,
        body=CreateSchedule,
        example={
            "name": "nightly",
            "definition": "report",
            "schedule": dict(_EXAMPLE),
            "payload": {"table": "sales"},
        },
        answered=Answered(type=ScheduleBody, status=201, what="The schedule."),
        refusals=(409, 413),
    ),
    Operation(
        name="preview_new_schedule",
        method="POST",
        path="/schedules:preview",
        tag="schedules",
        summary="Show the coming ticks of a schedule that is not stored.",
        right=Right.READ,
        handler=preview_new_schedule,
        body=PreviewSchedule,
        example={"schedule": dict(_EXAMPLE), "count": 3},
        answered=Answered(type=ComingList, what="The ticks."),
    ),
    Operation(
        name="get_schedule",
        method="GET",
        path="/schedules/{schedule}",
        tag="schedules",
        summary="Show a schedule.",
        right=Right.READ,
        handler=get_schedule,
        query=ScheduleQuery,
        answered=Answered(type=ScheduleBody, what="The schedule."),
        refusals=(304, 404),
    ),
    Operation(
        name="edit_schedule",
        method="PATCH",
        path="/schedules/{schedule}",
        tag="schedules",
        summary="Change a schedule, from its next tick on.",
        right=Right.CONTROL,
        handler=edit_schedule,
        body=EditSchedule,
        example={"schedule": {"cron": "30 4 * * *"}, "why": "after the backup"},
        answered=Answered(type=ScheduleBody, what="The schedule as it stands now."),
        refusals=(404, 409, 413),
    ),
    Operation(
        name="delete_schedule",
        method="DELETE",
        path="/schedules/{schedule}",
        tag="schedules",
        summary="Remove a schedule; its jobs stay. One that code declares comes back with the next worker.",
        right=Right.CONTROL,
        handler=delete_schedule,
        query=WhyQuery,
        answered=Answered(status=204, what="Removed."),
        refusals=(404, 409),
    ),
    _steering("pause", "Let no ticks of a schedule fire; its jobs go on.", pause_schedule),
    _steering("resume", "Let ticks fire again, from the next one on.", resume_schedule),
    Operation(
        name="fire_schedule",
        method="POST",
        path="/schedules/{schedule}/fire",
        tag="schedules",
        summary="Make a job of a schedule now, also while it is paused.",
        right=Right.CONTROL,
        handler=fire_schedule,
        body=Act,
        example={"why": "the input came late"},
        answered=Answered(type=FiredBody, status=201, what="The job that was made."),
        refusals=(404, 409),
    ),
    Operation(
        name="list_fires",
        method="GET",
        path="/schedules/{schedule}/fires",
        tag="schedules",
        summary="Show what became of a schedule's ticks, the latest first.",
        right=Right.READ,
        handler=list_fires,
        query=FireQuery,
        answered=Answered(type=FireList, what="A page."),
        refusals=(404,),
    ),
    Operation(
        name="preview_schedule",
        method="GET",
        path="/schedules/{schedule}/preview",
        tag="schedules",
        summary="Show the coming ticks of a schedule, and when their jobs would start.",
        right=Right.READ,
        handler=preview_schedule,
        query=CountQuery,
        answered=Answered(type=ComingList, what="The ticks."),
        refusals=(404,),
    ),
)
