"""`beltline audit`."""

from __future__ import annotations

import click

from beltline.cli.command import Invocation, example, group, number_option, pass_invocation
from beltline.cli.faults import FAILED, OK
from beltline.cli.listing import LARGEST_PAGE
from beltline.cli.opened import with_store
from beltline.cli.output import note, print_json, print_list, print_table
from beltline.cli.text import stamp
from beltline.engine.audit import verify_audit
from beltline.store.contract import Store
from beltline.store.params import AuditRow
from beltline.wire.shapes import audit_shape


@group("audit", epilog=example("beltline audit ls\nbeltline audit verify"))
def audit() -> None:
    """See what operators did, and prove that the record is whole."""


@audit.command("ls", epilog=example("beltline audit ls --limit 20\nbeltline audit ls --after 1000 --json"))
@click.option("--after", type=click.IntRange(0), default=0, metavar="ID", help="Only entries after this one.")
@number_option("--limit", least=1, most=LARGEST_PAGE, default=100, text="At most so many.")
@pass_invocation
def ls(invocation: Invocation, *, after: int, limit: int) -> None:
    """List what was done, oldest first."""

    async def read(store: Store, namespace: str) -> list[AuditRow]:
        return await store.audit.page(namespace, after=after, limit=limit)

    rows = with_store(invocation, read)
    cursor = rows[-1].seq if len(rows) == limit else None
    if invocation.json:
        print_list([audit_shape(row) for row in rows], cursor=cursor)
        return
    print_table(
        ["id", "at", "actor", "action", "target", "reason"],
        [(str(row.seq), stamp(row.at), row.actor, row.action, row.target, row.reason) for row in rows],
        empty="nothing was done yet",
    )
    if cursor is not None:
        note(f"go on with --after {cursor}")


@audit.command("verify", epilog=example("beltline audit verify --json"))
@pass_invocation
def verify(invocation: Invocation) -> int:
    """Find any entry that was altered, removed or moved; exit code 1 where there is one.

    Note the head that is printed: a later run whose entries no longer hold it shows that the end was cut off.
    """
    found = with_store(invocation, verify_audit)
    if invocation.json:
        print_json(
            {
                "verified": found.broken_at is None,
                "entries": found.entries,
                "broken_at": found.broken_at,
                "head": found.head,
            }
        )
    elif found.broken_at is None:
        click.echo(f"{found.entries:,} entries are whole; head {found.head}")
    else:
        click.echo(f"entry {found.broken_at} does not follow from the {found.entries:,} before it", err=True)
    return OK if found.broken_at is None else FAILED
