"""Many sessions at one store, each claiming and settling as a worker does, without bodies between."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AsyncExitStack
from random import SystemRandom
from typing import Final

from beltline.client.beltline import Beltline
from beltline.core.clock import MINUTE
from beltline.core.decide import Policy
from beltline.core.ids import new_id
from beltline.core.job import ClaimedJob
from beltline.core.outcome import succeeded
from beltline.engine.settle import Settlement, claim, settle
from beltline.proof import bench_app
from beltline.store.contract import Store
from beltline.store.params import NewSession

BATCH: Final = 50
MOST_STORES: Final = 16
TIMES: Final = 15
BATCHES: Final = (1, 10, 100, 500)


async def claiming(url: str, namespace: str, sessions: int, jobs: int) -> float:
    """Return how many of `jobs` queued jobs a second so many sessions together take and settle.

    They share at most sixteen connection pools, as they share one event loop: what is compared is the store.
    Each takes one batch before the clock is started, for which `warming(sessions)` more jobs must be queued:
    a worker keeps its connections and what is planned there, and 64 take longer to make than all the jobs.
    """
    random = SystemRandom()
    async with AsyncExitStack() as stack:
        belts = [
            await stack.enter_async_context(Beltline(url, namespace=namespace))
            for _ in range(min(sessions, MOST_STORES))
        ]
        names = [
            await _session(belts[number % len(belts)].store, namespace, number) for number in range(sessions)
        ]

        async def one(number: int, left: Iterator[int]) -> int:
            store, done = belts[number % len(belts)].store, 0
            for _ in left:
                held = await claim(store, namespace, names[number], queues=None, limit=BATCH)
                await settle(store, namespace, _done(held), random=random)
                done += len(held)
            return done

        async def all_of_them(left: Callable[[], Iterator[int]]) -> int:
            return sum(await asyncio.gather(*(one(number, left()) for number in range(sessions))))

        await all_of_them(lambda: iter(range(1)))
        batches = iter(range(0, jobs, BATCH))
        began = time.perf_counter()
        done = await all_of_them(lambda: batches)
        return done / (time.perf_counter() - began)


def warming(sessions: int) -> int:
    """Return how many jobs are taken before the clock is started."""
    return sessions * BATCH


async def service_times(url: str, namespace: str) -> dict[str, dict[str, float]]:
    """Return how many ms the store takes to submit, claim and settle batches of 1 to 500 jobs; medians."""
    random = SystemRandom()
    found: dict[str, dict[str, float]] = {"submit": {}, "claim": {}, "settle": {}}
    async with Beltline(url, namespace=namespace) as belt:
        noop = belt.job(bench_app.noop.definition.handler, version="bench")
        session = await _session(belt.store, namespace, 0)
        for batch in BATCHES:
            times: dict[str, list[float]] = {name: [] for name in found}
            for _ in range(TIMES):
                began = time.perf_counter()
                await noop.submit_many({"number": number, "name": "bench"} for number in range(batch))
                submitted = time.perf_counter()
                held = await claim(belt.store, namespace, session, queues=None, limit=batch)
                claimed = time.perf_counter()
                await settle(belt.store, namespace, _done(held), random=random)
                ended = time.perf_counter()
                times["submit"].append(submitted - began)
                times["claim"].append(claimed - submitted)
                times["settle"].append(ended - claimed)
            for name, taken in times.items():
                found[name][str(batch)] = round(1e3 * statistics.median(taken), 3)
    return found


def _done(held: Sequence[ClaimedJob]) -> list[Settlement]:
    return [Settlement(job, succeeded(b"1"), Policy()) for job in held]


async def _session(store: Store, namespace: str, number: int) -> str:
    name = new_id(store.now(), SystemRandom())
    await store.sessions.open(
        NewSession(
            namespace=namespace,
            id=name,
            name=f"bench-{number}",
            host="bench",
            pid=number,
            # None beats: the lease outlasts the measure.
            lease_us=10 * MINUTE,
            queues=None,
            concurrency=BATCH,
            now=store.now(),
        )
    )
    return name
