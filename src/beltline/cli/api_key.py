"""`beltline api-key`."""

from __future__ import annotations

from collections.abc import Sequence

import click

from beltline.cli.command import Invocation, actor, example, group, pass_invocation, why_option
from beltline.cli.opened import with_store
from beltline.cli.output import note, print_json, print_list, print_table
from beltline.cli.text import age
from beltline.core.roles import Role
from beltline.engine.api_keys import MadeApiKey, create_api_key, revoke_api_key, rotate_api_key
from beltline.store.api_keys import ApiKey
from beltline.store.contract import Store
from beltline.wire.shapes import api_key_shape


@group(
    "api-key",
    epilog=example(
        """
        beltline api-key create --role submitter --name shop
        beltline api-key ls
        beltline api-key rotate 06f2k9… --overlap 24h
        beltline api-key revoke 06f2k9…
        """
    ),
)
def api_key() -> None:
    """Make, list, rotate and revoke the API keys of a namespace."""


@api_key.command(
    "create",
    epilog=example(
        """
        beltline api-key create --role admin --json
        beltline api-key create --role worker --definition 'mail.*' --expires 90d
        """
    ),
)
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    required=True,
    help="What the key may do: docs/rest.md has the table.",
)
@click.option("--name", default="", metavar="NAME", help="What people call the key.")
@click.option(
    "--definition",
    "definitions",
    multiple=True,
    metavar="PATTERN",
    help="With --role worker: only jobs of these definitions; repeatable.",
)
@click.option("--expires", metavar="TIME", help="When it ends: a duration such as 90d, or a moment.")
@pass_invocation
def create(
    invocation: Invocation, /, *, role: str, name: str, definitions: Sequence[str], expires: str | None
) -> None:
    """Make an API key and print its token, which nobody can read again."""
    from beltline.app import chance

    async def make(store: Store, namespace: str) -> tuple[MadeApiKey, int]:
        made = await create_api_key(
            store,
            namespace,
            Role(role),
            actor=actor(),
            random=chance(),
            name=name,
            definitions=tuple(definitions) or None,
            expires=expires,
        )
        return made, store.now()

    _print_made(invocation, *with_store(invocation, make))


@api_key.command("ls", epilog=example("beltline api-key ls --json"))
@pass_invocation
def ls(invocation: Invocation) -> None:
    """List the API keys of the namespace, newest first."""

    async def read(store: Store, namespace: str) -> tuple[list[ApiKey], int]:
        return await store.api_keys.page(namespace), store.now()

    found, now = with_store(invocation, read)
    if invocation.json:
        print_list([api_key_shape(key, now) for key in found])
        return
    columns = ["id", "name", "role", "state", "prefix", "created", "expires", "last used"]
    print_table(columns, [_row(key, now) for key in found], empty="no API keys yet")


@api_key.command("rotate", epilog=example("beltline api-key rotate 06f2k9… --overlap 7d"))
@click.argument("key_id", metavar="ID")
@click.option(
    "--overlap", metavar="TIME", default="24h", show_default=True, help="How long the old key still works."
)
@pass_invocation
def rotate(invocation: Invocation, key_id: str, *, overlap: str) -> None:
    """Make an API key in place of another, which works on for a while."""
    from beltline.app import chance

    async def make(store: Store, namespace: str) -> tuple[MadeApiKey, int]:
        made = await rotate_api_key(store, namespace, key_id, actor=actor(), random=chance(), overlap=overlap)
        return made, store.now()

    _print_made(invocation, *with_store(invocation, make))


@api_key.command("revoke", epilog=example("beltline api-key revoke 06f2k9… --why 'laptop lost'"))
@click.argument("key_ids", metavar="ID...", nargs=-1, required=True)
@why_option
@pass_invocation
def revoke(invocation: Invocation, key_ids: Sequence[str], *, why: str) -> None:
    """End API keys; a running service notices within five seconds."""

    async def end(store: Store, namespace: str) -> tuple[list[ApiKey], int]:
        found = [await revoke_api_key(store, namespace, key_id, actor=actor(), why=why) for key_id in key_ids]
        return found, store.now()

    found, now = with_store(invocation, end)
    if invocation.json:
        print_list([api_key_shape(key, now) for key in found])
    else:
        for key in found:
            note(f"API key {key.id} is revoked")


def _print_made(invocation: Invocation, made: MadeApiKey, now: int) -> None:
    if invocation.json:
        print_json({**api_key_shape(made.key, now), "key": made.token})
        return
    click.echo(made.token)
    note(f"API key {made.key.id} of role {made.key.role}; its token is shown this once")


def _row(key: ApiKey, now: int) -> tuple[str, ...]:
    shape = api_key_shape(key, now)
    times = (age(at, now) for at in (key.created_at, key.expires_at, key.used_at))
    return (key.id, key.name or "-", key.role, shape["state"], key.prefix, *times)
