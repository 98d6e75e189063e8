"""`beltline batches`."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol

import click

from beltline.cli.command import Invocation, actor, example, group, number_option, pass_invocation, why_option
from beltline.cli.opened import with_store
from beltline.cli.output import heading, note, print_fields, print_json, print_list, print_table
from beltline.cli.text import age, clean, one_line
from beltline.core.batch import Batch
from beltline.core.job import Job
from beltline.engine import batches as engine, control
from beltline.store.contract import Store
from beltline.wire.linked import batch_row_shape, tree_shape
from beltline.wire.masking import without_secrets
from beltline.wire.shapes import job_shape


@group("batches", epilog=example("beltline batches ls\nbeltline batches show 06f2k9…"))
def batches() -> None:
    """List, show and steer jobs with children: batches, and runs of workflows."""


@batches.command("ls", epilog=example("beltline batches ls\nbeltline batches ls --limit 5 --json"))
@number_option("--limit", least=1, most=1_000, default=50, text="How many.")
@pass_invocation
def ls(invocation: Invocation, *, limit: int) -> None:
    """List batches, newest first; those below others are left out."""

    async def read(store: Store, namespace: str) -> tuple[list[Batch], dict[str, Job], int]:
        found = await store.batches.page(namespace, limit=limit)
        jobs = await store.reads.get(namespace, [each.job_id for each in found])
        return found, {job.id: job for job in jobs}, store.now()

    found, jobs, now = with_store(invocation, read)
    if invocation.json:
        print_list([batch_row_shape(each, jobs.get(each.job_id)) for each in found])
        return
    columns = ["batch", "definition", "state", "children", "open", "failed", "begun"]
    print_table(columns, [_row(each, jobs.get(each.job_id), now) for each in found], empty="no batches")


@batches.command(
    "show", epilog=example("beltline batches show 06f2k9…\nbeltline batches show 06f2k9… --json")
)
@click.argument("job_id", metavar="ID")
@pass_invocation
def show(invocation: Invocation, job_id: str) -> None:
    """Show how far a batch and all below it are, and why jobs of it failed."""
    tree = with_store(invocation, lambda store, namespace: engine.tree_of(store, namespace, job_id))
    if invocation.json:
        print_json(tree_shape(tree))
        return
    found = tree.progress
    estimate = f"{found.fraction:.1%}"
    if found.low != found.high:
        estimate += f" (between {found.low:.1%} and {found.high:.1%}: {found.splitting} may still split)"
    print_fields(
        [
            ("batch", tree.job.id),
            ("definition", tree.job.definition),
            ("state", f"{tree.job.state.value} ({tree.job.reason.value})"),
            ("progress", estimate),
            ("items", f"{found.items:,}"),
            ("succeeded", f"{found.succeeded:,}"),
            ("failed", f"{found.failed:,}"),
            ("cancelled", f"{found.cancelled:,}"),
        ]
    )
    if tree.causes:
        heading("Why jobs failed")
        rows = [
            (f"{each.jobs:,}", one_line(each.error, 80), each.reason, each.example) for each in tree.causes
        ]
        print_table(["jobs", "error", "reason", "for instance"], rows)


class Action(Protocol):
    """What the engine does to a tree."""

    def __call__(
        self, store: Store, namespace: str, job_id: str, *, actor: str, why: str
    ) -> Awaitable[int | Job]:
        """Do it; return how many jobs it was done to, or the job."""
        ...


def _action(name: str, verb: Action, text: str, done: str) -> None:
    """Make the command that does something to a whole tree."""

    @batches.command(name, help=text, epilog=example(f"beltline batches {name} 06f2k9… --why 'wrong input'"))
    @click.argument("job_id", metavar="ID")
    @why_option
    @pass_invocation
    def act(invocation: Invocation, job_id: str, why: str) -> None:
        async def work(store: Store, namespace: str) -> tuple[int | Job, Job]:
            count = await verb(store, namespace, job_id, actor=actor(), why=why)
            job = await control.fetch(store, namespace, job_id)
            return count, (await without_secrets(store, namespace, [job]))[0]

        count, job = with_store(invocation, work)
        jobs = count if isinstance(count, int) else 1
        if invocation.json:
            print_json({"job": job_shape(job), "jobs": jobs})
        else:
            note(f"{jobs:,} jobs {done}")
            click.echo(f"{job.id} {job.state.value} ({job.reason.value})")


def _row(batch: Batch, job: Job | None, now: int) -> tuple[str, ...]:
    name, state = ("(removed)", "-") if job is None else (clean(job.definition), job.state.value)
    numbers = (f"{number:,}" for number in (batch.total, batch.open, batch.failed))
    return (batch.job_id, name, state, *numbers, age(batch.created_at, now))


_action("cancel", engine.cancel, "Cancel a batch and all below it.", "cancelled; what runs below is asked")
_action("pause", engine.pause, "Pause a batch and all below it.", "paused")
_action("resume", engine.resume, "Let a paused batch and all below it go on.", "resumed")
_action(
    "retry-failed",
    engine.retry_failed,
    "Run the failed jobs of a batch, or the failed steps of a run, again.",
    "run again",
)
