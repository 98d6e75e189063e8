"""`beltline jobs logs`."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from typing import Final, NamedTuple

import click

from beltline.cli.command import Invocation, command, example, number_option, pass_invocation
from beltline.cli.opened import with_store
from beltline.cli.output import note, print_json
from beltline.cli.text import clean, stamp
from beltline.core.states import FINAL
from beltline.engine import control
from beltline.engine.objects import whole_lines
from beltline.store.contract import Store
from beltline.store.log_lines import LogLine
from beltline.wire.shapes import log_shape

PAGE: Final = 1_000
MOST_LINES: Final = 1_000_000
LEVELS: Final = ("debug", "info", "warning", "error")
LOOK_S: Final = 0.25
# A worker writes lines four times a second: the last ones of a job may come after its end.
LAST_LOOKS: Final = 3
_STYLES: Final = (("debug", "bright_black"), ("warning", "yellow"), ("error", "red"))


class Wanted(NamedTuple):
    """Which lines are asked for."""

    after: int
    grep: str
    level: str

    def fits(self, line: LogLine) -> bool:
        """Whether a line is asked for. A level that is none of ours counts as info."""
        level = line.level if line.level in LEVELS else "info"
        return (
            line.seq > self.after
            and LEVELS.index(level) >= LEVELS.index(self.level)
            and self.grep.casefold() in f"{line.message} {line.fields}".casefold()
        )


@command(
    "logs",
    epilog=example(
        """
        beltline jobs logs 06f2k9…
        beltline jobs logs 06f2k9… --follow --level warning
        beltline jobs logs 06f2k9… --grep 'no such file' --json
        """
    ),
)
@click.argument("job_id", metavar="ID")
@click.option("--follow", "-f", is_flag=True, help="Go on with new lines until the job is final.")
@click.option(
    "--grep", default="", metavar="TEXT", help="Only lines with this text in message or fields, in any case."
)
@click.option(
    "--level",
    type=click.Choice(LEVELS),
    default=LEVELS[0],
    show_default=True,
    help="Only lines of this level or a graver one.",
)
@click.option(
    "--after", type=click.IntRange(0), default=0, metavar="CURSOR", help="Only lines after this one."
)
@number_option(
    "--limit", least=1, most=MOST_LINES, default=10_000, text="At most so many; --follow has no limit."
)
@pass_invocation
def logs(
    invocation: Invocation, /, job_id: str, *, follow: bool, grep: str, level: str, after: int, limit: int
) -> None:
    """Print what a job logged, oldest first, over all its runs; also while it runs.

    A log is bounded (retention.log_lines, retention.log_bytes): the oldest lines go first, and how many went
    is said. With --follow and --json each line is a JSON object on a line of its own.
    """
    wanted = Wanted(after, grep, level)
    if follow:
        with_store(invocation, lambda store, namespace: _follow(invocation, store, namespace, job_id, wanted))
        return
    lines = with_store(invocation, lambda store, namespace: _read(store, namespace, job_id))
    dropped = lines[-1].seq - len(lines) if lines else 0
    found = [line for line in lines if wanted.fits(line)]
    page = found[:limit]
    if invocation.json:
        cursor = page[-1].seq if len(page) < len(found) else None
        items = [log_shape(line) for line in page]
        print_json({"items": items, "next": cursor, "total": len(lines), "dropped": dropped})
        return
    newer = [line for line in lines if line.seq > after]
    if newer and newer[-1].seq - after > len(newer):
        note(_dropped(newer[-1].seq - after - len(newer)))
    for line in page:
        click.echo(_text(line))
    if not page:
        note("no lines" if not lines else f"none of {len(lines):,} lines")
    elif len(page) < len(found):
        note(f"{len(page):,} of {len(found):,} lines; go on with --after {page[-1].seq}")


async def _follow(invocation: Invocation, store: Store, namespace: str, job_id: str, wanted: Wanted) -> None:
    seen = wanted.after
    async for lines in _arriving(store, namespace, job_id, after=wanted.after):
        for line in lines:
            if line.seq > seen + 1:
                note(_dropped(line.seq - seen - 1))
            seen = line.seq
            if wanted.fits(line):
                click.echo(
                    json.dumps(log_shape(line), ensure_ascii=False) if invocation.json else _text(line)
                )
        sys.stdout.flush()


async def _arriving(
    store: Store, namespace: str, job_id: str, *, after: int
) -> AsyncIterator[Sequence[LogLine]]:
    """Yield lines as they come, until the job is final and nothing more comes. Raises NotFound."""
    quiet = 0
    while quiet < LAST_LOOKS:
        job = await control.fetch(store, namespace, job_id)
        lines = await whole_lines(store, await store.logs.read(namespace, job_id, after=after, limit=PAGE))
        if lines:
            after = lines[-1].seq
            yield lines
            continue
        quiet = quiet + 1 if job.state in FINAL else 0
        await asyncio.sleep(LOOK_S)


async def _read(store: Store, namespace: str, job_id: str) -> list[LogLine]:
    await control.fetch(store, namespace, job_id)
    lines: list[LogLine] = []
    while True:
        after = lines[-1].seq if lines else 0
        page = await store.logs.read(namespace, job_id, after=after, limit=PAGE)
        lines += await whole_lines(store, page)
        if len(page) < PAGE:
            return lines


def _text(line: LogLine) -> str:
    fields = json.loads(line.fields) if line.fields else {}
    texts = (f"{name}={json.dumps(value, ensure_ascii=False)}" for name, value in fields.items())
    text = clean(" ".join([stamp(line.at), f"run {line.run}", line.level.ljust(7), line.message, *texts]))
    colour = dict(_STYLES).get(line.level)
    return click.style(text, fg=colour) if colour else text


def _dropped(count: int) -> str:
    return f"… {count:,} older lines were dropped: a log keeps its newest lines, up to its limits"
