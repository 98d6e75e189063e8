"""`beltline jobs`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from beltline.cli.acting import Verb, act_on
from beltline.cli.artifacts import read_artifacts
from beltline.cli.command import Invocation, example, group, pass_invocation, why_option
from beltline.cli.faults import FAILED, OK
from beltline.cli.job_export import export
from beltline.cli.job_logs import logs
from beltline.cli.job_views import ARTIFACT_COLUMNS, COLUMNS, artifact_row, job_row, print_story, story_of
from beltline.cli.listing import filter_of, listing_options, print_page
from beltline.cli.opened import with_store
from beltline.cli.output import note, print_json, print_list, print_table
from beltline.cli.text import clean
from beltline.cli.watching import Display, watch_job
from beltline.core.durations import micros
from beltline.core.job import Job
from beltline.core.states import JobState
from beltline.engine import control
from beltline.engine.stacks import stack_of
from beltline.store.contract import Store
from beltline.wire.shapes import artifact_shape


@group(
    "jobs",
    epilog=example(
        """
        beltline jobs ls --state running
        beltline jobs show 06f2k9…
        beltline jobs cancel 06f2k9… 06f2m1… --why 'wrong input'
        """
    ),
)
def jobs() -> None:
    """List, show, watch and steer jobs."""


@jobs.command(
    "ls",
    epilog=example(
        """
        beltline jobs ls
        beltline jobs ls --state queued --state running --queue images
        beltline jobs ls --label customer=42 --json
        beltline jobs ls --sort finished --since '2026-11-28 12:00'
        """
    ),
)
@listing_options(JobState)
@pass_invocation
def ls(invocation: Invocation, /, *, limit: int, before: str | None, sort: str, **options: Any) -> None:
    """List jobs, the last first."""
    where = filter_of(**options)
    print_page(invocation, where, COLUMNS, job_row, limit=limit, before=before, sort=sort, empty="no jobs")


@jobs.command("show", epilog=example("beltline jobs show 06f2k9…\nbeltline jobs show 06f2k9… --json"))
@click.argument("job_id", metavar="ID")
@click.option("--full", is_flag=True, help="Do not cut long payloads, results and steps.")
@pass_invocation
def show(invocation: Invocation, job_id: str, *, full: bool) -> None:
    """Show everything about a job: state, reason, attempts, steps, error, times, payload, result."""
    story = with_store(invocation, lambda store, namespace: story_of(store, namespace, job_id))
    if invocation.json:
        print_json(story.shape())
    else:
        print_story(story, full=full)


@jobs.command(
    "watch", epilog=example("beltline jobs watch 06f2k9…\nbeltline jobs watch 06f2k9… --timeout 5m --json")
)
@click.argument("job_id", metavar="ID")
@click.option("--timeout", metavar="TIME", help="Stop watching then, with exit code 1; the job goes on.")
@pass_invocation
def watch(invocation: Invocation, job_id: str, *, timeout: str | None) -> int:
    """Follow a job until it is final; exit code 0 where it succeeded, 1 where not.

    With --json, each change is one line with the job.
    """
    timeout_us = None if timeout is None else micros(timeout, what="--timeout")
    display = Display(as_json=invocation.json)

    async def follow(store: Store, namespace: str) -> Job:
        return await watch_job(store, namespace, job_id, timeout_us=timeout_us, changed=display.show)

    try:
        job = with_store(invocation, follow)
    finally:
        display.end()
    return OK if job.state is JobState.SUCCEEDED else FAILED


jobs.add_command(export)
jobs.add_command(logs)


@jobs.command(
    "artifacts",
    epilog=example("beltline jobs artifacts 06f2k9…\nbeltline jobs artifacts 06f2k9… --save out"),
)
@click.argument("job_id", metavar="ID")
@click.option(
    "--save",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write them into this folder; of a name that several runs used, the latest.",
)
@pass_invocation
def artifacts(invocation: Invocation, job_id: str, *, save: Path | None) -> None:
    """List the files that a job made, and save them."""
    found = with_store(invocation, lambda store, namespace: read_artifacts(store, namespace, job_id, save))
    if invocation.json:
        print_list([artifact_shape(artifact) for artifact in found])
        return
    print_table(ARTIFACT_COLUMNS, [artifact_row(artifact) for artifact in found], empty="no artifacts")
    if save is not None and found:
        note(f"saved to {save}")


@jobs.command("stack", epilog=example("beltline jobs stack 06f2k9…\nbeltline jobs stack 06f2k9… --json"))
@click.argument("job_id", metavar="ID")
@click.option(
    "--timeout", default="15s", show_default=True, metavar="TIME", help="Wait so long for its worker."
)
@pass_invocation
def stack(invocation: Invocation, job_id: str, *, timeout: str) -> None:
    """Show where the body of a running job is now: its stack, told by its worker."""
    timeout_us = micros(timeout, what="--timeout")
    found = with_store(
        invocation, lambda store, namespace: stack_of(store, namespace, job_id, timeout_us=timeout_us)
    )
    if invocation.json:
        print_json({"id": job_id, "stack": found})
    else:
        click.echo(clean(found), nl=False)


def _action(name: str, verb: Verb, text: str) -> None:
    """Make the command that does one thing to jobs."""

    @jobs.command(
        name, help=text, epilog=example(f"beltline jobs {name} 06f2k9… 06f2m1… --why 'wrong input'")
    )
    @click.argument("job_ids", metavar="ID...", nargs=-1, required=True)
    @why_option
    @pass_invocation
    def act(invocation: Invocation, job_ids: Sequence[str], *, why: str) -> int:
        return act_on(invocation, job_ids, verb, why)


_action("cancel", control.cancel, "Cancel jobs: waiting ones at once, running ones as soon as they obey.")
_action("retry", control.retry, "Run jobs now that wait for their time, and replay dead letters.")
_action("pause", control.pause, "Pause jobs; a running one at its next step, or it ends.")
_action("resume", control.resume, "Let paused jobs go on in the state they had.")
