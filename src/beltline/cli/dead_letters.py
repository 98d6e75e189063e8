"""`beltline dead-letters`, also `beltline dlq`."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

import click

from beltline.cli.command import Invocation, Member, command, example, group, pass_invocation
from beltline.cli.job_views import DEAD_COLUMNS, Story, dead_row, print_story, story_of
from beltline.cli.listing import filter_of, listing_options, print_page
from beltline.cli.opened import with_store
from beltline.cli.output import print_json
from beltline.core.errors import NotFound
from beltline.core.states import DEAD
from beltline.store.contract import Store

MEMBERS: Final = MappingProxyType(
    {
        "groups": Member("beltline.cli.dead_groups:groups", "List dead letters by what went wrong."),
        "show-group": Member("beltline.cli.dead_groups:show_group", "Show a group and an example."),
        "own": Member("beltline.cli.dead_groups:own", "Say who takes care of a group."),
        "note": Member("beltline.cli.dead_groups:write_note", "Keep what is known of a group."),
        "ls": Member("beltline.cli.dead_letters:ls", "List dead letters, newest first."),
        "show": Member("beltline.cli.dead_letters:show", "Show everything about a dead letter."),
        "edit": Member("beltline.cli.mending:edit", "Give a dead letter another payload."),
        "replay": Member("beltline.cli.mending:replay", "Put dead letters back into their queues."),
        "discard": Member("beltline.cli.mending:discard", "Hide dead letters, finally."),
        "runs": Member("beltline.cli.replay_runs:runs", "List replay runs."),
        "show-run": Member("beltline.cli.replay_runs:show_run", "Show how far a replay run is."),
        "cancel-run": Member("beltline.cli.replay_runs:cancel_run", "End a replay run."),
    }
)


@group(
    "dead-letters",
    members=MEMBERS,
    epilog=example(
        """
        beltline dead-letters groups
        beltline dead-letters replay 06f2k9… --why 'input repaired'
        beltline dlq replay --group 3f9a0c11d2be --rate 50/m --stop-on-same-error
        """
    ),
)
def dead_letters() -> None:
    """Work with the jobs that ended failed or timed out (alias: dlq)."""


@command("ls", epilog=example("beltline dead-letters ls --definition thumbnail\nbeltline dlq ls --json"))
@click.option("--discarded", is_flag=True, help="The discarded ones too.")
@listing_options(sorted(DEAD))
@pass_invocation
def ls(invocation: Invocation, /, *, limit: int, before: str | None, sort: str, **options: Any) -> None:
    """List dead letters, newest first: what failed, how, when."""
    where = filter_of(**{**options, "states": options["states"] or DEAD})
    said = "no dead letters"
    print_page(invocation, where, DEAD_COLUMNS, dead_row, limit=limit, before=before, sort=sort, empty=said)


@command("show", epilog=example("beltline dead-letters show 06f2k9…"))
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


async def _dead_story(store: Store, namespace: str, job_id: str) -> Story:
    story = await story_of(store, namespace, job_id)
    if story.job.state not in DEAD:
        hint = f"the job of this id is {story.job.state.value}; see `beltline jobs show {job_id}`"
        raise NotFound("dead letter", job_id, hint)
    return story
