"""`beltline explain`."""

from __future__ import annotations

import click

from beltline.cli.command import Invocation, command, example, pass_invocation
from beltline.cli.opened import with_store
from beltline.cli.output import print_json, print_table
from beltline.cli.text import clean
from beltline.engine.explain import explain as explained
from beltline.wire.linked import explanation_shape


@command("explain", epilog=example("beltline explain 06f2k9…\nbeltline explain 06f2k9… --json"))
@click.argument("job_id", metavar="ID")
@pass_invocation
def explain(invocation: Invocation, job_id: str) -> None:
    """Say why a job is not running, and what it waits for; or how it ended."""
    found = with_store(invocation, lambda store, namespace: explained(store, namespace, job_id))
    if invocation.json:
        print_json(explanation_shape(found))
        return
    click.echo(f"job {found.job.id} ({found.job.definition}): {clean(found.summary)}")
    if found.waits:
        print_table(["waits for", "id", "stands", "until"], [tuple(each) for each in found.waits])
    for hint in found.hints:
        click.echo(f"  {clean(hint)}", err=True)
