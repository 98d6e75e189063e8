"""The app that the benchmark runs: no-op jobs with a small typed payload, all bookkeeping on."""

from __future__ import annotations

import time

from beltline.client.beltline import Beltline

belt = Beltline()


@belt.job(version="bench")
async def noop(number: int, name: str) -> int:  # noqa: ARG001 - part of the payload
    """Return the number: the smallest typed job."""
    return number


@belt.job(version="bench", queue="pickup")
async def started(number: int) -> int:  # noqa: ARG001 - part of the payload
    """Return the wall clock, in nanoseconds, at which the body started."""
    return time.time_ns()
