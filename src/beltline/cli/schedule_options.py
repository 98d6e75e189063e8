"""The options that say when a schedule ticks, shared by `create`, `edit` and `preview`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

_KINDS: Final = ("cron", "every", "at")
_MANY: Final = ("without", "windows")


def schedule_options(function: F) -> F:
    """Give a command the options of a schedule."""
    options = (
        click.option("--cron", metavar="LINE", help="minute hour day-of-month month day-of-week, or @daily."),
        click.option("--every", metavar="TIME", help="An interval: 15m, 1h30m, 1d."),
        click.option("--at", metavar="WHEN", help="Once, at this moment: 2026-11-22T15:04:05+00:00."),
        click.option("--zone", metavar="ZONE", help="The IANA zone of the cron line: Europe/Berlin."),
        click.option("--start", metavar="WHEN", help="No tick before; an interval counts from here."),
        click.option("--end", metavar="WHEN", help="No tick after."),
        click.option("--jitter", metavar="TIME", help="Start up to so much later, spread by the tick."),
        click.option(
            "--without",
            multiple=True,
            metavar="DATE|FILE",
            help="Leave out 2026-12-24, 12-25, 2026-12-24/2027-01-06, or days.ics; may be repeated.",
        ),
        click.option(
            "--window",
            "windows",
            multiple=True,
            metavar="HOURS",
            help="Start only in 22:00-06:00 or 'sat-sun 00:00-24:00'; may be repeated.",
        ),
        click.option(
            "--latest", metavar="TIME", help="With --window: start so long after the tick at the latest."
        ),
        click.option("--misfire", type=click.Choice(["once", "all", "skip"]), help="Which late ticks fire."),
        click.option("--misfire-window", metavar="TIME", help="Late ticks older than this never fire."),
        click.option("--misfire-limit", type=int, metavar="N", help="With --misfire all: so many at most."),
        click.option("--misfire-grace", metavar="TIME", help="A tick is late after so long."),
        click.option(
            "--overlap",
            type=click.Choice(["allow", "skip", "buffer", "cancel"]),
            help="What a tick does while an earlier one's job is not final.",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def fields_of(given: Mapping[str, Any]) -> dict[str, object]:
    """Return the fields that were given. One of cron, every and at takes the place of the others."""
    fields = {name: value for name, value in given.items() if value is not None and name not in _MANY}
    for name in _MANY:
        values: Sequence[str] = given.get(name, ())
        if values:
            # An empty one takes away what was there before.
            fields[name] = [value for value in values if value]
    named = [kind for kind in _KINDS if kind in fields]
    if named:
        fields = {**dict.fromkeys(_KINDS), **fields}
    return fields
