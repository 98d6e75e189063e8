"""Which dead letters an action means: ids, a group, or all that a filter leaves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from beltline.cli.command import labels_of
from beltline.cli.dead_shapes import plan_shape
from beltline.cli.output import heading, note, print_json
from beltline.cli.text import clean
from beltline.engine.dead_letters import Plan
from beltline.store.dead_letters import LetterFilter

F = TypeVar("F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Chosen:
    """Ids, or a filter where there are none."""

    ids: Sequence[str]
    where: LetterFilter


def choosing_options(function: F) -> F:
    """Give a command the options from which `chosen` makes a choice."""
    options = (
        click.option("--group", "fingerprint", metavar="GROUP", help="All letters of this group."),
        click.option("--all", "every", is_flag=True, help="All letters that the options below leave."),
        click.option("--definition", metavar="NAME", help="With --group or --all: only of this definition."),
        click.option("--queue", metavar="NAME", help="With --group or --all: only of this queue."),
        click.option(
            "--label",
            "labels",
            multiple=True,
            metavar="NAME=VALUE",
            help="With --group or --all: only with this label; repeatable.",
        ),
        click.option("--dry-run", is_flag=True, help="Tell what would be done, and do nothing."),
    )
    for option in reversed(options):
        function = option(function)
    return function


def chosen(
    job_ids: Sequence[str],
    *,
    fingerprint: str | None,
    every: bool,
    definition: str | None,
    queue: str | None,
    labels: Sequence[str],
) -> Chosen:
    """Return what the options mean. Raises UsageError where they contradict each other."""
    if (bool(job_ids), every, fingerprint is not None).count(True) != 1:
        raise click.UsageError("give ids, or --group, or --all")
    if job_ids and (definition or queue or labels):
        raise click.UsageError("--definition, --queue and --label go with --group or --all")
    where = LetterFilter(
        fingerprint=fingerprint, definition=definition, queue=queue, labels=labels_of(labels)
    )
    return Chosen(list(dict.fromkeys(job_ids)), where)


def counted_letters(count: int) -> str:
    """Return a number of dead letters in words."""
    return "1 dead letter" if count == 1 else f"{count:,} dead letters"


def print_plan(plan: Plan, *, as_json: bool, verb: str) -> None:
    """Print what would be done."""
    if as_json:
        print_json(plan_shape(plan))
        return
    click.echo(f"{counted_letters(plan.total)} would be {verb}")
    for job_id in plan.ids:
        click.echo(f"  {job_id}")
    if plan.total > len(plan.ids):
        click.echo(f"  and {plan.total - len(plan.ids):,} more")
    if plan.faulty:
        heading(
            f"{len(plan.faulty):,} of the {plan.checked:,} payloads looked at do not fit their definition"
        )
        for letter in plan.faulty:
            for path, what in letter.faults:
                click.echo(clean(f"  {letter.id}  {path or '(whole payload)'}: {what}"))
    note("nothing was changed")
