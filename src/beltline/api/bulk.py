"""One action on all jobs that a filter finds, first looked at with `dry_run`."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response
from typing_extensions import TypedDict

from beltline.api.answering import answer
from beltline.api.listing import filter_of
from beltline.api.operation import Answered, Call, Handler, Operation, Query
from beltline.core.roles import Right
from beltline.engine.bulk import BulkAction, act, preview
from beltline.wire.requests import ActOnMany


class BulkBody(TypedDict):
    """How many jobs were found and changed, and some of them.

    `more`: the most that one request does were done; repeat it for the rest.
    """

    dry_run: bool
    found: int
    changed: int
    sample: list[str]
    more: bool


def acting(verb: str) -> Handler:
    """Return the handler of an action on many jobs."""

    async def handle(call: Call[Query, ActOnMany]) -> Response:
        given = call.body
        action = BulkAction(verb, filter_of(given.where), call.actor, given.why)
        do = preview if given.dry_run else act
        done = await do(call.desk.store, call.namespace, action)
        shape: BulkBody = {
            "dry_run": given.dry_run,
            "found": done.found,
            "changed": done.changed,
            "sample": done.ids,
            "more": done.more,
        }
        return answer(shape)

    return handle


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
            example={"dry_run": True, "found": 2, "changed": 0, "sample": [], "more": False},
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
)
