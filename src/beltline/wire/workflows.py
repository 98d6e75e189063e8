"""Workflows and their runs, as REST and `--json` show them, and what callers of REST may send."""

from __future__ import annotations

import json
from typing import Annotated, Any, TypeAlias

from pydantic import Field, StrictStr
from typing_extensions import TypedDict

from beltline.engine.runs import Run, RunStep
from beltline.store.workflows import StoredWorkflow
from beltline.wire.bodies import JobBody
from beltline.wire.requests import Labels, Name, Request, Text
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


def run_shape(run: Run, *, with_values: bool = True) -> RunBody:
    """Return a run as it stands."""
    return {
        "id": run.job.id,
        "workflow": run.workflow,
        "version": run.version,
        "job": job_shape(run.job, with_values=with_values),
        "steps": {name: _step_shape(step) for name, step in run.steps.items()},
    }


def _step_shape(step: RunStep) -> StepBody:
    return {
        "stands": None if step.stands is None else step.stands.value,
        "job": step.job,
        "state": None if step.state is None else step.state.value,
        "reason": None if step.reason is None else step.reason.value,
    }
