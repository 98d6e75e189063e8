"""Triggers: make, read, change, steer and try them. Calls of webhooks come by `hooks`."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import Field
from starlette.responses import Response
from typing_extensions import TypedDict

from beltline.api.answering import answer, nothing, tagged
from beltline.api.operation import Answered, Call, Handler, Operation, Query
from beltline.api.paging import PageQuery, paged
from beltline.api.values import masked
from beltline.core.clock import DAY
from beltline.core.codec import dump_json
from beltline.core.durations import micros
from beltline.core.errors import InvalidInput
from beltline.core.roles import Right
from beltline.definitions.trigger import rule_of
from beltline.engine import triggers as verbs
from beltline.engine.trigger_secrets import rotated
from beltline.engine.trigger_trials import Sample, standing, tried
from beltline.engine.trigger_waits import explain
from beltline.store.totals import Counted
from beltline.store.triggers import StoredTrigger
from beltline.wire.requests import Act
from beltline.wire.triggers import (
    CreateTrigger,
    EditTrigger,
    RotateTrigger,
    StandingBody,
    TriedBody,
    TriggerBody,
    TryTrigger,
    WaitsBody,
    standing_shape,
    tried_shape,
    trigger_shape,
    waits_shape,
)

LONGEST_OVERLAP_US: Final = 30 * DAY


class TriggerList(TypedDict):
    """A page of triggers, by name."""

    items: list[TriggerBody]
    next: str | None
    total: int


class WhyQuery(Query):
    """Why."""

    why: Annotated[str, Field(max_length=1_000)] = ""


async def list_triggers(call: Call[PageQuery, None]) -> Response:
    """List the triggers by name."""
    query, store = call.query, call.desk.store
    rows = await store.triggers.page(call.namespace, after=query.cursor or "", limit=query.limit + 1)
    return paged(
        rows,
        query.limit,
        shape=trigger_shape,
        cursor=lambda row: row.name,
        total=await store.totals.count(call.namespace, Counted.TRIGGERS),
    )


async def create_trigger(call: Call[Query, CreateTrigger]) -> Response:
    """Make a trigger."""
    given = call.body
    rule = rule_of(given.kind, given.settings)
    row = await verbs.create(
        call.desk.store, call.namespace, given.name, given.definition, rule, actor=call.actor, why=given.why
    )
    place = call.request.url.path + "/" + row.name.replace("/", "%2F")
    return answer(trigger_shape(row), 201, {"Location": place})


async def get_trigger(call: Call[Query, None]) -> Response:
    """Show a trigger, and what became of its events."""
    found = await standing(call.desk.store, call.namespace, call.parts["trigger"])
    return tagged(call.request, standing_shape(found))


async def explain_trigger(call: Call[Query, None]) -> Response:
    """Say what the events wait for that a trigger holds."""
    return answer(waits_shape(await explain(call.desk.store, call.namespace, call.parts["trigger"])))


async def edit_trigger(call: Call[Query, EditTrigger]) -> Response:
    """Change settings of a trigger."""
    row = await verbs.edit(
        call.desk.store,
        call.namespace,
        call.parts["trigger"],
        call.body.settings,
        actor=call.actor,
        why=call.body.why,
    )
    return answer(trigger_shape(row))


async def delete_trigger(call: Call[WhyQuery, None]) -> Response:
    """Remove a trigger."""
    await verbs.delete(
        call.desk.store, call.namespace, call.parts["trigger"], actor=call.actor, why=call.query.why
    )
    return nothing()


async def rotate_trigger(call: Call[Query, RotateTrigger]) -> Response:
    """Take another secret, and for a while the former one too."""
    given = call.body
    overlap_us = micros(given.overlap, what="overlap")
    if overlap_us > LONGEST_OVERLAP_US:
        raise InvalidInput("overlap: at most 30d")
    webhook = verbs.webhook_of(await _fetch(call))
    fields = rotated(webhook, given.secret, overlap_us, now=call.desk.store.now())
    row = await verbs.edit(
        call.desk.store, call.namespace, call.parts["trigger"], fields, actor=call.actor, why=given.why
    )
    return answer(trigger_shape(row))


async def try_trigger(call: Call[Query, TryTrigger]) -> Response:
    """Say what an event would come to."""
    given = call.body
    body = None if given.body is None else dump_json(given.body)
    sample = Sample(body, given.headers, given.job, given.object)
    row = await _fetch(call)
    found = await tried(call.desk.store, call.namespace, row, sample)
    shape = tried_shape(row.name, found)
    shape["payload"] = await masked(call, row.definition, shape["payload"])
    return answer(shape)


def pausing(*, paused: bool) -> Handler:
    """Return the handler that pauses or resumes a trigger."""

    async def handle(call: Call[Query, Act]) -> Response:
        row = await verbs.set_paused(
            call.desk.store,
            call.namespace,
            call.parts["trigger"],
            paused=paused,
            actor=call.actor,
            why=call.body.why,
        )
        return answer(trigger_shape(row))

    return handle


async def _fetch(call: Call[Any, Any]) -> StoredTrigger:
    return await verbs.fetch(call.desk.store, call.namespace, call.parts["trigger"])


def _steering(verb: str, summary: str, *, paused: bool) -> Operation:
    return Operation(
        name=f"{verb}_trigger",
        method="POST",
        path=f"/triggers/{{trigger}}/{verb}",
        tag="triggers",
        summary=summary,
        right=Right.CONTROL,
        handler=pausing(paused=paused),
        body=Act,
        example={"why": "too many calls"},
        answered=Answered(type=TriggerBody, what="The trigger as it stands now."),
        refusals=(404, 409),
    )


OPERATIONS: Final = (
    Operation(
        name="list_triggers",
        method="GET",
        path="/triggers",
        tag="triggers",
        summary="List the triggers by name.",
        right=Right.READ,
        handler=list_triggers,
        query=PageQuery,
        answered=Answered(type=TriggerList, example={"items": [], "next": None, "total": 0}, what="A page."),
    ),
    Operation(
        name="create_trigger",
        method="POST",
        path="/triggers",
        tag="triggers",
        summary="Make a trigger, which turns outside events into jobs.",
        right=Right.CONTROL,
        handler=create_trigger,
        body=CreateTrigger,
        example={
            "name": "orders",
            "definition": "ship",
            "settings": {
                "secret": "env:ORDERS_SECRET",
                "when": "body.paid",
                "dedupe": "body.id",
                "payload": {"order": "body.id"},
            },
        },
        answered=Answered(type=TriggerBody, status=201, what="The trigger."),
        refusals=(409,),
    ),
    Operation(
        name="get_trigger",
        method="GET",
        path="/triggers/{trigger}",
        tag="triggers",
        summary="Show a trigger, and what became of its events.",
        right=Right.READ,
        handler=get_trigger,
        answered=Answered(type=StandingBody, what="The trigger."),
        refusals=(304, 404),
    ),
    Operation(
        name="explain_trigger",
        method="GET",
        path="/triggers/{trigger}/explain",
        tag="triggers",
        summary="Say what the events wait for that a trigger holds for its window.",
        right=Right.READ,
        handler=explain_trigger,
        answered=Answered(type=WaitsBody, what="The explanation."),
        refusals=(404,),
    ),
    Operation(
        name="edit_trigger",
        method="PATCH",
        path="/triggers/{trigger}",
        tag="triggers",
        summary="Change settings of a trigger, from its next event on.",
        right=Right.CONTROL,
        handler=edit_trigger,
        body=EditTrigger,
        example={"settings": {"when": "body.paid and body.total > 0"}, "why": "no free orders"},
        answered=Answered(type=TriggerBody, what="The trigger as it stands now."),
        refusals=(404, 409),
    ),
    Operation(
        name="delete_trigger",
        method="DELETE",
        path="/triggers/{trigger}",
        tag="triggers",
        summary="Remove a trigger; its jobs stay.",
        right=Right.CONTROL,
        handler=delete_trigger,
        query=WhyQuery,
        answered=Answered(status=204, what="Removed."),
        refusals=(404, 409),
    ),
    _steering("pause", "Refuse the events of a trigger.", paused=True),
    _steering("resume", "Take the events of a trigger again.", paused=False),
    Operation(
        name="rotate_trigger",
        method="POST",
        path="/triggers/{trigger}/rotate",
        tag="triggers",
        summary="Take another secret of a webhook, and the former one too for a while.",
        right=Right.CONTROL,
        handler=rotate_trigger,
        body=RotateTrigger,
        example={"secret": "env:ORDERS_SECRET_2", "overlap": "24h"},
        answered=Answered(type=TriggerBody, what="The trigger as it stands now."),
        refusals=(404, 409),
    ),
    Operation(
        name="test_trigger",
        method="POST",
        path="/triggers/{trigger}/test",
        tag="triggers",
        summary="Say what an event would come to; nothing is stored.",
        right=Right.CONTROL,
        handler=try_trigger,
        body=TryTrigger,
        example={"body": {"id": 7, "paid": True}},
        answered=Answered(type=TriedBody, what="What would happen."),
        refusals=(404,),
    ),
)
