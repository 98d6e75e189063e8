"""Runs of workflows: read step by step, drawn, signalled, and steered as a whole."""

from __future__ import annotations

from typing import Final

from starlette.responses import Response

from beltline.api.answering import answer, tagged
from beltline.api.batches import tree_operations
from beltline.api.operation import Answered, Call, Operation, Query
from beltline.api.workflows import MERMAID
from beltline.core.drawing import mermaid
from beltline.core.roles import Right
from beltline.engine import runs as verbs
from beltline.wire.workflows import RunBody, SendSignal, SignalBody, run_shape


async def get_run(call: Call[Query, None]) -> Response:
    """Show a run with how its steps stand."""
    view = await verbs.view(call.desk.store, call.namespace, call.parts["job_id"])
    return tagged(call.request, run_shape(verbs.told(view), with_values=False))


async def draw_run(call: Call[Query, None]) -> Response:
    """Draw a run as a Mermaid flowchart."""
    view = await verbs.view(call.desk.store, call.namespace, call.parts["job_id"])
    text = mermaid(view.workflow, view.stands)
    return Response(text, headers={"Cache-Control": "private, no-cache"}, media_type=MERMAID)


async def signal_run(call: Call[Query, SendSignal]) -> Response:
    """Send a signal to a run."""
    job_id, given = call.parts["job_id"], call.body
    is_first = await verbs.signal(
        call.desk.store, call.namespace, job_id, given.name, given.payload, actor=call.actor
    )
    shape: SignalBody = {"id": job_id, "signal": given.name, "is_first": is_first}
    return answer(shape)


OPERATIONS: Final = (
    Operation(
        name="get_run",
        method="GET",
        path="/runs/{job_id}",
        tag="workflows",
        summary="Show a run of a workflow with how its steps stand.",
        right=Right.READ,
        handler=get_run,
        answered=Answered(type=RunBody, what="The run."),
        refusals=(304, 404),
    ),
    Operation(
        name="draw_run",
        method="GET",
        path="/runs/{job_id}/mermaid",
        tag="workflows",
        summary="Draw a run, with how its steps stand, as a Mermaid flowchart.",
        right=Right.READ,
        handler=draw_run,
        answered=Answered(media=MERMAID, what="The flowchart."),
        refusals=(404,),
    ),
    Operation(
        name="signal_run",
        method="POST",
        path="/runs/{job_id}/signal",
        tag="workflows",
        summary="Send a signal, such as an approval, to a run; of several of one name the first counts.",
        right=Right.CONTROL,
        handler=signal_run,
        body=SendSignal,
        example={"name": "approval", "payload": {"ok": True}},
        answered=Answered(type=SignalBody, what="Whether it was the first of its name."),
        refusals=(404, 409, 413),
    ),
    *tree_operations("runs", "run"),
)
