"""Pages of jobs: the options by which they are chosen, and how they are printed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeAlias, TypeVar

import click

from beltline.cli.command import Invocation, labels_of
from beltline.cli.opened import with_store
from beltline.cli.output import note, print_list, print_table
from beltline.core.job import Job
from beltline.core.states import JobState
from beltline.engine.capacity import explained
from beltline.store.contract import Store
from beltline.store.params import JobFilter, JobPage, ListJobs
from beltline.wire.shapes import job_shape

F = TypeVar("F", bound=Callable[..., Any])
Row: TypeAlias = Callable[[Job, int], Sequence[str]]

LARGEST_PAGE: Final = 1_000


def filter_options(states: Iterable[JobState]) -> Callable[[F], F]:
    """Return the decorator that gives a command the options of `filter_of`."""
    names = [state.value for state in states]
    options = (
        click.option(
            "--state",
            "states",
            multiple=True,
            type=click.Choice(names),
            help="Only in this state; repeatable.",
        ),
        click.option("--definition", metavar="NAME", help="Only of this job definition."),
        click.option("--queue", metavar="NAME", help="Only of this queue."),
        click.option(
            "--label", "labels", multiple=True, metavar="NAME=VALUE", help="Only with this label; repeatable."
        ),
    )
    return _with(options)


def listing_options(states: Iterable[JobState]) -> Callable[[F], F]:
    """Return the decorator that gives a command the options of `print_page`."""
    options = (
        filter_options(states),
        click.option(
            "--limit",
            type=click.IntRange(1, LARGEST_PAGE),
            default=50,
            show_default=True,
            help="At most so many.",
        ),
        click.option("--before", metavar="CURSOR", help="The page after the one that printed this cursor."),
    )
    return _with(options)


def _with(options: Sequence[Callable[[F], F]]) -> Callable[[F], F]:
    def decorate(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


def filter_of(
    *,
    states: Iterable[str],
    labels: Sequence[str],
    definition: str | None,
    queue: str | None,
    discarded: bool = False,
) -> JobFilter:
    """Return the filter that the options describe."""
    return JobFilter(
        states=frozenset(map(JobState, states)),
        definition=definition,
        queue=queue,
        labels=labels_of(labels),
        discarded=discarded,
    )


def print_page(
    invocation: Invocation,
    where: JobFilter,
    columns: Sequence[str],
    row: Row,
    *,
    limit: int,
    before: str | None,
    empty: str,
) -> None:
    """Read a page of jobs and print it, newest first."""

    async def read(store: Store, namespace: str) -> tuple[JobPage, int]:
        params = ListJobs(namespace=namespace, where=where, before=before, limit=limit)
        page = await store.reads.page(params)
        return page._replace(items=await explained(store, namespace, page.items)), store.now()

    page, now = with_store(invocation, read)
    if invocation.json:
        print_list([job_shape(job) for job in page.items], total=page.total, cursor=page.next)
        return
    print_table(columns, [row(job, now) for job in page.items], empty=empty)
    if page.next:
        note(f"{len(page.items)} of {page.total:,}; go on with --before {page.next}")
