"""`beltline triggers`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import IO, Any, Final

import click

from beltline.cli.command import Invocation, actor, example, group, pass_invocation
from beltline.cli.opened import with_store
from beltline.cli.output import note, print_fields, print_json, print_list, print_table
from beltline.cli.text import age
from beltline.core.durations import micros
from beltline.definitions.trigger import webhook_of
from beltline.engine import triggers as verbs
from beltline.engine.definitions import stored_definition
from beltline.engine.trigger_secrets import rotated
from beltline.store.contract import Store
from beltline.store.triggers import StoredTrigger
from beltline.wire.triggers import trigger_shape, trigger_state

COLUMNS: Final = ("trigger", "kind", "state", "definition", "check", "changed")


@group(
    "triggers",
    epilog=example(
        """
        beltline triggers create pushes build --secret env:HOOK_SECRET --field 'ref=body.ref'
        beltline triggers test pushes --body push.json
        beltline triggers ls
        """
    ),
)
def triggers() -> None:
    """Turn calls of webhooks into jobs: list, make, try, pause, remove."""


@triggers.command("ls", epilog=example("beltline triggers ls --json"))
@pass_invocation
def ls(invocation: Invocation) -> None:
    """List the triggers by name."""

    async def read(store: Store, namespace: str) -> tuple[list[StoredTrigger], int]:
        return await store.triggers.page(namespace), store.now()

    found, now = with_store(invocation, read)
    if invocation.json:
        print_list([trigger_shape(row) for row in found])
        return
    rows = [
        (
            row.name,
            row.kind,
            trigger_state(row),
            row.definition,
            verbs.shape_of(row)["check"],
            age(row.changed_at, now),
        )
        for row in found
    ]
    print_table(COLUMNS, rows, empty="no triggers yet: `beltline triggers create --help` shows how")


@triggers.command("show", epilog=example("beltline triggers show pushes"))
@click.argument("name", metavar="NAME")
@pass_invocation
def show(invocation: Invocation, name: str) -> None:
    """Show a trigger. It says where its secret lies, never what it is."""
    row = with_store(invocation, lambda store, namespace: verbs.fetch(store, namespace, name))
    if invocation.json:
        print_json(trigger_shape(row))
        return
    fields = [("trigger", row.name), ("state", trigger_state(row)), ("definition", row.definition)]
    spec = verbs.shape_of(row)
    texts = ((key, value if isinstance(value, str) else json.dumps(value)) for key, value in spec.items())
    print_fields([*fields, *texts])


@triggers.command(
    "create",
    epilog=example(
        """
        beltline triggers create pushes build --secret env:HOOK_SECRET --prefix sha256= --field ref=body.ref
        beltline triggers create orders ship --check key --header x-api-key --secret file:/run/key \\
            --when 'body.paid' --dedupe 'body.id' --field 'order=body.id' --field 'to=lower(body.city)'
        """
    ),
)
@click.argument("name", metavar="NAME")
@click.argument("definition", metavar="DEFINITION")
@click.option(
    "--secret", required=True, metavar="PLACE", help="Where the secret lies: env:NAME or file:/path."
)
@click.option(
    "--check",
    type=click.Choice(["hmac-sha256", "key"]),
    default="hmac-sha256",
    show_default=True,
    help="The header bears the body's signature, or the secret itself.",
)
@click.option("--header", default="x-signature-256", show_default=True, metavar="NAME", help="Which header.")
@click.option("--prefix", default="", metavar="TEXT", help="What stands before it: sha256=.")
@click.option(
    "--field",
    "pairs",
    multiple=True,
    metavar="FIELD=EXPRESSION",
    help="A field of the payload; may be repeated. Without any the body is the payload.",
)
@click.option("--when", metavar="EXPRESSION", help="Only calls for which this is true make a job.")
@click.option("--dedupe", metavar="EXPRESSION", help="Calls for which this is equal make one job.")
@click.option("--why", default="", metavar="TEXT", help="The reason, kept in the audit.")
@pass_invocation
def create(
    invocation: Invocation,
    /,
    name: str,
    definition: str,
    *,
    pairs: Sequence[str],
    why: str,
    **given: Any,
) -> None:
    """Make a webhook trigger NAME for jobs of DEFINITION."""
    payload = _payload(pairs)
    webhook = webhook_of({**given, "payload": payload})

    async def work(store: Store, namespace: str) -> StoredTrigger:
        return await verbs.create(store, namespace, name, definition, webhook, actor=actor(), why=why)

    row = with_store(invocation, work)
    if invocation.json:
        print_json(trigger_shape(row))
    else:
        note(f"trigger {name} makes jobs of {definition}")


@triggers.command(
    "test", epilog=example("beltline triggers test pushes --body push.json -H x-github-event=push")
)
@click.argument("name", metavar="NAME")
@click.option(
    "--body", type=click.File("rb"), required=True, help="The call's body, a JSON file; - reads it."
)
@click.option(
    "-H", "--header", "headers", multiple=True, metavar="NAME=VALUE", help="A header; may be repeated."
)
@pass_invocation
def test(invocation: Invocation, name: str, body: IO[bytes], headers: Sequence[str]) -> None:
    """Show what a call would come to, without its signature and without making a job."""
    call = verbs.Call({key.lower(): value for key, value in _pairs(headers, "--header").items()}, body.read())

    async def work(store: Store, namespace: str) -> tuple[bytes | None, str | None]:
        row = await verbs.fetch(store, namespace, name)
        definition = await stored_definition(store, namespace, row.definition)
        return verbs.mapped(webhook_of(verbs.shape_of(row)), definition, call)

    payload, key = with_store(invocation, work)
    if invocation.json:
        value = None if payload is None else json.loads(payload)
        print_json({"id": name, "makes_job": payload is not None, "payload": value, "dedupe": key})
    elif payload is None:
        note("no job: `when` is not true for this call")
    else:
        click.echo(payload.decode())


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
@click.option("--why", default="", metavar="TEXT", help="The reason, kept in the audit.")
@pass_invocation
def rotate(invocation: Invocation, name: str, secret: str, *, overlap: str, why: str) -> None:
    """Take another secret of a webhook: the one that lies at PLACE, env:NAME or file:/path.

    It must lie there on the machine that takes the calls before this is done.
    """
    overlap_us = micros(overlap, what="--overlap")

    async def work(store: Store, namespace: str) -> StoredTrigger:
        webhook = webhook_of(verbs.shape_of(await verbs.fetch(store, namespace, name)))
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
    @click.option("--why", default="", metavar="TEXT", help="The reason, kept in the audit.")
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
            note(f"trigger {row.name} is {'deleted' if name == 'delete' else trigger_state(row)}")


def _payload(pairs: Sequence[str]) -> dict[str, str] | None:
    return _pairs(pairs, "--field") or None


def _pairs(pairs: Sequence[str], hint: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"{pair!r} is not name=value", param_hint=hint)
        found[name] = value
    return found


_action("pause", text="Refuse the calls of triggers.")
_action("resume", text="Take the calls of triggers again.")
_action("delete", text="Remove triggers; their jobs stay.")
