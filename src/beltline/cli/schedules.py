"""`beltline schedules`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias

import click

from beltline.cli.backfills import backfill, backfills, cancel_backfill
from beltline.cli.command import Invocation, actor, example, group, number_option, pass_invocation, why_option
from beltline.cli.opened import with_store
from beltline.cli.output import heading, note, print_fields, print_json, print_list, print_table
from beltline.cli.schedule_edits import create, edit, preview
from beltline.cli.schedule_shapes import (
    COLUMNS,
    FIRE_COLUMNS,
    fire_row,
    schedule_row,
    when_of,
)
from beltline.cli.text import age, stamp
from beltline.engine import schedules as verbs
from beltline.store.contract import Store
from beltline.store.schedules import Fire, StoredSchedule
from beltline.wire.schedules import fire_shape, is_edited, schedule_shape, state_of

Verb: TypeAlias = Callable[..., Awaitable[StoredSchedule]]

LARGEST_PAGE: Final = 1_000


@group(
    "schedules",
    epilog=example(
        """
        beltline schedules ls
        beltline schedules create nightly report --cron '0 3 * * *' --zone Europe/Berlin
        beltline schedules preview nightly
        beltline schedules pause nightly --why 'moving the database'
        """
    ),
)
def schedules() -> None:
    """Make jobs at set times: list, make, edit, pause, fire, look ahead, backfill."""


@schedules.command("ls", epilog=example("beltline schedules ls\nbeltline schedules ls --json"))
@pass_invocation
def ls(invocation: Invocation) -> None:
    """List the schedules by name."""

    async def read(store: Store, namespace: str) -> tuple[list[StoredSchedule], int]:
        return await verbs.everything(store, namespace), store.now()

    found, now = with_store(invocation, read)
    if invocation.json:
        print_list([schedule_shape(row) for row in found])
        return
    rows = [schedule_row(row, now) for row in found]
    print_table(COLUMNS, rows, empty="no schedules yet: `beltline schedules create --help` shows how")


@schedules.command(
    "show", epilog=example("beltline schedules show nightly\nbeltline schedules show nightly --json")
)
@click.argument("name", metavar="NAME")
@number_option(
    "--fires", "limit", least=0, most=LARGEST_PAGE, default=10, text="How many of its newest fires."
)
@pass_invocation
def show(invocation: Invocation, name: str, *, limit: int) -> None:
    """Show a schedule, and what became of its newest ticks."""

    async def read(store: Store, namespace: str) -> tuple[StoredSchedule, list[Fire], int]:
        row = await verbs.fetch(store, namespace, name)
        fires = await store.schedules.fires(namespace, name, limit=limit) if limit else []
        return row, fires, store.now()

    row, fires, now = with_store(invocation, read)
    if invocation.json:
        print_json({**schedule_shape(row), "fires": [fire_shape(fire) for fire in fires]})
        return
    print_fields(_fields(row, now))
    if fires:
        heading("newest fires")
        print_table(FIRE_COLUMNS, [fire_row(fire) for fire in fires])


def _fields(row: StoredSchedule, now: int) -> list[tuple[str, str]]:
    fields = schedule_shape(row)
    others = {
        name: value for name, value in fields["schedule"].items() if name not in {"cron", "every", "at"}
    }
    origin = "code" if row.declared is not None else "an operator"
    found = [
        ("schedule", row.name),
        ("state", state_of(row)),
        ("when", when_of(row.spec)),
        *((name, str(value)) for name, value in others.items()),
        ("definition", row.definition),
        ("payload", row.payload.decode()),
        ("declared by", f"{origin}, edited since" if is_edited(row) else origin),
        ("next tick", f"{stamp(row.next_at)} ({age(row.next_at, now)})" if row.next_at else "none"),
        ("last fired", f"{stamp(row.last_fired_at)}, job {row.last_job}" if row.last_job else "never"),
    ]
    if row.buffered is not None:
        found.append(("waiting", f"{stamp(row.buffered)}, for the end of {', '.join(row.open_jobs)}"))
    return found


def _action(name: str, verb: Verb, *, text: str, said: str) -> None:
    """Make the command that does one thing to schedules."""

    @schedules.command(name, help=text, epilog=example(f"beltline schedules {name} nightly hourly"))
    @click.argument("names", metavar="NAME...", nargs=-1, required=True)
    @why_option
    @pass_invocation
    def act(invocation: Invocation, names: Sequence[str], why: str) -> None:
        async def work(store: Store, namespace: str) -> list[StoredSchedule]:
            return [
                await verb(store, namespace, each, actor=actor(), why=why) for each in dict.fromkeys(names)
            ]

        rows = with_store(invocation, work)
        if invocation.json:
            print_list([schedule_shape(row) for row in rows])
            return
        for row in rows:
            again = "; its declaration in code makes it again" if said == "deleted" and row.declared else ""
            note(f"schedule {row.name} is {said}{again}")


@schedules.command("fire", epilog=example("beltline schedules fire nightly --why 'the input came late'"))
@click.argument("name", metavar="NAME")
@why_option
@pass_invocation
def fire(invocation: Invocation, name: str, why: str) -> None:
    """Make a job of a schedule now, also while it is paused. Prints the id of the job."""
    from beltline.client.draws import Draws

    async def work(store: Store, namespace: str) -> str:
        return await verbs.fire(store, namespace, name, random=Draws(), actor=actor(), why=why)

    job_id = with_store(invocation, work)
    if invocation.json:
        print_json({"id": job_id, "schedule": name})
    else:
        click.echo(job_id)


_action("pause", verbs.pause, text="Let no ticks of schedules fire; their jobs go on.", said="paused")
_action(
    "resume",
    verbs.resume,
    text="Let ticks fire again, from the next one on; those that came meanwhile are left out.",
    said="active",
)
_action("delete", verbs.delete, text="Remove schedules; their jobs stay.", said="deleted")
for each in (create, edit, preview, backfill, backfills, cancel_backfill):
    schedules.add_command(each)
