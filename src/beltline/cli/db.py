"""`beltline db`."""

from __future__ import annotations

import asyncio

import click

from beltline.cli.command import Invocation, example, group, pass_invocation
from beltline.cli.faults import FAILED, OK
from beltline.cli.output import print_list, print_table


@group("db", epilog=example("beltline db status\nbeltline db migrate"))
def db() -> None:
    """Migrate the store's schema or look at it."""


@db.command("migrate", epilog=example("beltline db migrate --store postgresql://me@localhost/jobs"))
@pass_invocation
def migrate(invocation: Invocation) -> None:
    """Bring the schema up to date; a store that is up to date is left as it is."""
    _print(invocation, asyncio.run(_migrated(invocation.config().store.url)))


@db.command("status", epilog=example("beltline db status --json"))
@pass_invocation
def status(invocation: Invocation) -> int:
    """Print which migrations the store has; exit code 1 where some are missing."""
    found = asyncio.run(_looked_up(invocation.config().store.url))
    _print(invocation, found)
    return OK if all(applied for _, applied in found) else FAILED


async def _migrated(url: str) -> list[tuple[str, bool]]:
    from beltline.store.open import store_from_url

    store = store_from_url(url)
    try:
        await store.open(migrate=True)
        return await store.migrations()
    finally:
        await store.close()


async def _looked_up(url: str) -> list[tuple[str, bool]]:
    """Look without opening, which would make a missing file; what seems up to date is opened, to be sure."""
    from beltline.store.open import store_from_url

    store = store_from_url(url)
    try:
        found = await store.migrations()
        if all(applied for _, applied in found):
            await store.open(migrate=False)
        return found
    finally:
        await store.close()


def _print(invocation: Invocation, migrations: list[tuple[str, bool]]) -> None:
    if invocation.json:
        print_list(
            [{"id": name, "state": "applied" if applied else "pending"} for name, applied in migrations]
        )
    else:
        print_table(
            ["migration", "state"],
            [(name, "applied" if applied else "pending") for name, applied in migrations],
        )
        missing = sum(not applied for _, applied in migrations)
        click.echo("up to date" if not missing else f"{missing} pending: run `beltline db migrate`", err=True)
