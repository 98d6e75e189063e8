"""`beltline dead-letters`, also `beltline dlq`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from beltline.cli.acting import act_on
from beltline.cli.command import Invocation, example, group, pass_invocation
from beltline.cli.job_views import DEAD_COLUMNS, Story, dead_row, print_story, story_of
from beltline.cli.listing import LARGEST_PAGE, filter_of, listing_options, print_page
from beltline.cli.opened import with_store
from beltline.cli.output import print_json
from beltline.core.errors import NotFound
from beltline.core.states import DEAD
from beltline.engine import control
from beltline.store.contract import Store
from beltline.store.params import JobFilter, ListJobs


@group(
    "dead-letters",
    epilog=example(
        """
        beltline dead-letters ls
        beltline dead-letters replay 06f2k9… --why 'input repaired'
        beltline dlq replay --all --definition thumbnail
        """
    ),
)
def dead_letters() -> None:
    """List, show, replay and discard the jobs that ended failed or timed out (alias: dlq)."""


@dead_letters.command(
    "ls", epilog=example("beltline dead-letters ls --definition thumbnail\nbeltline dlq ls --json")
)
@click.option("--discarded", is_flag=True, help="The discarded ones too.")
@listing_options(sorted(DEAD))
@pass_invocation
def ls(
    invocation: Invocation, /, *, states: Sequence[str], limit: int, before: str | None, **options: Any
) -> None:
    """List dead letters, newest first: what failed, how, when."""
    where = filter_of(states=states or DEAD, **options)
    print_page(invocation, where, DEAD_COLUMNS, dead_row, limit=limit, before=before, empty="no dead letters")


@dead_letters.command("show", epilog=example("beltline dead-letters show 06f2k9…"))
@click.argument("job_id", metavar="ID")
@click.option("--full", is_flag=True, help="Do not cut a long payload.")
@pass_invocation
def show(invocation: Invocation, job_id: str, *, full: bool) -> None:
    """Show everything about a dead letter: its error with the traceback, its attempts, its payload."""
    story = with_store(invocation, lambda store, namespace: _dead_story(store, namespace, job_id))
    if invocation.json:
        print_json(story.shape())
    else:
        print_story(story, full=full)


@dead_letters.command(
    "replay",
    epilog=example(
        """
        beltline dead-letters replay 06f2k9… --why 'input repaired'
        beltline dead-letters replay --all --queue images
        """
    ),
)
@click.argument("job_ids", metavar="[ID...]", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All that --definition and --queue leave.")
@click.option("--definition", metavar="NAME", help="With --all: only those of this definition.")
@click.option("--queue", metavar="NAME", help="With --all: only those of this queue.")
@click.option("--why", default="", metavar="TEXT", help="The reason, kept in the audit.")
@pass_invocation
def replay(
    invocation: Invocation,
    job_ids: Sequence[str],
    *,
    every: bool,
    definition: str | None,
    queue: str | None,
    why: str,
) -> int:
    """Put dead letters back into their queues: same id, all attempts anew."""
    if every == bool(job_ids):
        raise click.UsageError("give ids, or --all")
    if not every and (definition or queue):
        raise click.UsageError("--definition and --queue go with --all")
    if every:
        where = JobFilter(states=DEAD, definition=definition, queue=queue)
        job_ids = with_store(invocation, lambda store, namespace: _ids(store, namespace, where))
    return act_on(invocation, job_ids, control.replay, why)


@dead_letters.command(
    "discard", epilog=example("beltline dead-letters discard 06f2k9… --why 'customer is gone'")
)
@click.argument("job_ids", metavar="ID...", nargs=-1, required=True)
@click.option("--why", default="", metavar="TEXT", help="The reason, kept in the audit.")
@pass_invocation
def discard(invocation: Invocation, job_ids: Sequence[str], *, why: str) -> int:
    """Hide dead letters, finally: they cannot be replayed any more."""
    return act_on(invocation, job_ids, control.discard, why)


async def _ids(store: Store, namespace: str, where: JobFilter) -> list[str]:
    found: list[str] = []
    before: str | None = None
    while True:
        params = ListJobs(namespace=namespace, where=where, before=before, limit=LARGEST_PAGE)
        page = await store.reads.page(params)
        found += [job.id for job in page.items]
        before = page.next
        if before is None:
            return found


async def _dead_story(store: Store, namespace: str, job_id: str) -> Story:
    story = await story_of(store, namespace, job_id)
    if story.job.state not in DEAD:
        hint = f"the job of this id is {story.job.state.value}; see `beltline jobs show {job_id}`"
        raise NotFound("dead letter", job_id, hint)
    return story
