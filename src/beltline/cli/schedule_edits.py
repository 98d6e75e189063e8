"""`beltline schedules create`, `edit` and `preview`."""

from __future__ import annotations

import json
from typing import Any

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
from beltline.cli.schedule_options import fields_of, schedule_options
from beltline.cli.text import age, stamp
from beltline.definitions.schedule import Schedule, schedule_of
from beltline.definitions.timetable import timetable
from beltline.engine import schedules as verbs
from beltline.engine.schedules import Coming, ScheduleEdit, ScheduleRequest
from beltline.store.contract import Store
from beltline.store.schedules import StoredSchedule
from beltline.wire.schedules import coming_shape, schedule_shape


@command(
    "create",
    epilog=example(
        """
        beltline schedules create nightly report --cron '0 3 * * MON-FRI' --zone Europe/Berlin
        beltline schedules create pulse check --every 5m --jitter 30s --overlap allow
        beltline schedules create batch train --cron '0 18 * * *' --window 22:00-06:00 --latest 12h
        beltline schedules create daily load --cron @daily --tick-field day --payload '{"table": "sales"}'
        """
    ),
)
@click.argument("name", metavar="NAME")
@click.argument("definition", metavar="DEFINITION")
@schedule_options
@click.option("--payload", default="{}", metavar="JSON", help="The payload of each job.")
@click.option("--tick-field", metavar="FIELD", help="The field of the payload that gets the tick.")
@click.option("--paused", is_flag=True, help="Do not fire until it is resumed.")
@why_option
@pass_invocation
def create(
    invocation: Invocation,
    /,
    name: str,
    definition: str,
    *,
    payload: str,
    tick_field: str | None,
    paused: bool,
    why: str,
    **given: Any,
) -> None:
    """Make a schedule NAME of jobs of DEFINITION."""
    request = ScheduleRequest(
        name=name,
        definition=definition,
        schedule=schedule_of(fields_of(given)),
        payload=payload.encode(),
        tick_field=tick_field,
        paused=paused,
    )

    async def work(store: Store, namespace: str) -> tuple[StoredSchedule, int]:
        return await verbs.create(store, namespace, request, actor=actor(), why=why), store.now()

    _print_made(invocation, *with_store(invocation, work))


@command(
    "edit",
    epilog=example(
        """
        beltline schedules edit nightly --cron '30 4 * * *' --why 'after the backup'
        beltline schedules edit nightly --payload '{"table": "returns"}'
        beltline schedules edit nightly --without ''
        """
    ),
)
@click.argument("name", metavar="NAME")
@schedule_options
@click.option("--definition", metavar="DEFINITION", help="Make jobs of another definition.")
@click.option("--payload", metavar="JSON", help="The payload of each job.")
@click.option(
    "--tick-field", metavar="FIELD", help="The field of the payload that gets the tick; '' for none."
)
@why_option
@pass_invocation
def edit(
    invocation: Invocation,
    /,
    name: str,
    *,
    definition: str | None,
    payload: str | None,
    tick_field: str | None,
    why: str,
    **given: Any,
) -> None:
    """Change a schedule, from its next tick on. What is not given stays; '' takes dates and windows away."""
    change = ScheduleEdit(
        fields=fields_of(given),
        definition=definition,
        payload=None if payload is None else payload.encode(),
        tick_field=tick_field,
    )

    async def work(store: Store, namespace: str) -> tuple[StoredSchedule, int]:
        return await verbs.edit(store, namespace, name, change, actor=actor(), why=why), store.now()

    _print_made(invocation, *with_store(invocation, work))


@command(
    "preview",
    epilog=example(
        """
        beltline schedules preview nightly
        beltline schedules preview --cron '30 2 * * *' --zone Europe/Berlin --count 3
        """
    ),
)
@click.argument("name", metavar="[NAME]", required=False)
@schedule_options
@number_option("--count", least=1, most=verbs.MOST_PREVIEWED, default=10, text="So many ticks.")
@pass_invocation
def preview(invocation: Invocation, /, name: str | None, *, count: int, **given: Any) -> None:
    """Show the coming ticks of a schedule, stored or given by options, and when their jobs would start."""
    fields = fields_of(given)
    if name is None and not fields:
        raise click.UsageError("give the NAME of a schedule, or options such as --cron")

    async def work(store: Store, namespace: str) -> tuple[list[Coming], Schedule]:
        stored: dict[str, object] = {}
        if name is not None:
            stored = json.loads((await verbs.fetch(store, namespace, name)).spec)
        schedule = schedule_of({**stored, **fields})
        table = timetable(schedule)
        return verbs.preview(table, namespace, name or "", since=store.now(), count=count), schedule

    found, schedule = with_store(invocation, work)
    if invocation.json:
        print_list([coming_shape(coming, schedule.zone) for coming in found])
        return
    rows = [_coming_row(coming, schedule.zone) for coming in found]
    print_table(("tick", "local", "job starts"), rows, empty="no tick of this schedule lies ahead")


def _coming_row(coming: Coming, zone: str) -> tuple[str, ...]:
    shape = coming_shape(coming, zone)
    late = coming.starts_at - coming.tick
    starts = stamp(coming.starts_at) if late else "at the tick"
    return (stamp(coming.tick), str(shape["local"]), starts)


def _print_made(invocation: Invocation, row: StoredSchedule, now: int) -> None:
    if invocation.json:
        print_json(schedule_shape(row))
    elif row.paused:
        note(f"schedule {row.name} is paused")
    else:
        note(f"schedule {row.name} ticks next at {stamp(row.next_at)}, {age(row.next_at, now)}")
