"""Runs of workflows, seen and steered from outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from beltline.core.codec import PAYLOAD_LIMIT, dump_json
from beltline.core.errors import InvalidInput, InvalidTransition, PayloadTooLarge
from beltline.core.job import Job
from beltline.core.reasons import Reason
from beltline.core.states import DEAD, FINAL, JobState
from beltline.core.workflow import End, Stand, Workflow, plan
from beltline.engine import control
from beltline.engine.graphs import stored_workflow
from beltline.engine.objects import whole
from beltline.engine.workflows import json_of, stands_of, steps_of
from beltline.store.contract import Store
from beltline.store.params import AuditEntry
from beltline.store.workflows import SendSignal


class RunView(NamedTuple):
    """A run of a workflow as it stands: each step with its job, where it has one."""

    job: Job
    workflow: Workflow
    stands: Mapping[str, Stand]
    jobs: Mapping[str, Job]


class RunStep(NamedTuple):
    """A step of a run: how it stands (None: not begun), and the job that it is."""

    stands: End | None
    job: str | None
    state: JobState | None
    reason: Reason | None


class Run(NamedTuple):
    """A run of a workflow. Undoings stand under the name of their step with `.undo`."""

    job: Job
    workflow: str
    version: str
    steps: Mapping[str, RunStep]


def told(view: RunView) -> Run:
    """Return what is told of a run: how each step stands, without results."""
    undone = [name for name in view.jobs if name not in view.workflow.steps]
    steps: dict[str, RunStep] = {}
    for name in [*view.workflow.steps, *undone]:
        stand, job = view.stands.get(name), view.jobs.get(name)
        facts = (None, None, None) if job is None else (job.id, job.state, job.reason)
        steps[name] = RunStep(None if stand is None else stand.end, *facts)
    return Run(view.job, view.workflow.name, view.workflow.version, steps)


async def view(store: Store, namespace: str, job_id: str) -> RunView:
    """Return a run as it stands. Raises NotFound."""
    job = await control.fetch(store, namespace, job_id)
    workflow = await stored_workflow(store, namespace, job.definition, job.version)
    jobs = await steps_of(store, namespace, job, workflow)
    found = plan(workflow, json_of((await whole(store, job)).payload), await stands_of(store, jobs))
    return RunView(job, workflow, found.stands, jobs)


async def signal(
    store: Store, namespace: str, job_id: str, name: str, payload: object, *, actor: str
) -> bool:
    """Send a signal to a run; return False where it had one of this name before, which counts.

    It may come before the step that waits for it. Raises NotFound, InvalidInput where no step of the run
    waits for such a signal, PayloadTooLarge, InvalidTransition where the run has ended.
    """
    data = dump_json(payload)
    if len(data) > PAYLOAD_LIMIT:
        raise PayloadTooLarge("the signal's payload", len(data), PAYLOAD_LIMIT)
    job = await control.fetch(store, namespace, job_id)
    workflow = await stored_workflow(store, namespace, job.definition, job.version)
    names = sorted({step.wait for step in workflow.steps.values() if step.wait})
    if name not in names:
        known = f"it waits for {', '.join(names)}" if names else "it waits for no signal"
        raise InvalidInput(f"no step of workflow {workflow.name!r} waits for the signal {name!r}; {known}")
    if job.state in FINAL:
        raise InvalidTransition(job_id, job.state.value, "signal")
    entry = AuditEntry(actor=actor, action="workflow.signal", target=f"job/{job_id}", reason=name)
    await store.audit.append(namespace, [entry], store.now())
    return await store.workflows.signal(
        SendSignal(
            namespace=namespace,
            job_id=job_id,
            name=name,
            payload=data,
            actor=actor,
            now=store.now(),
        )
    )


async def require_rerun(store: Store, namespace: str, job: Job) -> None:
    """Raise InvalidInput where a run cannot go on from its failed steps: its effects were taken back."""
    found = await view(store, namespace, job.id)
    undone = [name for name in found.jobs if name.endswith(".undo")]
    if undone and job.state in DEAD:
        raise InvalidInput(
            f"run {job.id} was undone ({', '.join(undone)}): it cannot go on from where it failed;"
            " start it anew"
        )
