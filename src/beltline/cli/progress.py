"""Progress of what takes long: a bar on a terminal, nothing where nobody looks on."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final, Protocol, TypeVar

from beltline.config import Config
from beltline.core.clock import MICROS, SystemClock
from beltline.core.errors import StoreError
from beltline.core.states import JobState
from beltline.store.contract import Store
from beltline.store.open import store_from_url

T = TypeVar("T")

LOOK_S: Final = 0.25
_OPEN: Final = frozenset({JobState.QUEUED, JobState.RUNNING})


class Bar(Protocol):
    """A bar that is shown, or none."""

    def at(self, done: int, total: int | None = None) -> None:
        """Show how much is done; `total` changes how much there is."""
        ...

    def say(self, text: str) -> None:
        """Show what is being done."""
        ...


@contextmanager
def bar(text: str, total: int | None, *, shown: bool = True) -> Iterator[Bar]:
    """Show a bar on stderr, where that is a terminal and `shown`.

    `total` None: only what is being done, drawn when it changes and not between, for it may be measured.
    """
    if not (shown and sys.stderr.isatty()):
        yield _NoBar()
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    steady = total is None
    text_column = TextColumn("{task.description}")
    columns = (SpinnerColumn(), text_column, BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(
        *((text_column,) if steady else columns),
        console=Console(stderr=True),
        transient=True,
        auto_refresh=not steady,
    ) as progress:
        yield _RichBar(progress, progress.add_task(text, total=total))


def counted(items: Iterable[T], shown: Bar) -> Iterator[T]:
    """Yield the items, showing how many were taken."""
    for number, item in enumerate(items, 1):
        yield item
        shown.at(number)


@contextmanager
def jobs_left(config: Config, *, shown: bool) -> Iterator[None]:
    """Show how many of the open jobs of the worker's queues are done, until the block ends."""
    if not (shown and sys.stderr.isatty()):
        yield
        return
    ended = threading.Event()
    with bar("jobs", 0) as found:
        thread = threading.Thread(target=_look_on, args=(config, found, ended), daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


class _NoBar:
    def at(self, done: int, total: int | None = None) -> None:
        """Show nothing."""

    def say(self, text: str) -> None:
        """Show nothing."""


class _RichBar:
    def __init__(self, progress: _Progress, task: int) -> None:
        self._progress = progress
        self._task = task

    def at(self, done: int, total: int | None = None) -> None:
        """Move the bar."""
        self._progress.update(self._task, completed=done, total=total)

    def say(self, text: str) -> None:
        """Change the words before it."""
        self._progress.update(self._task, description=text, refresh=True)


class _Progress(Protocol):
    """What is used of rich's Progress, which is not imported where no bar is shown."""

    @property
    def update(self) -> Callable[..., None]: ...


def _look_on(config: Config, shown: Bar, ended: threading.Event) -> None:
    async def look() -> None:
        store = store_from_url(config.store.url)
        clock = SystemClock()
        most, pause_s = 0, LOOK_S
        while not ended.wait(pause_s):
            began = clock.monotonic()
            with contextlib.suppress(StoreError):
                await store.open(migrate=False)
                left = await _left(store, config)
                most = max(most, left)
                shown.at(most - left, most)
            # Counting a long queue takes long; it gets a twentieth of the time at most.
            pause_s = max(LOOK_S, 20 * (clock.monotonic() - began) / MICROS)
        await store.close()

    asyncio.run(look())


async def _left(store: Store, config: Config) -> int:
    counts = await store.reads.counts(config.store.namespace)
    queues = config.worker.queues
    return sum(
        count.jobs for count in counts if count.state in _OPEN and (queues is None or count.queue in queues)
    )
