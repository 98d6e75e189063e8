"""Workflows as they are stored: applied with every check, and read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from beltline.core.codec import dump_json
from beltline.core.errors import Conflict, NotFound
from beltline.core.workflow import REFERENCE, Step, Workflow
from beltline.definitions.workflow import InvalidWorkflow, workflow_of
from beltline.engine.submit import JobOptions, option_faults
from beltline.store.contract import Store
from beltline.store.params import AuditEntry, Definition
from beltline.store.workflows import StoredWorkflow


async def apply(store: Store, namespace: str, workflow: Workflow, graph: Mapping[str, Any]) -> None:
    """Store a checked workflow and make it the newest of its name."""
    faults = [
        f"step {name!r}: {fault}"
        for name, step in workflow.steps.items()
        for _, fault in option_faults(JobOptions(**dict(step.options)))
    ]
    if faults:
        raise InvalidWorkflow(workflow.name, faults)
    text = dump_json(dict(graph)).decode()
    await store.workflows.apply(namespace, StoredWorkflow(workflow.name, workflow.version, text, store.now()))


async def apply_new(
    store: Store, namespace: str, graph: Mapping[str, Any], *, actor: str, why: str = ""
) -> StoredWorkflow:
    """Check a graph in JSON, store it and make it the newest of its name. It is audited.

    Raises InvalidWorkflow that lists every fault, Conflict where its version is stored with another graph;
    then nothing was stored.
    """
    workflow = workflow_of(graph)
    known = await store.workflows.get(namespace, workflow.name, workflow.version)
    if known is not None and json.loads(known.graph) != graph:
        raise Conflict(
            f"version {workflow.version} of workflow {workflow.name!r} is stored with another graph: give"
            " this one another version"
        )
    await apply(store, namespace, workflow, graph)
    entry = AuditEntry(
        actor=actor,
        action="workflow.apply",
        target=f"workflow/{workflow.name}",
        reason=why,
        after=workflow.version,
    )
    await store.audit.append(namespace, [entry], store.now())
    return await stored_version(store, namespace, workflow.name, workflow.version)


async def stored_version(store: Store, namespace: str, name: str, version: str | None) -> StoredWorkflow:
    """Return a version of a workflow, the newest for None. Raises NotFound."""
    found = await store.workflows.get(namespace, name, version)
    if found is None:
        raise NotFound("workflow", name, "apply it first: `beltline workflows apply FILE`")
    return found


async def stored_workflow(store: Store, namespace: str, name: str, version: str | None = None) -> Workflow:
    """Return a workflow, by default its newest version. Raises NotFound."""
    found = await stored_version(store, namespace, name, version)
    return replace(workflow_of(json.loads(found.graph)), version=found.version)


async def require_parts(store: Store, namespace: str, workflow: Workflow) -> None:
    """Raise InvalidWorkflow where a step could never begin.

    Its job definition or workflow is missing, or its job takes other fields than the step gives.
    """
    steps = workflow.steps.values()
    jobs = {name for step in steps for name in (step.job, step.undo) if name is not None}
    known = {name: await store.definitions.get(namespace, name) for name in sorted(jobs)}
    missing = [
        f"there is no job definition {name!r}; register it with `beltline definitions apply APP`"
        for name, definition in known.items()
        if definition is None
    ]
    for step in steps:
        definition = None if step.job is None else known[step.job]
        if definition is not None:
            missing += _field_faults(step, definition)
    missing += [
        f"there is no workflow {name!r}; apply it first"
        for name in sorted({step.workflow for step in steps if step.workflow is not None})
        if await store.workflows.get(namespace, name) is None
    ]
    if missing:
        raise InvalidWorkflow(workflow.name, missing)


def _field_faults(step: Step, definition: Definition) -> Iterator[str]:
    """Yield which fields of a step's payload its job does not take, and which it lacks."""
    schema, payload = json.loads(definition.schema), step.payload
    if not isinstance(payload, Mapping) or REFERENCE in payload:
        return
    if schema.get("additionalProperties") is False:
        taken = schema.get("properties", {})
        for name in sorted(payload.keys() - taken.keys()):
            fields = ", ".join(taken) or "nothing"
            yield f"step {step.name!r}: {definition.name} takes no {name!r}, but {fields}"
    for name in sorted(set(schema.get("required", ())) - payload.keys()):
        yield f"step {step.name!r}: {definition.name} needs {name!r}"
