"""How fast a store drains that is full: with many jobs queued, and many finished ones kept."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from random import SystemRandom
from typing import Final

from beltline.client.beltline import Beltline
from beltline.client.handle import JobHandle
from beltline.core.clock import SystemClock
from beltline.core.ids import new_id
from beltline.proof import bench_app

FILL_BATCH: Final = 50_000


async def drain_when_full(
    url: str, jobs: int, *, queued: int, kept: int, concurrency: int, say: Callable[[str], None]
) -> float:
    """Return how many jobs a second a worker drains in front of `queued` jobs, after `kept` that finished.

    The jobs go through submit and worker as any others do. They stay in a new namespace of the store.
    """
    namespace = "full-" + new_id(SystemClock().now(), SystemRandom())[-8:]
    async with Beltline(url, namespace=namespace) as belt:
        noop = belt.job(bench_app.noop.definition.handler, version="bench")
        if kept:
            say(f"submitting and draining {kept:,} jobs that are kept")
            await _fill(noop, kept)
            await asyncio.to_thread(drain, url, namespace, concurrency)
        say(f"submitting {queued:,} jobs that stay queued")
        await _fill(noop, queued + jobs)
        say(f"draining {jobs:,} of them")
        return await asyncio.to_thread(drain, url, namespace, concurrency, most=jobs)


def drain(url: str, namespace: str, concurrency: int, *, most: int = 0) -> float:
    """Drain with a worker in a process of its own, some jobs or (0) all; return its jobs a second."""
    command = [sys.executable, "-m", "beltline.proof.drain", url, namespace, str(concurrency), str(most)]
    done = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    return float(done["jobs"] / done["seconds"])


async def _fill(noop: JobHandle[int], jobs: int) -> None:
    for start in range(0, jobs, FILL_BATCH):
        numbers = range(start, min(start + FILL_BATCH, jobs))
        await noop.submit_many({"number": number, "name": "bench"} for number in numbers)
