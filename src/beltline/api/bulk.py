"""One action on all jobs that a filter finds, first looked at with `dry_run`."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response
from typing_extensions import TypedDict

from beltline.api.answering import answer, tagged
from beltline.api.listing import filter_of
from beltline.api.operation import Answered, Call, Handler, Operation, Query
from beltline.core.clock import DAY
from beltline.core.durations import micros
from beltline.core.errors import InvalidInput
from beltline.core.roles import Right
from beltline.engine.bulk import BulkAction, act, fetch_action, preview, schedule, undo
from beltline.store.bulk_actions import StoredBulkAction
from beltline.wire.bodies import BulkActionBody
from beltline.wire.requests import Act, ActOnMany
from beltline.wire.shapes import bulk_action_shape

LONGEST_WINDOW_US: Final = DAY


class BulkBody(TypedDict):
    """How many jobs were found and changed, and some of them.

    `more`: the most that one request does were done; repeat it for the rest. `scheduled`: it is done later,
    and may be undone till then.
    """

    dry_run: bool
    found: int
    changed: int
    sample: list[str]
    more: bool
    scheduled: BulkActionBody | None


class BulkActionList(TypedDict):
    """Actions on many jobs, newest first."""

    items: list[BulkActionBody]
    next: None
    total: int


def acting(verb: str) -> Handler:
    """Return the handler of an action on many jobs."""

    async def handle(call: Call[Query, ActOnMany]) -> Response:
        given = call.body
        action = BulkAction(verb, filter_of(given.where), call.actor, given.why)
        later = given.undo_window is not None and not given.dry_run
        do = preview if given.dry_run or later else act
        done = await do(call.desk.store, call.namespace, action)
        row = await _scheduled(call, action, given.undo_window) if later else None
        shape: BulkBody = {
            "dry_run": given.dry_run,
            "found": done.found,
            "changed": done.changed,
            "sample": done.ids,
            "more": done.more,
            "scheduled": None if row is None else bulk_action_shape(row),
        }
        return answer(shape)

    return handle


async def list_bulk_actions(call: Call[Query, None]) -> Response:
    """List actions that wait, or waited, for their undo window to pass."""
    rows = await call.desk.store.bulk_actions.page(call.namespace)
    return answer({"items": list(map(bulk_action_shape, rows)), "next": None, "total": len(rows)})


async def get_bulk_action(call: Call[Query, None]) -> Response:
    """Show an action on many jobs."""
    row = await fetch_action(call.desk.store, call.namespace, call.parts["action_id"])
    return tagged(call.request, bulk_action_shape(row))


async def undo_bulk_action(call: Call[Query, Act]) -> Response:
    """Withdraw an action that is not due yet."""
    row = await undo(
        call.desk.store, call.namespace, call.parts["action_id"], actor=call.actor, why=call.body.why
    )
    return answer(bulk_action_shape(row))


async def _scheduled(
    call: Call[Query, ActOnMany], action: BulkAction, window: str | None
) -> StoredBulkAction:
    window_us = micros(window or "0s", what="undo_window")
    if window_us > LONGEST_WINDOW_US:
        raise InvalidInput("undo_window: at most 24h")
    return await schedule(
        call.desk.store, call.namespace, action, window_us=window_us, random=call.desk.random
    )


def _operation(noun: str, verb: str, summary: str) -> Operation:
    return Operation(
        name=f"{verb}_{noun.replace('-', '_')}",
        method="POST",
        path=f"/{noun}:{verb}",
        tag=noun,
        summary=summary,
        right=Right.CONTROL,
        handler=acting(verb),
        body=ActOnMany,
        example={"where": {"definition": "resize", "label": {"customer": "42"}}, "dry_run": True},
        answered=Answered(
            type=BulkBody,
            example={
                "dry_run": True,
                "found": 2,
                "changed": 0,
                "sample": [],
                "more": False,
                "scheduled": None,
            },
            what="What was found and done.",
        ),
    )


OPERATIONS: Final = (
    _operation("jobs", "cancel", "Cancel all jobs that a filter finds."),
    _operation("jobs", "pause", "Park all jobs that a filter finds."),
    _operation("jobs", "resume", "Resume all paused jobs that a filter finds."),
    _operation("jobs", "retry", "Run all scheduled, retrying and dead jobs now that a filter finds."),
    _operation("jobs", "delete", "Remove all final jobs that a filter finds."),
    _operation("dead-letters", "replay", "Put all dead letters that a filter finds back into their queues."),
    _operation("dead-letters", "discard", "Hide all dead letters that a filter finds, finally."),
    Operation(
        name="list_bulk_actions",
        method="GET",
        path="/bulk-actions",
        tag="jobs",
        summary="List actions on many jobs that may, or might, be undone, newest first.",
        right=Right.READ,
        handler=list_bulk_actions,
        answered=Answered(type=BulkActionList, what="The newest 1,000."),
    ),
    Operation(
        name="get_bulk_action",
        method="GET",
        path="/bulk-actions/{action_id}",
        tag="jobs",
        summary="Show an action on many jobs.",
        right=Right.READ,
        handler=get_bulk_action,
        answered=Answered(type=BulkActionBody, what="The action."),
        refusals=(304, 404),
    ),
    Operation(
        name="undo_bulk_action",
        method="POST",
        path="/bulk-actions/{action_id}/undo",
        tag="jobs",
        summary="Withdraw an action on many jobs that is not due yet.",
        right=Right.CONTROL,
        handler=undo_bulk_action,
        body=Act,
        example={"why": "wrong filter"},
        answered=Answered(type=BulkActionBody, what="The action as it stands now."),
        refusals=(404, 409),
    ),
)
