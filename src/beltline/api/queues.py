"""Queues and job definitions."""

from __future__ import annotations

import json
from typing import Any, Final

from starlette.responses import Response
from typing_extensions import TypedDict

from beltline.api.answering import answer, tagged
from beltline.api.operation import Answered, Call, Handler, Operation, Query
from beltline.api.settling import require_covered
from beltline.core.codec import dump_json
from beltline.core.durations import micros
from beltline.core.errors import InvalidInput, NotFound
from beltline.core.needs import resource_faults, tag_faults
from beltline.core.replay import replay_from
from beltline.core.roles import Right
from beltline.definitions.stored import StoredSchema
from beltline.engine import control
from beltline.engine.definitions import stored_definition
from beltline.engine.template import stored_children, stored_policy, stored_template
from beltline.store.params import AuditEntry, Definition
from beltline.wire.bodies import DefinitionBody, QueueBody
from beltline.wire.definitions import ApplyDefinition
from beltline.wire.requests import Act
from beltline.wire.shapes import definition_shape, queue_shape


class QueueList(TypedDict):
    """All queues, by name."""

    items: list[QueueBody]
    next: None
    total: int


class DefinitionList(TypedDict):
    """The newest version of each definition, by name."""

    items: list[DefinitionBody]
    next: None
    total: int


async def list_queues(call: Call[Query, None]) -> Response:
    """List the queues with what waits in them."""
    found = await _queues(call)
    return answer({"items": found, "next": None, "total": len(found)})


async def get_queue(call: Call[Query, None]) -> Response:
    """Show a queue."""
    return tagged(call.request, await _queue(call, call.parts["queue"]))


def pausing(*, paused: bool) -> Handler:
    """Return the handler that pauses or resumes a queue."""

    async def handle(call: Call[Query, Act]) -> Response:
        queue = call.parts["queue"]
        await control.pause_queue(
            call.desk.store, call.namespace, queue, paused=paused, actor=call.actor, why=call.body.why
        )
        return answer(await _queue(call, queue))

    return handle


async def list_definitions(call: Call[Query, None]) -> Response:
    """List the newest version of each job definition."""
    found = [definition_shape(each) for each in await call.desk.store.definitions.page(call.namespace)]
    return answer({"items": found, "next": None, "total": len(found)})


async def get_definition(call: Call[Query, None]) -> Response:
    """Show the newest version of a job definition."""
    found = await stored_definition_or_missing(call, call.parts["definition"])
    return tagged(call.request, definition_shape(found))


async def apply_definition(call: Call[Query, ApplyDefinition]) -> Response:
    """Store a version of a definition and make it the newest."""
    name, given = call.parts["definition"], call.body
    control.require_queue_name(name)
    require_covered(call.caller, name)
    schema = dump_json(given.schema_).decode()
    StoredSchema(schema)
    row = Definition(
        name=name,
        version=given.version,
        queue=given.queue,
        schema=schema,
        policies=_policies_text(given),
        owner=given.owner or "",
        runbook=given.runbook,
    )
    _require_readable(row)
    store = call.desk.store
    now = store.now()
    await store.definitions.apply(call.namespace, [row], now)
    entry = AuditEntry(
        actor=call.actor, action="definition.apply", target=f"definition/{name}", after=given.version
    )
    await store.audit.append(call.namespace, [entry], now)
    return answer(definition_shape(await stored_definition(store, call.namespace, name)))


async def stored_definition_or_missing(call: Call[Any, Any], name: str) -> Definition:
    """Return a definition that a path names. Raises NotFound."""
    found = await call.desk.store.definitions.get(call.namespace, name)
    if found is None:
        raise NotFound("job definition", name, "GET …/definitions lists what there is")
    return found


async def _queues(call: Call[Any, Any]) -> list[QueueBody]:
    store = call.desk.store
    queues = await store.queues.page(call.namespace)
    counts = await store.reads.counts(call.namespace)
    return [queue_shape(queue, counts) for queue in queues]


async def _queue(call: Call[Any, Any], name: str) -> QueueBody:
    found = [queue for queue in await _queues(call) if queue["id"] == name]
    if not found:
        raise NotFound("queue", name, "one is there while it holds unfinished jobs, and once it was set")
    return found[0]


def _policies_text(given: ApplyDefinition) -> str:
    if given.policies is not None:
        return dump_json(given.policies.model_dump(exclude_unset=True)).decode()
    policies = {
        "max_attempts": given.max_attempts,
        "timeout_us": _micros(given.timeout),
        "priority": given.priority,
        **({"result": given.result_schema} if given.result_schema else {}),
    }
    return dump_json(policies).decode()


def _require_readable(row: Definition) -> None:
    """Raise InvalidInput where those who read the policies could not: amounts, names and rates are texts."""
    policies = json.loads(row.policies)
    faults = [*resource_faults(policies.get("resources")), *tag_faults(policies.get("tags"))]
    if faults:
        raise InvalidInput("; ".join(faults))
    stored_template(row)
    stored_policy(row)
    stored_children(row)
    if policies.get("result"):
        StoredSchema(dump_json(policies["result"]).decode())
    if policies.get("replay"):
        replay_from(policies["replay"])


def _micros(duration: str | None) -> int | None:
    found = None if duration is None else micros(duration, what="timeout")
    if found == 0:
        raise InvalidInput("timeout: a job needs more time than none")
    return found


def _pausing(verb: str, summary: str, *, paused: bool) -> Operation:
    return Operation(
        name=f"{verb}_queue",
        method="POST",
        path=f"/queues/{{queue}}/{verb}",
        tag="queues",
        summary=summary,
        right=Right.CONTROL,
        handler=pausing(paused=paused),
        body=Act,
        example={"why": "the disk is full"},
        answered=Answered(type=QueueBody, what="The queue as it stands now."),
        refusals=(404,),
    )


OPERATIONS: Final = (
    Operation(
        name="list_queues",
        method="GET",
        path="/queues",
        tag="queues",
        summary="List the queues with what waits in them.",
        right=Right.READ,
        handler=list_queues,
        answered=Answered(type=QueueList, what="All queues."),
    ),
    Operation(
        name="get_queue",
        method="GET",
        path="/queues/{queue}",
        tag="queues",
        summary="Show a queue.",
        right=Right.READ,
        handler=get_queue,
        answered=Answered(type=QueueBody, what="The queue."),
        refusals=(304, 404),
    ),
    _pausing("pause", "Stop handing out the jobs of a queue; running ones go on.", paused=True),
    _pausing("resume", "Hand out the jobs of a queue again.", paused=False),
    Operation(
        name="list_definitions",
        method="GET",
        path="/definitions",
        tag="definitions",
        summary="List the newest version of each job definition.",
        right=Right.READ,
        handler=list_definitions,
        answered=Answered(type=DefinitionList, what="All definitions."),
    ),
    Operation(
        name="get_definition",
        method="GET",
        path="/definitions/{definition}",
        tag="definitions",
        summary="Show the newest version of a job definition.",
        right=Right.READ,
        handler=get_definition,
        answered=Answered(type=DefinitionBody, what="The definition."),
        refusals=(304, 404),
    ),
    Operation(
        name="apply_definition",
        method="PUT",
        path="/definitions/{definition}",
        tag="definitions",
        summary="Store a version of a job definition, as workers do when they start.",
        right=Right.APPLY,
        handler=apply_definition,
        body=ApplyDefinition,
        example={"version": "1", "schema": {"type": "object"}},
        answered=Answered(type=DefinitionBody, what="The definition as it is stored."),
    ),
)
