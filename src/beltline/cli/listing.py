"""Pages of jobs: the options by which they are chosen, and how they are printed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final, TypeAlias, TypeVar

import click

from beltline.cli.command import Invocation, labels_of, number_option
from beltline.cli.opened import with_store
from beltline.cli.output import note, print_list, print_table
from beltline.core.durations import moment
from beltline.core.job import Job
from beltline.core.states import JobState
from beltline.engine.capacity import explained
from beltline.store.contract import Store
from beltline.store.pages import JobFilter, JobPage, ListJobs, Sort
from beltline.wire.masking import without_secrets
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
        click.option("--owner", metavar="NAME", help="Only of this owner."),
        click.option("--since", metavar="TIME", help="Only created then or later."),
        click.option("--until", metavar="TIME", help="Only created before then."),
        click.option("--error", metavar="FINGERPRINT", help="Only with this error, as its group is named."),
    )
    return _with(options)


def listing_options(states: Iterable[JobState]) -> Callable[[F], F]:
    """Return the decorator that gives a command the options of `print_page`."""
    options = (
        filter_options(states),
        click.option(
            "--sort",
            type=click.Choice([sort.value for sort in Sort]),
            default=Sort.ID.value,
            show_default=True,
            help="The last first; by id is by creation but for ids of your own; by finish is of final jobs.",
        ),
        number_option("--limit", least=1, most=LARGEST_PAGE, default=50, text="At most so many."),
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
    since: str | None,
    until: str | None,
    error: str | None,
    **given: Any,
) -> JobFilter:
    """Return the filter that the options describe; `given` are those that it takes as they are."""
    return JobFilter(
        states=frozenset(map(JobState, states)),
        labels=labels_of(labels),
        since=None if since is None else moment(since, what="--since"),
        until=None if until is None else moment(until, what="--until"),
        fingerprint=error,
        **given,
    )


def print_page(
    invocation: Invocation,
    where: JobFilter,
    columns: Sequence[str],
    row: Row,
    *,
    empty: str,
    sort: str,
    **page: Any,
) -> None:
    """Read a page of jobs and print it; `page` is its limit, and the cursor of the page before."""

    async def read(store: Store, namespace: str) -> tuple[JobPage, int]:
        params = ListJobs(namespace=namespace, where=where, sort=Sort(sort), **page)
        found = await store.reads.page(params)
        items = await without_secrets(store, namespace, await explained(store, namespace, found.items))
        return found._replace(items=items), store.now()

    found, now = with_store(invocation, read)
    if invocation.json:
        print_list([job_shape(job) for job in found.items], total=found.total, cursor=found.next)
        return
    print_table(columns, [row(job, now) for job in found.items], empty=empty)
    if found.next:
        note(f"{len(found.items)} of {found.total:,}; go on with --before {found.next}")
