"""`beltline workflows` and `beltline signal`."""

from __future__ import annotations

import json
from typing import IO

import click

from beltline.cli.command import Invocation, actor, command, example, group, number_option, pass_invocation
from beltline.cli.opened import with_store
from beltline.cli.output import note, print_json, print_list, print_table
from beltline.cli.text import age
from beltline.client.draws import Draws
from beltline.core.codec import parse_json
from beltline.core.drawing import lines, mermaid
from beltline.core.errors import NotFound
from beltline.core.workflow import Stand, Workflow
from beltline.definitions.workflow import workflow_of
from beltline.engine import graphs, runs, workflows as engine
from beltline.engine.submit import JobOptions
from beltline.store.contract import Store
from beltline.store.workflows import StoredWorkflow
from beltline.wire.workflows import workflow_shape


@group(
    "workflows",
    epilog=example("beltline workflows ls\nbeltline workflows show etl\nbeltline workflows show 06f2k9…"),
)
def workflows() -> None:
    """Apply, list, draw and start workflows."""


@workflows.command("ls", epilog=example("beltline workflows ls --json"))
@pass_invocation
def ls(invocation: Invocation) -> None:
    """List the newest version of each workflow that the store knows."""

    async def read(store: Store, namespace: str) -> tuple[list[StoredWorkflow], int]:
        return await store.workflows.page(namespace), store.now()

    found, now = with_store(invocation, read)
    if invocation.json:
        print_list([workflow_shape(each) for each in found])
        return
    rows = [
        (each.name, each.version, str(len(json.loads(each.graph)["steps"])), age(each.applied_at, now))
        for each in found
    ]
    print_table(["workflow", "version", "steps", "applied"], rows, empty="no workflows yet")


@workflows.command(
    "apply", epilog=example("beltline workflows apply etl.json\ncat etl.json | beltline workflows apply -")
)
@click.argument("file", type=click.File("rb"))
@pass_invocation
def apply(invocation: Invocation, file: IO[bytes]) -> None:
    """Check a workflow in JSON and store it; nothing is stored where anything is wrong with it."""
    data = parse_json(file.read().decode("utf-8", "surrogateescape"))
    workflow = workflow_of(data)
    graph = data if isinstance(data, dict) else {}

    async def write(store: Store, namespace: str) -> StoredWorkflow:
        return await graphs.apply_new(store, namespace, graph, actor=actor())

    with_store(invocation, write)
    if invocation.json:
        print_json({"id": workflow.name, "version": workflow.version, "steps": len(workflow.steps)})
    else:
        click.echo(f"{workflow.name} {workflow.version}")


@workflows.command(
    "show", epilog=example("beltline workflows show etl\nbeltline workflows show 06f2k9… --mermaid")
)
@click.argument("name", metavar="NAME|ID")
@click.option("--mermaid", "as_mermaid", is_flag=True, help="Print a Mermaid flowchart.")
@pass_invocation
def show(invocation: Invocation, name: str, *, as_mermaid: bool) -> None:
    """Draw a workflow, or a run of one with how its steps stand.

    · not begun, ▶ under way, ✓ succeeded, ✗ failed, ⊘ cancelled, ○ skipped
    """

    async def read(store: Store, namespace: str) -> tuple[Workflow, dict[str, Stand] | None]:
        try:
            return await graphs.stored_workflow(store, namespace, name), None
        except NotFound:
            return await _run(store, namespace, name)

    workflow, stands = with_store(invocation, read)
    if invocation.json:
        steps = {step: (stands or {}).get(step) for step in workflow.steps}
        print_json(
            {
                "id": name,
                "workflow": workflow.name,
                "version": workflow.version,
                "steps": {step: stand.end.value if stand else None for step, stand in steps.items()},
            }
        )
    elif as_mermaid:
        click.echo(mermaid(workflow, stands), nl=False)
    else:
        click.echo("\n".join(lines(workflow, stands)))


async def _run(store: Store, namespace: str, name: str) -> tuple[Workflow, dict[str, Stand]]:
    try:
        found = await runs.view(store, namespace, name)
    except NotFound as error:
        raise NotFound("workflow or run", name, "`beltline workflows ls` lists the workflows") from error
    return found.workflow, dict(found.stands)


@workflows.command("versions", epilog=example("beltline workflows versions etl --json"))
@click.argument("name")
@number_option("--limit", least=1, most=1_000, default=50, text="How many.")
@pass_invocation
def versions(invocation: Invocation, name: str, *, limit: int) -> None:
    """List the versions of a workflow, the newest first."""

    async def read(store: Store, namespace: str) -> tuple[list[StoredWorkflow], int]:
        await graphs.stored_version(store, namespace, name, None)
        return await store.workflows.versions(namespace, name, limit=limit), store.now()

    found, now = with_store(invocation, read)
    if invocation.json:
        print_list([workflow_shape(each) for each in found])
        return
    rows = [
        (each.version, str(len(json.loads(each.graph)["steps"])), age(each.applied_at, now)) for each in found
    ]
    print_table(["version", "steps", "applied"], rows)


@workflows.command("start", epilog=example('beltline workflows start etl \'{"day": "2026-11-22"}\''))
@click.argument("name")
@click.argument("payload", default="{}")
@click.option("--id", "job_id", metavar="ID", help="The run's id; the same id again means the same run.")
@pass_invocation
def start(invocation: Invocation, name: str, payload: str, *, job_id: str | None) -> None:
    """Start a run of the workflow NAME with PAYLOAD, a JSON value, as its input; print its id."""
    given = parse_json(payload)

    async def work(store: Store, namespace: str) -> str:
        options = JobOptions(id=job_id, actor=actor())
        return await engine.start(store, namespace, name, given, random=Draws(), options=options)

    started = with_store(invocation, work)
    if invocation.json:
        print_json({"id": started, "workflow": name})
    else:
        click.echo(started)


@command("signal", epilog=example("beltline signal 06f2k9… approval '{\"ok\": true}'"))
@click.argument("job_id", metavar="ID")
@click.argument("name")
@click.argument("payload", default="null")
@pass_invocation
def signal(invocation: Invocation, job_id: str, name: str, payload: str) -> None:
    """Send the signal NAME, with PAYLOAD as JSON, to the run ID of a workflow.

    It may come before the step that waits for it; of several of one name the first counts.
    """
    given = parse_json(payload)

    async def work(store: Store, namespace: str) -> bool:
        return await runs.signal(store, namespace, job_id, name, given, actor=actor())

    is_first = with_store(invocation, work)
    if invocation.json:
        print_json({"id": job_id, "signal": name, "is_first": is_first})
    else:
        note(f"signal {name} " + ("sent" if is_first else "was sent before, and that one counts"))
