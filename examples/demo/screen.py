"""What the demo shows while it runs: live bars on a terminal, plain lines elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Final, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from examples.stage.console import stdout, tell

_PLAIN_STEPS: Final = 5


class Screen:
    """Bars by job definition, and lines above them. `totals` says how many jobs of each are to come."""

    def __init__(self, totals: Mapping[str, int], console: Console | None = None) -> None:
        self.console = console or stdout()
        self._totals = totals
        self._live = self.console.is_terminal
        self._bars = Progress(
            TextColumn("{task.description:<11}"),
            BarColumn(bar_width=40),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=self.console,
            disable=not self._live,
        )
        self._tasks: dict[str, TaskID] = {}
        self._told = 0

    def __enter__(self) -> Self:
        self._tasks = {name: self._bars.add_task(name, total=total) for name, total in self._totals.items()}
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def say(self, text: str) -> None:
        """Show a line."""
        tell(self.console, text)

    def show(self, finished: Mapping[str, int]) -> None:
        """Show how many jobs of each definition are finished."""
        if self._live:
            for name, count in finished.items():
                self._bars.update(self._tasks[name], completed=count)
            return
        step = _PLAIN_STEPS * sum(finished.values()) // max(1, sum(self._totals.values()))
        if step > self._told:
            self._told = step
            self.say("  " + ", ".join(f"{name} {finished[name]}/{self._totals[name]}" for name in finished))
