"""`beltline dead-letters`, also `beltline dlq`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import click

from beltline.cli.command import Invocation, actor, example, group, labels_of, pass_invocation
from beltline.cli.job_views import DEAD_COLUMNS, Story, dead_row, print_story, story_of
from beltline.cli.jobs import Verb, act_on
from beltline.cli.output import note, print_json, print_list, print_table
from beltline.cli.shapes import job_shape
from beltline.core.errors import NotFound
from beltline.core.states import DEAD, JobState
from beltline.engine import control
from beltline.store.contract import Store
from beltline.store.params import JobFilter, JobPage, ListJobs

PAGE: Final = 1_000


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


@dead_letters.command("ls", epilog=example("beltline dead-letters ls --definition thumbnail"))
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(sorted(state.value for state in DEAD)),
    help="Only these; may be repeated.",
)
@click.option("--definition", metavar="NAME", help="Only those of this definition.")
@click.option("--queue", metavar="NAME", help="Only those of this queue.")
@click.option(
    "--label",
    "labels",
    multiple=True,
    metavar="NAME=VALUE",
    help="Only those with this label; may be repeated.",
)
@click.option("--discarded", is_flag=True, help="The discarded ones too.")
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
    discarded: bool,  # noqa: FBT001 - as above
    limit: int,
    before: str | None,
) -> None:
    """List dead letters, newest first: what failed, how, when."""
    where = JobFilter(
        states=frozenset(map(JobState, states)) or DEAD,
        definition=definition,
        queue=queue,
        labels=labels_of(labels),
        discarded=discarded,
    )

    async def read(store: Store, namespace: str) -> tuple[JobPage, int]:
        params = ListJobs(namespace=namespace, where=where, before=before, limit=limit)
        return await store.reads.page(params), store.now()

    page, now = invocation.with_store(read)
    if invocation.json:
        print_list([job_shape(job) for job in page.items], total=page.total, cursor=page.next)
        return
    print_table(DEAD_COLUMNS, [dead_row(job, now) for job in page.items], empty="no dead letters")
    if page.next:
        note(f"{len(page.items)} of {page.total:,}; go on with --before {page.next}")


@dead_letters.command("show", epilog=example("beltline dead-letters show 06f2k9…"))
@click.argument("job_id", metavar="ID")
@click.option("--full", is_flag=True, help="Do not cut a long payload.")
@pass_invocation
def show(invocation: Invocation, job_id: str, *, full: bool) -> None:
    """Show everything about a dead letter: its error with the traceback, its attempts, its payload."""
    story = invocation.with_store(lambda store, namespace: _dead_story(store, namespace, job_id))
    if invocation.json:
        print_json(story.shape())
    else:
        print_story(story, full=full)


@dead_letters.command(
    "replay",
    epilog=example(
        "beltline dead-letters replay 06f2k9… --why 'input repaired'\nbeltline dlq replay --all --queue images"
    ),
)
@click.argument("job_ids", metavar="[ID...]", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All that --definition and --queue leave.")
@click.option("--definition", metavar="NAME", help="With --all: only those of this definition.")
@click.option("--queue", metavar="NAME", help="With --all: only those of this queue.")
@click.option("--why", default="", metavar="TEXT", help="The reason, kept in the audit.")
@pass_invocation
def replay(  # noqa: PLR0917 - click passes options by name
    invocation: Invocation,
    job_ids: Sequence[str],
    every: bool,  # noqa: FBT001 - as above
    definition: str | None,
    queue: str | None,
    why: str,
) -> int:
    """Put dead letters back into their queues: same id, all attempts anew."""
    who = actor()
    chosen = _chosen(invocation, job_ids, every=every, definition=definition, queue=queue)
    verb: Verb = lambda store, namespace, job_id: control.replay(store, namespace, job_id, actor=who, why=why)  # noqa: E731
    return act_on(invocation, chosen, verb)


@dead_letters.command(
    "discard", epilog=example("beltline dead-letters discard 06f2k9… --why 'customer is gone'")
)
@click.argument("job_ids", metavar="ID...", nargs=-1, required=True)
@click.option("--why", default="", metavar="TEXT", help="The reason, kept in the audit.")
@pass_invocation
def discard(invocation: Invocation, job_ids: Sequence[str], why: str) -> int:
    """Hide dead letters, finally: they cannot be replayed any more."""
    who = actor()
    verb: Verb = lambda store, namespace, job_id: control.discard(
        store, namespace, job_id, actor=who, why=why
    )  # noqa: E731
    return act_on(invocation, job_ids, verb)


def _chosen(
    invocation: Invocation, job_ids: Sequence[str], *, every: bool, definition: str | None, queue: str | None
) -> Sequence[str]:
    if every == bool(job_ids):
        raise click.UsageError("give ids, or --all")
    if not every and (definition or queue):
        raise click.UsageError("--definition and --queue go with --all")
    if not every:
        return job_ids
    where = JobFilter(states=DEAD, definition=definition, queue=queue)

    async def read(store: Store, namespace: str) -> list[str]:
        found: list[str] = []
        before: str | None = None
        while True:
            page = await store.reads.page(
                ListJobs(namespace=namespace, where=where, before=before, limit=PAGE)
            )
            found += [job.id for job in page.items]
            before = page.next
            if before is None:
                return found

    return invocation.with_store(read)


async def _dead_story(store: Store, namespace: str, job_id: str) -> Story:
    story = await story_of(store, namespace, job_id)
    if story.job.state not in DEAD:
        hint = f"the job of this id is {story.job.state.value}; look at it with `beltline jobs show {job_id}`"
        raise NotFound("dead letter", job_id, hint)
    return story
