"""`python -m beltline.proof.bodies [--json]`: what bodies in processes cost, gain and withstand.

Threads and processes are measured with the same job in the same run, on a new SQLite store each time.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import uvloop

from beltline.app import ready_worker, tune_interpreter
from beltline.client.beltline import Beltline
from beltline.client.handle import JobHandle
from beltline.config import Config, StoreConfig, WorkerConfig
from beltline.core.clock import MICROS
from beltline.core.states import DEAD, FINAL, JobState
from beltline.proof import bodies_app as app
from beltline.store.contract import Store

BURN_MS: Final = 5.0
BURNS: Final = 1_000
NOOPS: Final = 3_000
GOOD: Final = 10_000
POISON: Final = 100
_NAMESPACE: Final = "default"
_LOOK_S: Final = 0.02


def measure() -> dict[str, object]:
    """Return the figures."""
    tune_interpreter()
    load = os.getloadavg()[0]
    threads = BURNS / uvloop.run(_drain(app.burn_in_thread, BURNS))
    processes = BURNS / uvloop.run(_drain(app.burn_in_process, BURNS))
    noop_s = uvloop.run(_drain(app.good, NOOPS))
    clean = uvloop.run(_with_poison(0))
    poisoned = uvloop.run(_with_poison(POISON))
    return {
        "cores": os.cpu_count(),
        "load_before": round(load, 2),
        "burn_ms": BURN_MS,
        "threads_per_s": round(threads, 1),
        "processes_per_s": round(processes, 1),
        "processes_to_threads": round(processes / threads, 2),
        "overhead_ms": round(1e3 * noop_s / NOOPS, 3),
        "out_of_memory": uvloop.run(_hungry()),
        "good_per_s": clean["per_s"],
        "good_per_s_beside_poison": poisoned["per_s"],
        "poisoned_to_clean": round(poisoned["per_s"] / clean["per_s"], 2),
        "poisoned": poisoned,
    }


async def _drain(handle: JobHandle[Any], count: int) -> float:
    """Return the seconds in which so many jobs are worked off, all bookkeeping included."""
    async with _worker(until_idle=True) as worker:
        name = "number" if handle is app.good else "milliseconds"
        await handle.submit_many({name: int(BURN_MS)} for _ in range(count))
        began = time.perf_counter()
        await worker.run()
        return time.perf_counter() - began


async def _with_poison(poison: int) -> dict[str, Any]:
    """Work off good jobs with poisonous ones strewn in; return the speed of the good ones, and the ends."""
    async with _worker() as worker:
        chunk = GOOD // POISON
        for number in range(POISON):
            await app.good.submit_many({"number": number} for _ in range(chunk))
            if number < poison:
                await app.poison.submit(number=number)
        store = app.belt.store
        began = time.perf_counter()
        running = asyncio.create_task(worker.run())
        await _until_done(store, "good")
        took = time.perf_counter() - began
        await _until_done(store, "poison")
        ends = await _ends(store)
        worker.stop()
        await running
        return {"per_s": round(GOOD / took, 1), "seconds_to_the_last_end": _since(began), "ends": ends}


async def _hungry() -> dict[str, object]:
    """Return how a body ends that allocates 1 GiB under a limit of 256 MiB, beside one that does not."""
    async with _worker() as worker:
        neighbour = await app.burn_in_process.submit(milliseconds=1_000.0)
        job = await app.hungry.submit(mebibytes=1_024)
        running = asyncio.create_task(worker.run())
        await _until_done(app.belt.store, "hungry")
        found = await app.belt.get(job.id)
        await neighbour.result(timeout="30s")
        first = (await app.belt.store.reads.attempts(_NAMESPACE, job.id))[0]
        worker.stop()
        await running
        return {
            "state": found.state.value,
            "reason": found.reason.value,
            "first_run_s": round(((first.finished_at or 0) - first.started_at) / MICROS, 3),
            "neighbour": (await app.belt.get(neighbour.id)).state.value,
        }


@asynccontextmanager
async def _worker(*, until_idle: bool = False) -> AsyncIterator[Any]:
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bodies.db"
        config = Config(store=StoreConfig(url=url), worker=WorkerConfig(until_idle=until_idle))
        belt: Beltline = app.belt
        async with ready_worker(config, belt, target=str(Path(app.__file__))) as worker:
            yield worker


async def _until_done(store: Store, queue: str) -> None:
    while True:
        counts = await store.reads.counts(_NAMESPACE)
        if not any(row.queue == queue and row.state not in FINAL for row in counts):
            return
        await asyncio.sleep(_LOOK_S)


async def _ends(store: Store) -> dict[str, int]:
    """How many jobs came to which end."""
    counts = await store.reads.counts(_NAMESPACE)
    ends = {row.state.value: row.jobs for row in counts if row.state in DEAD}
    await asyncio.sleep(1.0)
    tallies = await store.upkeep.tallies(_NAMESPACE, 0, 1 << 62)
    ends["succeeded"] = sum(row.jobs for row in tallies if row.event == JobState.SUCCEEDED.value)
    return ends


def _since(began: float) -> float:
    return round(time.perf_counter() - began, 2)


if __name__ == "__main__":
    figures = measure()
    if "--json" in sys.argv[1:]:
        print(json.dumps(figures))
    else:
        for key, value in figures.items():
            print(f"{key:26} {value}")
