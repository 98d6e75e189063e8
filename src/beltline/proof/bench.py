"""`beltline bench`: the figures that matter, with all bookkeeping on.

The drain is set beside a fixed yardstick taken in the same run.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from random import SystemRandom
from typing import Final

from beltline.app import ready_worker
from beltline.client.beltline import Beltline
from beltline.client.handle import JobHandle
from beltline.config import Config, StoreConfig, WorkerConfig
from beltline.core.clock import DAY, SystemClock
from beltline.core.errors import BeltlineError
from beltline.core.ids import new_id
from beltline.core.states import JobState
from beltline.proof import bench_app
from beltline.proof.footprint import cpu_seconds, pss_mb
from beltline.proof.raw import raw_drain
from beltline.proof.size import drain, drain_when_full
from beltline.store.pages import JobFilter, ListJobs

AT_ONCE: Final = 64
PICKUPS: Final = 300
PICKUP_PAUSE_S: Final = 0.02
CONCURRENCY: Final = 2_000
MOST_COUNTED: Final = 10_000
WARM_UP: Final = 500

Say = Callable[[str], None]


class BenchFailed(BeltlineError):
    """The run cannot be trusted: a record is missing that must be there."""

    code = "bench_failed"


def run_bench(
    url: str,
    jobs: int,
    *,
    concurrency: int = CONCURRENCY,
    queued: int = 0,
    kept: int = 0,
    idle_s: float = 10.0,
    say: Say = lambda _: None,
) -> dict[str, object]:
    """Measure and return the figures. The jobs go into a new namespace of the store and stay there.

    With `queued` or `kept`, one more drain is measured in front of so many jobs, after so many finished.
    Raises BenchFailed where a history row, a result or a roll-up count is missing.
    """
    figures = asyncio.run(_bench(url, jobs, concurrency, idle_s, say))
    if queued or kept:
        full = drain_when_full(url, jobs, queued=queued, kept=kept, concurrency=concurrency, say=say)
        figures |= {"queued": queued, "kept": kept, "drain_full_per_s": asyncio.run(full)}
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in figures.items()}


async def _bench(url: str, jobs: int, concurrency: int, idle_s: float, say: Say) -> dict[str, object]:
    namespace = "bench-" + new_id(SystemClock().now(), SystemRandom())[-8:]
    figures: dict[str, object] = {"store": url.split(":", 1)[0], "jobs": jobs, "concurrency": concurrency}
    async with Beltline(url, namespace=namespace) as belt:
        noop = belt.job(bench_app.noop.definition.handler, version="bench")
        say("submitting one at a time")
        await _sequential(noop, WARM_UP)
        figures["submit_sequential_per_s"] = await _sequential(noop, min(2_000, jobs))
        say(f"submitting, {AT_ONCE} callers at once")
        figures["submit_per_s"] = await _at_once(noop, min(10_000, jobs))
        await asyncio.to_thread(drain, url, namespace, concurrency)
        say(f"submitting {jobs:,} in bulk")
        figures["submit_bulk_per_s"] = await _bulk(noop, jobs)
        say("draining")
        drain_per_s = await asyncio.to_thread(drain, url, namespace, concurrency)
        await _check(belt, WARM_UP + min(2_000, jobs) + min(10_000, jobs) + jobs)
    say("draining the yardstick")
    raw_per_s = await raw_drain(url, jobs)
    figures |= {
        "drain_per_s": drain_per_s,
        "raw_drain_per_s": raw_per_s,
        "drain_ratio": drain_per_s / raw_per_s,
    }
    say("measuring pick-up, start and footprint of an idle worker")
    return figures | await _idle_worker(url, namespace, idle_s)


async def _sequential(noop: JobHandle[int], jobs: int) -> float:
    started = time.perf_counter()
    for number in range(jobs):
        await noop.submit(number=number, name="bench")
    return jobs / (time.perf_counter() - started)


async def _at_once(noop: JobHandle[int], jobs: int) -> float:
    numbers = iter(range(jobs))

    async def caller() -> None:
        for number in numbers:
            await noop.submit(number=number, name="bench")

    started = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(AT_ONCE)))
    return jobs / (time.perf_counter() - started)


async def _bulk(noop: JobHandle[int], jobs: int) -> float:
    started = time.perf_counter()
    await noop.submit_many({"number": number, "name": "bench"} for number in range(jobs))
    return jobs / (time.perf_counter() - started)


async def _check(belt: Beltline, expected: int) -> None:
    """Every job must be in history as succeeded with its result, and counted in the roll-up."""
    store, namespace = belt.store, belt.namespace
    where = JobFilter(states=frozenset({JobState.SUCCEEDED}))
    seen, cursor = 0, None
    while True:
        page = await store.reads.page(ListJobs(namespace=namespace, where=where, before=cursor, limit=1_000))
        if any(job.result is None for job in page.items):
            raise BenchFailed("a finished job has no result")
        seen += len(page.items)
        cursor = page.next
        if cursor is None:
            break
    now = store.now()
    tallies = await store.upkeep.tallies(namespace, now - DAY, now + DAY)
    counted = sum(tally.jobs for tally in tallies if tally.event == JobState.SUCCEEDED.value)
    if (seen, counted) != (expected, expected):
        raise BenchFailed(
            f"{expected:,} jobs were submitted, {seen:,} are in history, {counted:,} in the roll-up"
        )


async def _idle_worker(url: str, namespace: str, idle_s: float) -> dict[str, object]:
    """Start a worker as a user would and measure its start, pick-up, memory and idle processor time.

    On SQLite the pick-up is that of a worker in the submitter's own process; on PostgreSQL of the separate
    one.
    """
    async with Beltline(url, namespace=namespace) as belt:
        handle = belt.job(bench_app.started.definition.handler, version="bench", queue="pickup")
        first = await handle.submit(number=0)
        spawned = time.time_ns()
        command = [
            sys.executable,
            "-m",
            "beltline.cli",
            "work",
            bench_app.__file__,
            "--store",
            url,
            "--namespace",
            namespace,
        ]
        environment = {**os.environ, "BELTLINE_NAMESPACE": namespace}
        worker = subprocess.Popen(  # noqa: ASYNC220 - the spawn itself is what is timed
            command, env=environment, stderr=subprocess.DEVNULL
        )
        try:
            begun = await first.result(timeout="60s")
            figures: dict[str, object] = {"start_s": (begun - spawned) / 1e9}
            if not url.startswith("sqlite"):
                figures["pickup_ms"] = await _pickup(handle)
            before = await asyncio.to_thread(cpu_seconds, worker.pid)
            await asyncio.sleep(idle_s)
            figures["idle_cpu_percent"] = (
                100 * (await asyncio.to_thread(cpu_seconds, worker.pid) - before) / idle_s
            )
            figures["rss_mb"] = await asyncio.to_thread(pss_mb, worker.pid)
        finally:
            worker.terminate()
            await asyncio.to_thread(worker.wait)
        if url.startswith("sqlite"):
            async with _own_worker(url, namespace) as own:
                figures["pickup_ms"] = await _pickup(own)
    return figures


@asynccontextmanager
async def _own_worker(url: str, namespace: str) -> AsyncIterator[JobHandle[int]]:
    """Run a worker in this process; yield a handle that submits through the same store."""
    config = Config(store=StoreConfig(url=url, namespace=namespace), worker=WorkerConfig(concurrency=100))
    belt = Beltline(url, namespace=namespace)
    handle = belt.job(bench_app.started.definition.handler, version="bench", queue="pickup")
    async with ready_worker(config, belt) as worker:
        running = asyncio.create_task(worker.run())
        yield handle
        worker.stop()
        await running


async def _pickup(handle: JobHandle[int]) -> dict[str, float]:
    """Return percentiles, in ms, of the time from the start of the submit call to the start of the body."""
    times: list[float] = []
    for number in range(PICKUPS):
        called = time.time_ns()
        job = await handle.submit(number=number)
        times.append((await job.result(timeout="30s") - called) / 1e6)
        await asyncio.sleep(PICKUP_PAUSE_S)
    cuts = statistics.quantiles(times, n=100)
    return {"p50": round(cuts[49], 3), "p95": round(cuts[94], 3), "p99": round(cuts[98], 3)}
