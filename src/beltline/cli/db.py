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
    _print(invocation, asyncio.run(_migrations(invocation.config().store.url, migrate=True)))


@db.command("status", epilog=example("beltline db status --json"))
@pass_invocation
def status(invocation: Invocation) -> int:
    """Print which migrations the store has; exit code 1 where some are missing."""
    found = asyncio.run(_migrations(invocation.config().store.url, migrate=False))
    _print(invocation, found)
    return OK if all(applied for _, applied in found) else FAILED


async def _migrations(url: str, *, migrate: bool) -> list[tuple[str, bool]]:
    from beltline.core.errors import SchemaOutdated
    from beltline.store.open import store_from_url

    store = store_from_url(url)
    try:
        try:
            await store.open(migrate=migrate)
        except SchemaOutdated:
            if migrate:
                raise
        return await store.migrations()
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
