"""`beltline schedules backfill`, `backfills` and `cancel-backfill`."""

from __future__ import annotations

import click

from beltline.cli.command import (
    Invocation,
    actor,
    command,
    example,
    number_option,
    pass_invocation,
    why_option,
)
from beltline.cli.opened import with_store
from beltline.cli.output import note, print_json, print_list, print_table
from beltline.cli.schedule_shapes import BACKFILL_COLUMNS, backfill_row
from beltline.cli.text import stamp
from beltline.core.durations import moment
from beltline.engine import backfills as verbs
from beltline.store.backfills import Backfill
from beltline.store.contract import Store
from beltline.wire.schedules import backfill_shape
from beltline.wire.times import iso


@command(
    "backfill",
    epilog=example(
        """
        beltline schedules backfill nightly --since 2026-11-01T00:00+01:00 --until 2026-11-08T00:00+01:00
        beltline schedules backfill hourly --since 2026-11-01T00:00Z --until 2026-11-02T00:00Z --at-once 4
        """
    ),
)
@click.argument("name", metavar="NAME")
@click.option("--since", required=True, metavar="WHEN", help="The first moment of the range.")
@click.option("--until", required=True, metavar="WHEN", help="The end of the range, not included.")
@click.option(
    "--at-once",
    type=int,
    default=verbs.DEFAULT_AT_ONCE,
    show_default=True,
    metavar="N",
    help="At most so many of its jobs are unfinished at a time.",
)
@click.option("--dry-run", is_flag=True, help="Only say how many ticks, and show some.")
@why_option
@pass_invocation
def backfill(
    invocation: Invocation,
    /,
    name: str,
    *,
    since: str,
    until: str,
    at_once: int,
    dry_run: bool,
    why: str,
) -> None:
    """Make the jobs of a schedule's ticks in a range of the past. Prints the id of the backfill.

    Workers make them. Ticks that fired are left as they are, skipped ones are filled.
    """
    from beltline.client.draws import Draws

    first, end = moment(since, what="--since"), moment(until, what="--until")
    if dry_run:
        span = verbs.Span(first, end, at_once)
        ahead = with_store(
            invocation, lambda store, namespace: verbs.look_ahead(store, namespace, name, span)
        )
        if invocation.json:
            ticks = [iso(tick) for tick in ahead.ticks]
            print_json({"dry_run": True, "ticks": ahead.total, "sample": ticks, "backfill": None})
            return
        note(f"{ahead.total:,} ticks lie in the range; nothing was done")
        print_table(("tick",), [(stamp(tick),) for tick in ahead.ticks])
        return

    async def work(store: Store, namespace: str) -> Backfill:
        return await verbs.start(
            store,
            namespace,
            name,
            since=first,
            until=end,
            at_once=at_once,
            random=Draws(),
            actor=actor(),
            why=why,
        )

    row = with_store(invocation, work)
    if invocation.json:
        print_json(backfill_shape(row))
        return
    click.echo(row.id)
    note(f"{row.total:,} ticks; `beltline schedules backfills {name}` shows how far it is")


@command(
    "backfills", epilog=example("beltline schedules backfills\nbeltline schedules backfills nightly --json")
)
@click.argument("name", metavar="[NAME]", required=False)
@number_option("--limit", least=1, most=1_000, default=50, text="At most so many.")
@pass_invocation
def backfills(invocation: Invocation, name: str | None, *, limit: int) -> None:
    """List backfills, of one schedule or all, newest first."""

    async def read(store: Store, namespace: str) -> tuple[list[Backfill], int]:
        return await store.backfills.page(namespace, schedule=name, limit=limit), store.now()

    found, now = with_store(invocation, read)
    if invocation.json:
        print_list([backfill_shape(row) for row in found])
        return
    print_table(BACKFILL_COLUMNS, [backfill_row(row, now) for row in found], empty="no backfills")


@command("cancel-backfill", epilog=example("beltline schedules cancel-backfill 06f2k9… --why 'wrong week'"))
@click.argument("backfill_id", metavar="ID")
@why_option
@pass_invocation
def cancel_backfill(invocation: Invocation, backfill_id: str, *, why: str) -> None:
    """End a backfill, and cancel those of its jobs that are not final."""

    async def work(store: Store, namespace: str) -> Backfill:
        return await verbs.cancel(store, namespace, backfill_id, actor=actor(), why=why)

    row = with_store(invocation, work)
    if invocation.json:
        print_json(backfill_shape(row))
    else:
        note(f"backfill {row.id} is cancelled: {row.submitted:,} of {row.total:,} jobs had been made")
