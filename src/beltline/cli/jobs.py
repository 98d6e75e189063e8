"""`beltline jobs`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias

import click

from beltline.cli.command import Invocation, actor, example, group, labels_of, pass_invocation
from beltline.cli.faults import FAILED, OK, fault_of
from beltline.cli.job_views import COLUMNS, job_row, print_story, story_of
from beltline.cli.output import note, print_json, print_list, print_table
from beltline.cli.shapes import job_shape, log_shape
from beltline.cli.text import clean, stamp
from beltline.core.errors import BeltlineError
from beltline.core.job import Job
from beltline.core.states import JobState
from beltline.engine import control
from beltline.store.contract import Store
from beltline.store.params import JobFilter, JobPage, ListJobs, LogLine

LOG_PAGE: Final = 1_000
STATES: Final = [state.value for state in JobState]

Verb: TypeAlias = Callable[[Store, str, str], Awaitable[Job]]


@group(
    "jobs",
    epilog=example(
        "beltline jobs ls --state running\nbeltline jobs show 06f2k9…\nbeltline jobs watch 06f2k9…"
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
        """
    ),
)
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(STATES),
    help="Only jobs in this state; may be repeated.",
)
@click.option("--definition", metavar="NAME", help="Only jobs of this definition.")
@click.option("--queue", metavar="NAME", help="Only jobs of this queue.")
@click.option(
    "--label",
    "labels",
    multiple=True,
    metavar="NAME=VALUE",
    help="Only jobs with this label; may be repeated.",
)
@click.option(
    "--limit", type=click.IntRange(1, 1_000), default=50, show_default=True, help="At most so many."
)
@click.option("--before", metavar="CURSOR", help="The page after the one that printed this cursor.")
@pass_invocation
def ls(  # noqa: PLR0917 - click passes options by name
    invocation: Invocation,
    states: Sequence[str],
    definition: str | None,
    queue: str | None,
    labels: Sequence[str],
    limit: int,
    before: str | None,
) -> None:
    """List jobs, newest first."""
    where = JobFilter(
        states=frozenset(map(JobState, states)), definition=definition, queue=queue, labels=labels_of(labels)
    )

    async def read(store: Store, namespace: str) -> tuple[JobPage, int]:
        params = ListJobs(namespace=namespace, where=where, before=before, limit=limit)
        return await store.reads.page(params), store.now()

    page, now = invocation.with_store(read)
    if invocation.json:
        print_list([job_shape(job) for job in page.items], total=page.total, cursor=page.next)
        return
    print_table(COLUMNS, [job_row(job, now) for job in page.items], empty="no jobs")
    if page.next:
        note(f"{len(page.items)} of {page.total:,}; go on with --before {page.next}")


@jobs.command("show", epilog=example("beltline jobs show 06f2k9…\nbeltline jobs show 06f2k9… --json"))
@click.argument("job_id", metavar="ID")
@click.option("--full", is_flag=True, help="Do not cut a long payload or result.")
@pass_invocation
def show(invocation: Invocation, job_id: str, *, full: bool) -> None:
    """Show everything about a job: state, reason, attempts, error, times, payload, result."""
    story = invocation.with_store(lambda store, namespace: story_of(store, namespace, job_id))
    if invocation.json:
        print_json(story.shape())
    else:
        print_story(story, full=full)


@jobs.command(
    "watch", epilog=example("beltline jobs watch 06f2k9…\nbeltline jobs watch 06f2k9… --timeout 5m")
)
@click.argument("job_id", metavar="ID")
@click.option(
    "--timeout", metavar="TIME", help="Stop watching after so long, with exit code 1; the job goes on."
)
@pass_invocation
def watch(invocation: Invocation, job_id: str, timeout: str | None) -> int:
    """Follow a job until it is final; exit code 0 where it succeeded, 1 where not.

    With --json, each change is one line with the job.
    """
    from beltline.cli.watching import Display, watch_job
    from beltline.core.durations import micros

    timeout_us = None if timeout is None else micros(timeout, what="--timeout")
    display = Display(as_json=invocation.json)
    job = invocation.with_store(
        lambda store, namespace: watch_job(
            store, namespace, job_id, timeout_us=timeout_us, changed=display.show
        )
    )
    display.end()
    return OK if job.state is JobState.SUCCEEDED else FAILED


@jobs.command(
    "logs", epilog=example("beltline jobs logs 06f2k9…\nbeltline jobs logs 06f2k9… --after 120 --json")
)
@click.argument("job_id", metavar="ID")
@click.option(
    "--after", type=click.IntRange(0), default=0, metavar="CURSOR", help="Only lines after this one."
)
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=10_000,
    show_default=True,
    help="At most so many lines.",
)
@pass_invocation
def logs(invocation: Invocation, job_id: str, after: int, limit: int) -> None:
    """Print what a job logged, oldest first, over all its runs."""
    lines = invocation.with_store(lambda store, namespace: _read_log(store, namespace, job_id))
    wanted = [line for line in lines if line.seq > after]
    page = wanted[:limit]
    if invocation.json:
        cursor = page[-1].seq if len(page) < len(wanted) else None
        print_list([log_shape(line) for line in page], total=len(lines), cursor=cursor)
        return
    for line in page:
        fields = " ".join(f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in _fields(line))
        click.echo(clean(f"{stamp(line.at)} run {line.run} {line.level:<7} {line.message} {fields}".rstrip()))
    if not page:
        note("no lines")


def _fields(line: LogLine) -> Sequence[tuple[str, object]]:
    return tuple(json.loads(line.fields).items()) if line.fields else ()


async def _read_log(store: Store, namespace: str, job_id: str) -> list[LogLine]:
    await control.fetch(store, namespace, job_id)
    lines: list[LogLine] = []
    while True:
        page = await store.logs.read(namespace, job_id, after=lines[-1].seq if lines else 0, limit=LOG_PAGE)
        lines += page
        if len(page) < LOG_PAGE:
            return lines


def act_on(invocation: Invocation, job_ids: Sequence[str], verb: Verb) -> int:
    """Do one thing to several jobs; each is told, errors do not keep the others. Return the exit code of the first error."""

    async def act(store: Store, namespace: str) -> list[Job | BeltlineError]:
        slots = asyncio.Semaphore(32)

        async def one(job_id: str) -> Job | BeltlineError:
            async with slots:
                try:
                    return await verb(store, namespace, job_id)
                except BeltlineError as error:
                    return error

        return await asyncio.gather(*map(one, dict.fromkeys(job_ids)))

    done = invocation.with_store(act)
    if invocation.json:
        print_list([job_shape(job) for job in done if isinstance(job, Job)])
    code = OK
    for job_id, outcome in zip(dict.fromkeys(job_ids), done, strict=True):
        if isinstance(outcome, Job):
            if not invocation.json:
                click.echo(_told(outcome))
            continue
        fault = fault_of(outcome, id=job_id)
        click.echo(fault.text(as_json=invocation.json), err=True)
        code = code or fault.exit_code
    return code


def _told(job: Job) -> str:
    asked = f", {job.request} requested" if job.request else ""
    return f"{job.id} {job.state.value} ({job.reason.value}{asked})"


def _action(name: str, verb: Callable[..., Awaitable[Job]], text: str) -> None:
    """Make the command that does one thing to jobs."""

    @jobs.command(
        name, help=text, epilog=example(f"beltline jobs {name} 06f2k9… 06f2m1… --why 'wrong input'")
    )
    @click.argument("job_ids", metavar="ID...", nargs=-1, required=True)
    @click.option("--why", default="", metavar="TEXT", help="The reason, kept in the audit.")
    @pass_invocation
    def act(invocation: Invocation, job_ids: Sequence[str], why: str) -> int:
        who = actor()
        return act_on(
            invocation,
            job_ids,
            lambda store, namespace, job_id: verb(store, namespace, job_id, actor=who, why=why),
        )


_action("cancel", control.cancel, "Cancel jobs: waiting ones at once, running ones as soon as they obey.")
_action("retry", control.retry, "Run jobs now that wait for their time, and replay dead letters.")
_action("pause", control.pause, "Pause jobs; a running one ends its run first.")
_action("resume", control.resume, "Let paused jobs go on in the state they had.")
