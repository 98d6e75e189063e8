"""`beltline jobs export`."""

from __future__ import annotations

import json
from typing import Any

import click

from beltline.cli.command import Invocation, command, example, pass_invocation
from beltline.cli.faults import FAILED, OK
from beltline.cli.job_views import Story, story_of
from beltline.cli.listing import LARGEST_PAGE, filter_of, filter_options
from beltline.cli.opened import with_store
from beltline.cli.output import note
from beltline.core.errors import NotFound
from beltline.core.states import JobState
from beltline.store.contract import Store
from beltline.store.pages import JobFilter, ListJobs


@command(
    "export",
    epilog=example(
        """
        beltline jobs export > jobs.jsonl
        beltline jobs export --state failed --definition resize > failed.jsonl
        """
    ),
)
@filter_options(JobState)
@pass_invocation
def export(invocation: Invocation, /, **options: Any) -> int:
    """Print jobs whole, one JSON object a line, newest first.

    Each line is what `jobs show --json` prints. Payloads, results and steps that lie in the object store are
    fetched; where one cannot be, its line says so in `objects_error`, the others follow, and the exit code
    is 1.
    """
    where = filter_of(**options)

    async def write(store: Store, namespace: str) -> tuple[int, int]:
        return await _write(store, namespace, where)

    jobs, unread = with_store(invocation, write)
    note(f"{jobs:,} jobs" + (f"; of {unread:,} of them an object could not be read" if unread else ""))
    return FAILED if unread else OK


async def _write(store: Store, namespace: str, where: JobFilter) -> tuple[int, int]:
    """Return how many jobs were written, and how many of them not whole."""
    jobs = unread = 0
    before = None
    while True:
        page = await store.reads.page(
            ListJobs(namespace=namespace, where=where, before=before, limit=LARGEST_PAGE)
        )
        for job in page.items:
            story = await _story(store, namespace, job.id)
            if story is not None:
                click.echo(json.dumps(story.shape(), ensure_ascii=False))
                jobs += 1
                unread += bool(story.unread)
        before = page.next
        if before is None:
            return jobs, unread


async def _story(store: Store, namespace: str, job_id: str) -> Story | None:
    """Return all of a job; None where retention took it since its page was read."""
    try:
        return await story_of(store, namespace, job_id)
    except NotFound:
        return None
