"""The app that the benchmark runs: no-op jobs with a small typed payload, all bookkeeping on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Final

from beltline.client.beltline import Beltline
from beltline.definitions.batch import Item, Split

LEAF: Final = 1_000


class Runs:
    """Counts runs, and calls somebody at one of them. `first_at`: when the first one began."""

    def __init__(self) -> None:
        self.number = 0
        self.first_at = time.perf_counter()
        self._at = -1
        self._call: Callable[[], None] = lambda: None

    def call_at(self, number: int, call: Callable[[], None]) -> None:
        """Call this at the run of that number."""
        self._at, self._call = number, call

    def count(self) -> None:
        """Count one."""
        if not self.number:
            self.first_at = time.perf_counter()
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


@belt.batch(item=noop, version="bench")
def tree(definition: list[int]) -> Iterator[Split | Item]:
    """Halve a range of numbers until a thousand are left, then make a no-op job of each."""
    low, high = definition
    if high - low > LEAF:
        middle = (low + high) // 2
        yield Split([low, middle])
        yield Split([middle, high])
    else:
        for number in range(low, high):
            yield Item(number=number, name="bench")
