"""`beltline dead-letters runs`, `show-run` and `cancel-run`, and beginning a run."""

from __future__ import annotations

import asyncio
from typing import Final

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
from beltline.cli.dead_shapes import RUN_COLUMNS, meant, run_line, run_row, run_shape
from beltline.cli.faults import FAILED, OK
from beltline.cli.listing import LARGEST_PAGE
from beltline.cli.opened import with_store
from beltline.cli.output import note, print_fields, print_json, print_list, print_table
from beltline.cli.progress import bar
from beltline.cli.text import age, stamp
from beltline.client.draws import Draws
from beltline.core.rate import Rate
from beltline.engine import replays
from beltline.store.contract import Store
from beltline.store.dead_letters import LetterFilter
from beltline.store.replays import OPEN, ReplayRun, RunState

LOOK_S: Final = 0.5


@command("runs", epilog=example("beltline dead-letters runs\nbeltline dead-letters runs --ended --json"))
@click.option("--ended", is_flag=True, help="Those that have ended too.")
@number_option("--limit", least=1, most=LARGEST_PAGE, default=50, text="At most so many.")
@click.option("--before", metavar="RUN", help="The page after the one that ended with this run.")
@pass_invocation
def runs(invocation: Invocation, *, ended: bool, limit: int, before: str | None) -> None:
    """List replay runs, newest first; those named auto:… are what definitions ask for by themselves."""

    async def read(store: Store, namespace: str) -> tuple[list[ReplayRun], int]:
        found = await store.replays.page(namespace, ended=ended, before=before, limit=limit + 1)
        return found, store.now()

    found, now = with_store(invocation, read)
    shown = found[:limit]
    after = shown[-1].id if len(found) > limit else None
    if invocation.json:
        print_list([run_shape(run) for run in shown], cursor=after)
        return
    print_table(
        RUN_COLUMNS,
        [run_row(run, now) for run in shown],
        empty="no replay runs" if ended else "no open replay runs; --ended lists those that ended too",
    )
    if after:
        note(f"go on with --before {after}")


@command("show-run", epilog=example("beltline dead-letters show-run 06f2k9…"))
@click.argument("run_id", metavar="RUN")
@pass_invocation
def show_run(invocation: Invocation, run_id: str) -> None:
    """Show how far a replay run is, what became of its jobs, and why it ended."""

    async def read(store: Store, namespace: str) -> tuple[ReplayRun, int]:
        return await replays.fetch(store, namespace, run_id), store.now()

    run, now = with_store(invocation, read)
    if invocation.json:
        print_json(run_shape(run))
        return
    fields = [
        ("run", run.id),
        ("state", run.state.value),
        ("letters", meant(run)),
        ("rate", run.rate),
        ("stops on same error", "yes" if run.stop_on_same_error else ""),
        ("replayed", f"{run.replayed:,}" if run.policy else f"{run.replayed:,} of {run.total:,}"),
        ("succeeded", f"{run.succeeded:,}" if run.rate and not run.policy else ""),
        ("came back", f"{run.came_back:,}" if run.rate and not run.policy else ""),
        ("ended otherwise", f"{run.ended_otherwise:,}" if run.ended_otherwise else ""),
        ("begun", f"{stamp(run.created_at)} ({age(run.created_at, now)}) by {run.actor}"),
        ("why", run.why),
        ("ended", f"{stamp(run.ended_at)} ({age(run.ended_at, now)})" if run.ended_at else ""),
        ("ended by", run.ended_by),
    ]
    print_fields([(name, value) for name, value in fields if value])


@command("cancel-run", epilog=example("beltline dead-letters cancel-run 06f2k9… --why 'still broken'"))
@click.argument("run_id", metavar="RUN")
@why_option
@pass_invocation
def cancel_run(invocation: Invocation, run_id: str, *, why: str) -> None:
    """End a replay run: it replays no more; the jobs that it has replayed go on."""
    who = actor()
    run = with_store(
        invocation,
        lambda store, namespace: replays.cancel(store, namespace, run_id, actor=who, why=why),
    )
    if invocation.json:
        print_json(run_shape(run))
    else:
        click.echo(run_line(run))


def begin_run(
    invocation: Invocation,
    where: LetterFilter,
    *,
    rate: Rate | None,
    stop_on_same_error: bool,
    detach: bool,
    why: str,
) -> int:
    """Begin a run and, unless detached, follow it to its end; return the exit code."""
    who = actor()

    async def work(store: Store, namespace: str) -> ReplayRun:
        run = await replays.start(
            store,
            namespace,
            where,
            rate=rate,
            stop_on_same_error=stop_on_same_error,
            actor=who,
            why=why,
            random=Draws(),
        )
        if detach or run.state not in OPEN:
            return run
        if rate is not None and not invocation.json:
            note(
                f"replay run {run.id}: {run.total:,} letters at {run.rate}; workers carry it on without this"
                f" command, `beltline dead-letters cancel-run {run.id}` ends it"
            )
        return await _followed(store, namespace, run, shown=not invocation.json)

    run = with_store(invocation, work)
    if invocation.json:
        print_json(run_shape(run))
    else:
        click.echo(run_line(run))
    return FAILED if run.state in {RunState.STOPPED, RunState.CANCELLED} else OK


async def _followed(store: Store, namespace: str, run: ReplayRun, *, shown: bool) -> ReplayRun:
    """Return the run when it has ended. Its steps are taken here too, as by any worker."""
    with bar("dead letters", run.total, shown=shown) as progress:
        while run.state in OPEN:
            if not await replays.step(store, namespace, run):
                await asyncio.sleep(LOOK_S)
            run = await replays.fetch(store, namespace, run.id)
            progress.at(run.replayed)
    return run
