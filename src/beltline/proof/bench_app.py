"""The app that the benchmark runs: no-op jobs with a small typed payload, all bookkeeping on."""

from __future__ import annotations

import time
from collections.abc import Callable

from beltline.client.beltline import Beltline


class Runs:
    """Counts runs, and calls somebody at one of them."""

    def __init__(self) -> None:
        self.number = 0
        self._at = -1
        self._call: Callable[[], None] = lambda: None

    def call_at(self, number: int, call: Callable[[], None]) -> None:
        """Call this at the run of that number."""
        self._at, self._call = number, call

    def count(self) -> None:
        """Count one."""
        self.number += 1
        if self.number == self._at:
            self._call()


belt = Beltline()
noop_runs = Runs()


@belt.job(version="bench")
async def noop(number: int, name: str) -> int:  # noqa: ARG001 - part of the payload
    """Return the number: the smallest typed job."""
    noop_runs.count()
    return number


@belt.job(version="bench", queue="pickup")
async def started(number: int) -> int:  # noqa: ARG001 - part of the payload
    """Return the wall clock, in nanoseconds, at which the body started."""
    return time.time_ns()
