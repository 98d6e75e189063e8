"""`beltline definitions`."""

from __future__ import annotations

import json
from collections import Counter

import click

from beltline.cli.command import Invocation, example, group, pass_invocation
from beltline.cli.opened import with_store
from beltline.cli.output import note, print_list, print_table
from beltline.cli.text import age
from beltline.engine.capacity import live_versions
from beltline.store.contract import Store
from beltline.store.params import Definition
from beltline.wire.shapes import definition_shape


@group("definitions", epilog=example("beltline definitions ls\nbeltline definitions apply app.py"))
def definitions() -> None:
    """List job definitions and apply those of an app."""


@definitions.command("ls", epilog=example("beltline definitions ls --json"))
@pass_invocation
def ls(invocation: Invocation) -> None:
    """List the newest version of each job definition, and which versions live workers have."""

    async def read(store: Store, namespace: str) -> tuple[list[Definition], dict[str, Counter[str]], int]:
        page = await store.definitions.page(namespace)
        return page, await live_versions(store, namespace), store.now()

    found, live, now = with_store(invocation, read)
    if invocation.json:
        print_list(
            [
                {**definition_shape(definition), "live_versions": dict(live.get(definition.name, {}))}
                for definition in found
            ]
        )
        return
    columns = ["definition", "version", "workers have", "queue", "attempts", "owner", "applied"]
    print_table(
        columns,
        [_row(definition, live.get(definition.name), now) for definition in found],
        empty="no definitions yet: `beltline definitions apply APP`, or start a worker",
    )


@definitions.command(
    "apply", epilog=example("beltline definitions apply app.py\nbeltline definitions apply shop.jobs:belt")
)
@click.argument("app")
@pass_invocation
def apply(invocation: Invocation, app: str) -> None:
    """Store the job definitions, schedules and triggers of APP: others can use them before a worker runs."""
    from beltline.client.loading import load_app, store_of
    from beltline.engine import triggers
    from beltline.engine.definitions import apply_definitions
    from beltline.engine.schedules import declare

    belt = load_app(app)

    async def write(store: Store, namespace: str) -> tuple[list[str], list[Definition]]:
        changed = await apply_definitions(store, namespace, belt.registry)
        await declare(store, namespace, tuple(belt.declared), belt.registry.names())
        await triggers.declare(store, namespace, tuple(belt.declared_triggers), belt.registry.names())
        return changed, await store.definitions.page(namespace)

    changed, found = with_store(invocation, write, at=store_of(belt, invocation.config().store))
    mine = set(belt.registry.names())
    if invocation.json:
        items = [
            {
                **definition_shape(definition),
                "state": "changed" if definition.name in changed else "unchanged",
            }
            for definition in found
            if definition.name in mine
        ]
        print_list(items)
        return
    for name in sorted(mine):
        click.echo(f"{name} {'changed' if name in changed else 'unchanged'}")
    if not mine:
        note(f"{app} defines no jobs: decorate functions with @belt.job")


def _row(definition: Definition, live: Counter[str] | None, now: int) -> tuple[str, ...]:
    policies = json.loads(definition.policies or "{}")
    attempts = str(policies.get("max_attempts", "-"))
    owner = definition.owner or "-"
    return (
        definition.name,
        definition.version,
        ", ".join(f"{version} ({workers})" for version, workers in sorted((live or {}).items())) or "-",
        definition.queue,
        attempts,
        owner,
        age(definition.applied_at, now),
    )
