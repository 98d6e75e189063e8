"""The table at the demo's end."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.table import Table

from beltline.core.clock import MICROS
from beltline.core.reasons import Reason
from examples.demo.course import Story
from examples.demo.inputs import Folder
from examples.stage.console import shown

_RETRIED: Final = frozenset({Reason.BACKOFF.value, Reason.TIMEOUT.value})


def show_table(console: Console, story: Story, folder: Folder) -> None:
    """Print what ran, by job definition."""
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("Job", no_wrap=True)
    for heading in ("Jobs", "Attempts", "Retries", "Restarts", "p50 / p95\nms", "Dead\nletters"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column(f"Output in\n{shown(folder.root)}/", overflow="fold")
    outputs = {"thumbnails": f"{folder.thumbnails.name}/", "load": folder.weather.name}
    for definition in story.expected:
        table.add_row(*_row(story, definition), outputs.get(definition, ""))
    console.print(f"\nDone in {story.seconds:.1f} s.\n", highlight=False)
    console.print(table)
    console.print()


def _row(story: Story, definition: str) -> list[str]:
    jobs = [job for job in story.jobs if job.definition == definition]
    runs = [run for job in jobs for run in story.attempts[job.id]]
    whole = [run for run in runs if run.outcome != Reason.WORKER_LOST]
    times = sorted(run.finished_at - run.started_at for run in whole if run.finished_at is not None)
    dead = sum(letter.job.definition == definition for letter in story.dead_letters)
    return [
        definition,
        str(len(jobs)),
        str(len(runs)),
        str(sum(run.outcome in _RETRIED for run in runs)),
        str(len(runs) - len(whole)),
        f"{_quantile(times, 0.50)} / {_quantile(times, 0.95)}",
        str(dead),
    ]


def _quantile(times: Sequence[int], part: float) -> str:
    return f"{times[math.ceil(part * len(times)) - 1] * 1_000 / MICROS:.0f}" if times else "-"
