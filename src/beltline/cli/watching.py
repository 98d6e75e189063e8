"""Following one job until it is final."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from typing import Final

import click

from beltline.cli.text import one_line, span
from beltline.cli.words import why
from beltline.core.clock import MICROS
from beltline.core.errors import ResultTimeout
from beltline.core.failure import read_failure
from beltline.core.job import Job
from beltline.core.states import FINAL
from beltline.engine import control
from beltline.store.contract import Store
from beltline.store.hints import Hint
from beltline.wire.masking import without_secrets
from beltline.wire.shapes import job_shape

# Progress is written without a hint, so a look now and then is needed anyway; four a second suffice a person.
LOOK_S: Final = 0.25
# Hints say that some job of the namespace has ended; on a busy store there are thousands a second.
SOONEST_S: Final = 0.02


async def watch_job(
    store: Store, namespace: str, job_id: str, *, timeout_us: int | None, changed: Callable[[Job, int], None]
) -> Job:
    """Call `changed` with the job, less its secrets, and the store's time at each look; return it once final.

    Raises NotFound, and ResultTimeout after `timeout_us`.
    """
    hinted = asyncio.Event()

    def on_hint(hint: Hint) -> None:
        if hint is Hint.FINISHED:
            hinted.set()

    until = None if timeout_us is None else store.now() + timeout_us
    unsubscribe = await store.wakeups.subscribe(namespace, on_hint)
    try:
        while True:
            hinted.clear()
            [job] = await without_secrets(store, namespace, [await control.fetch(store, namespace, job_id)])
            now = store.now()
            changed(job, now)
            if job.state in FINAL:
                return job
            if until is not None and now >= until:
                raise ResultTimeout(
                    f"job {job_id} was not final in time; it is {job.state.value} and goes on"
                )
            pause = LOOK_S if until is None else min(LOOK_S, (until - now) / MICROS)
            try:
                await asyncio.wait_for(hinted.wait(), pause)
                await asyncio.sleep(SOONEST_S)
            except TimeoutError:
                continue
    finally:
        unsubscribe()


class Display:
    """What a watcher sees: a living line on a terminal, else a line for each change."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._is_live = sys.stdout.isatty() and not as_json
        self._last: tuple[object, ...] = ()

    def show(self, job: Job, now: int) -> None:
        """Show a job as it stands."""
        seen = (job.state, job.reason, job.fence, job.request, job.progress, job.progress_note)
        if self._is_live:
            # Erase the line, then write it anew: a shorter text leaves no rest of the longer one.
            click.echo(f"\r\x1b[2K{_line(job, now)}", nl=False)
        elif seen != self._last:
            self._last = seen
            if self._as_json:
                click.echo(json.dumps(job_shape(job), ensure_ascii=False))
            else:
                click.echo(_line(job, now))
        sys.stdout.flush()

    def end(self) -> None:
        """Leave the line."""
        if self._is_live:
            click.echo()


def _line(job: Job, now: int) -> str:
    parts = [job.id, job.state.value, f"({job.reason.value}: {why(job)})"]
    if job.progress is not None and job.state not in FINAL:
        parts.append(
            f"{_bar(job.progress)} {job.progress:.0%} {one_line(job.progress_note or '', 40)}".rstrip()
        )
    if job.started_at is not None:
        parts.append(span((job.finished_at or now) - job.started_at))
    error = read_failure(job.error)
    if error:
        parts.append(one_line(f"{error['type']}: {error['message']}", 100))
    return " ".join(parts)


def _bar(fraction: float, width: int = 20) -> str:
    filled = round(fraction * width)
    return "[" + "#" * filled + "." * (width - filled) + "]"
