"""Workflows and their runs, as REST and `--json` show them, and what callers of REST may send."""

from __future__ import annotations

import json
from typing import Annotated, Any, TypeAlias

from pydantic import Field, StrictStr
from typing_extensions import TypedDict

from beltline.engine.runs import RunView
from beltline.store.workflows import StoredWorkflow
from beltline.wire.bodies import JobBody
from beltline.wire.requests import Labels, Name, Request, Text, Why
from beltline.wire.shapes import job_shape
from beltline.wire.times import iso

SignalName: TypeAlias = Annotated[StrictStr, Field(pattern=r"^[^\x00-\x1f\x7f]{1,128}$")]


class WorkflowBody(TypedDict):
    """A version of a workflow."""

    id: str
    version: str
    name: str
    steps: dict[str, Any]
    output: Any
    applied_at: str | None


class StepBody(TypedDict):
    """A step of a run: how it stands (None: not begun), and the job that it is."""

    stands: str | None
    job: str | None
    state: str | None
    reason: str | None


class RunBody(TypedDict):
    """A run of a workflow. Undoings stand under the name of their step with `.undo`."""

    id: str
    workflow: str
    version: str
    job: JobBody
    steps: dict[str, StepBody]


class SignalBody(TypedDict):
    """A signal; not `is_first`: the run had one of this name before, which counts."""

    id: str
    signal: str
    is_first: bool


class ApplyWorkflow(Request):
    """A graph. Every fault of it is told at once, and nothing is stored where there is one."""

    name: Any = Field(None, description="As in the path.")
    version: Any = Field(None, description="A hash of the graph where none is given.")
    steps: Any = Field(description="The steps by name: each has `job`, `workflow` or `wait`.")
    output: Any = Field(None, description="What a run results in: values and references.")


class StartRun(Request):
    """A run to start; `id`, chosen by the client, makes it repeatable."""

    input: Any = Field(default_factory=dict)
    id: Name | None = None
    labels: Labels | None = None
    owner: Text | None = None
    correlation_id: Text | None = None


class SendSignal(Request):
    """A signal for a run; it may come before the step that waits for it."""

    name: SignalName
    payload: Any = None


class Rerun(Request):
    """Why a run goes on from its failed steps."""

    why: Why = ""


def workflow_shape(row: StoredWorkflow) -> WorkflowBody:
    """Return a version of a workflow."""
    graph: dict[str, Any] = json.loads(row.graph)
    return {
        "id": row.name,
        "version": row.version,
        "name": row.name,
        "steps": graph["steps"],
        "output": graph.get("output"),
        "applied_at": iso(row.applied_at),
    }


def run_shape(view: RunView, *, with_values: bool = True) -> RunBody:
    """Return a run as it stands."""
    steps: dict[str, StepBody] = {}
    undone = [name for name in view.jobs if name not in view.workflow.steps]
    for name in [*view.workflow.steps, *undone]:
        stand, job = view.stands.get(name), view.jobs.get(name)
        steps[name] = {
            "stands": None if stand is None else stand.end.value,
            "job": None if job is None else job.id,
            "state": None if job is None else job.state.value,
            "reason": None if job is None else job.reason.value,
        }
    return {
        "id": view.job.id,
        "workflow": view.workflow.name,
        "version": view.workflow.version,
        "job": job_shape(view.job, with_values=with_values),
        "steps": steps,
    }
