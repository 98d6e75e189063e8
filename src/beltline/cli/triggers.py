"""`beltline triggers`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import IO, Any

import click

from beltline.cli.command import Invocation, actor, example, group, number_option, pass_invocation, why_option
from beltline.cli.opened import with_store
from beltline.cli.output import heading, note, print_fields, print_json, print_list, print_table
from beltline.cli.trigger_options import fields_of, pairs_of, trigger_options
from beltline.cli.trigger_shapes import (
    COLUMNS,
    COUNT_COLUMNS,
    REFUSAL_COLUMNS,
    WAIT_COLUMNS,
    count_row,
    fields_of as shown_fields,
    refusal_row,
    shown,
    trigger_row,
    wait_row,
)
from beltline.core.durations import micros
from beltline.definitions.trigger import KINDS, rule_of
from beltline.engine import trigger_trials, trigger_waits, triggers as verbs
from beltline.engine.trigger_secrets import rotated
from beltline.engine.trigger_trials import Sample, Standing
from beltline.engine.trigger_waits import Waits
from beltline.store.contract import Store
from beltline.store.triggers import NewEvent, StoredTrigger
from beltline.wire.triggers import tried_shape, trigger_shape, trigger_state, waits_shape

MOST_REFUSED = 100


@group(
    "triggers",
    epilog=example(
        """
        beltline triggers create pushes build --secret env:HOOK_SECRET --field 'ref=body.ref'
        beltline triggers create after report --kind outcome --of load --field 'rows=result.rows'
        beltline triggers create scans read --kind object --place /srv/scans --glob '*.pdf'
        beltline triggers test pushes --body push.json
        beltline triggers show pushes
        """
    ),
)
def triggers() -> None:
    """Turn outside events into jobs: list, make, edit, try, pause, remove what does."""


@triggers.command("ls", epilog=example("beltline triggers ls --json"))
@pass_invocation
def ls(invocation: Invocation) -> None:
    """List the triggers by name."""

    async def read(store: Store, namespace: str) -> tuple[list[StoredTrigger], int]:
        return await verbs.everything(store, namespace), store.now()

    found, now = with_store(invocation, read)
    if invocation.json:
        print_list([trigger_shape(row) for row in found])
        return
    rows = [trigger_row(row, now) for row in found]
    print_table(COLUMNS, rows, empty="no triggers yet: `beltline triggers create --help` shows how")


@triggers.command(
    "show", epilog=example("beltline triggers show pushes\nbeltline triggers show pushes --json")
)
@click.argument("name", metavar="NAME")
@number_option(
    "--refused",
    least=0,
    most=MOST_REFUSED,
    default=5,
    text="How many of the newest events that could not become a job.",
)
@pass_invocation
def show(invocation: Invocation, name: str, *, refused: int) -> None:
    """Show a trigger, and what became of its events. It says where its secret lies, never what it is."""

    async def read(store: Store, namespace: str) -> tuple[Standing, int]:
        return await trigger_trials.standing(store, namespace, name, refusals=refused), store.now()

    standing, now = with_store(invocation, read)
    if invocation.json:
        print_json(shown(standing))
        return
    print_fields(shown_fields(standing, now))
    counts = [count_row(count, now) for count in standing.counts if count.events]
    if counts:
        heading("events")
        print_table(COUNT_COLUMNS, counts)
    if standing.refusals:
        heading("newest refused")
        print_table(REFUSAL_COLUMNS, [refusal_row(each, now) for each in standing.refusals])


@triggers.command("explain", epilog=example("beltline triggers explain orders"))
@click.argument("name", metavar="NAME")
@pass_invocation
def explain(invocation: Invocation, name: str) -> None:
    """Say what the events wait for that a trigger holds for its window."""

    async def read(store: Store, namespace: str) -> tuple[Waits, int]:
        return await trigger_waits.explain(store, namespace, name), store.now()

    found, now = with_store(invocation, read)
    if invocation.json:
        print_json(waits_shape(found))
        return
    click.echo(f"trigger {name}: {found.summary}")
    if found.events:
        print_table(WAIT_COLUMNS, [wait_row(each, now) for each in found.events])
    for hint in found.hints:
        note(f"  {hint}")


@triggers.command(
    "create",
    epilog=example(
        """
        beltline triggers create pushes build --secret env:HOOK_SECRET --prefix sha256= --field ref=body.ref
        beltline triggers create orders ship --check key --header x-api-key --secret file:/run/key \\
            --when 'body.paid' --dedupe 'body.id' --field 'order=body.id' --field 'to=lower(body.city)'
        beltline triggers create after report --kind outcome --of load --field 'rows=result' --debounce 10s/1m
        beltline triggers create scans read --kind object --place s3://scans/in/ --glob '**/*.pdf'
        beltline triggers create mail send --kind message --source spool:///var/spool/mail --gather 100/30s
        """
    ),
)
@click.argument("name", metavar="NAME")
@click.argument("definition", metavar="DEFINITION")
@click.option(
    "--kind", type=click.Choice(list(KINDS)), default="webhook", show_default=True, help="What it waits for."
)
@trigger_options
@why_option
@pass_invocation
def create(
    invocation: Invocation,
    /,
    name: str,
    definition: str,
    *,
    kind: str,
    why: str,
    **given: Any,
) -> None:
    """Make a trigger NAME for jobs of DEFINITION."""
    rule = rule_of(kind, fields_of(given))

    async def work(store: Store, namespace: str) -> StoredTrigger:
        return await verbs.create(store, namespace, name, definition, rule, actor=actor(), why=why)

    row = with_store(invocation, work)
    if invocation.json:
        print_json(trigger_shape(row))
    else:
        note(f"trigger {name} makes jobs of {definition}")


@triggers.command(
    "edit",
    epilog=example(
        """
        beltline triggers edit orders --when 'body.paid and body.total > 10' --why 'small ones go by mail'
        beltline triggers edit orders --throttle 100/1m
        beltline triggers edit orders --clear window --clear when
        """
    ),
)
@click.argument("name", metavar="NAME")
@trigger_options
@click.option(
    "--clear", multiple=True, metavar="FIELD", help="Take a field back to its default; may be repeated."
)
@why_option
@pass_invocation
def edit(invocation: Invocation, /, name: str, *, clear: Sequence[str], why: str, **given: Any) -> None:
    """Change a trigger, from its next event on. What is not given stays."""
    fields = {**dict.fromkeys(clear), **fields_of(given)}

    async def work(store: Store, namespace: str) -> StoredTrigger:
        return await verbs.edit(store, namespace, name, fields, actor=actor(), why=why)

    row = with_store(invocation, work)
    if invocation.json:
        print_json(trigger_shape(row))
    else:
        note(f"trigger {name} is changed")


@triggers.command(
    "test",
    epilog=example(
        """
        beltline triggers test pushes --body push.json -H x-github-event=push
        beltline triggers test after --job 01q3enhrg0v3rs3dtr98h6bcfn
        beltline triggers test scans --object 2026/11/scan.pdf
        """
    ),
)
@click.argument("name", metavar="NAME")
@click.option("--body", type=click.File("rb"), help="webhook, message: the body, a JSON file; - reads it.")
@click.option(
    "-H", "--header", "headers", multiple=True, metavar="NAME=VALUE", help="A header; may be repeated."
)
@click.option("--job", "job_id", metavar="ID", help="outcome: a job that has ended.")
@click.option("--object", "object_name", metavar="NAME", help="object: a name below the place.")
@pass_invocation
def test(
    invocation: Invocation,
    name: str,
    *,
    body: IO[bytes] | None,
    headers: Sequence[str],
    job_id: str | None,
    object_name: str | None,
) -> None:
    """Show what an event would come to, without its signature and without making a job."""
    data = None if body is None else body.read()
    sample = Sample(data, pairs_of(headers, "--header"), job_id, object_name)

    async def work(store: Store, namespace: str) -> NewEvent | None:
        return await trigger_trials.tried(store, namespace, await verbs.fetch(store, namespace, name), sample)

    found = with_store(invocation, work)
    if invocation.json:
        print_json(tried_shape(name, found))
    elif found is None:
        note("no job: `when`, or what the trigger waits for, does not hold for this event")
    else:
        click.echo(found.payload.decode())


@triggers.command(
    "rotate",
    epilog=example(
        """
        beltline triggers rotate pushes env:HOOK_SECRET_2
        beltline triggers rotate orders file:/run/key2 --overlap 0s --why 'it leaked'
        """
    ),
)
@click.argument("name", metavar="NAME")
@click.argument("secret", metavar="PLACE")
@click.option(
    "--overlap",
    default="24h",
    show_default=True,
    metavar="TIME",
    help="For so long the former secret is taken too.",
)
@why_option
@pass_invocation
def rotate(invocation: Invocation, name: str, secret: str, *, overlap: str, why: str) -> None:
    """Take another secret of a webhook: the one that lies at PLACE, env:NAME or file:/path.

    It must lie there on the machine that takes the calls before this is done.
    """
    overlap_us = micros(overlap, what="--overlap")

    async def work(store: Store, namespace: str) -> StoredTrigger:
        webhook = verbs.webhook_of(await verbs.fetch(store, namespace, name))
        fields = rotated(webhook, secret, overlap_us, now=store.now())
        return await verbs.edit(store, namespace, name, fields, actor=actor(), why=why)

    row = with_store(invocation, work)
    if invocation.json:
        print_json(trigger_shape(row))
    else:
        until = verbs.shape_of(row).get("former_until")
        note(
            f"trigger {name} takes {secret}" + ("" if until is None else f", and the former one till {until}")
        )


def _action(name: str, *, text: str) -> None:
    """Make the command that does one thing to triggers."""

    @triggers.command(name, help=text, epilog=example(f"beltline triggers {name} pushes"))
    @click.argument("names", metavar="NAME...", nargs=-1, required=True)
    @why_option
    @pass_invocation
    def act(invocation: Invocation, names: Sequence[str], why: str) -> None:
        async def one(store: Store, namespace: str, each: str) -> StoredTrigger:
            if name == "delete":
                return await verbs.delete(store, namespace, each, actor=actor(), why=why)
            paused = name == "pause"
            return await verbs.set_paused(store, namespace, each, paused=paused, actor=actor(), why=why)

        async def work(store: Store, namespace: str) -> list[StoredTrigger]:
            return [await one(store, namespace, each) for each in dict.fromkeys(names)]

        rows = with_store(invocation, work)
        if invocation.json:
            print_list([trigger_shape(row) for row in rows])
            return
        for row in rows:
            again = "; its declaration in code makes it again" if name == "delete" and row.declared else ""
            note(f"trigger {row.name} is {'deleted' if name == 'delete' else trigger_state(row)}{again}")


_action("pause", text="Take no events of triggers; what is held waits.")
_action("resume", text="Take the events of triggers again.")
_action("delete", text="Remove triggers with what they hold; their jobs stay.")
