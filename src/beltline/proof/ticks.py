"""`beltline bench --schedules`: what many schedules cost, and how soon after its tick a job starts."""

from __future__ import annotations

import asyncio
import statistics
import time
from random import SystemRandom
from typing import Final

from beltline.app import ready_worker
from beltline.client.beltline import Beltline
from beltline.config import Config, StoreConfig, WorkerConfig
from beltline.core.clock import HOUR, MICROS, SystemClock
from beltline.core.durations import moment, moment_text
from beltline.core.ids import new_id
from beltline.definitions.schedule import Schedule
from beltline.proof.bench import BenchFailed, Say
from beltline.runtime.scheduler import Scheduler
from beltline.store.contract import Store
from beltline.store.schedules import NewSchedule, WriteSchedules

SECONDS: Final = 20.0
# So many schedules tick each second, not all at the same moment.
TICKING: Final = 10
_BATCH: Final = 1_000
_SETTLE_S: Final = 2.0


def run_tick_bench(
    url: str, schedules: int, *, seconds: float = SECONDS, say: Say = lambda _: None
) -> dict[str, object]:
    """Measure and return the figures. Schedules and jobs go into a new namespace and stay there.

    `scheduler_cpu_percent`: the processor time of one scheduler, alone in its process, whose schedules tick
    hourly, spread over the hour. `tick_ms`: from the tick to the start of the body, in a worker beside them.
    Raises BenchFailed where a tick has no job, or two.
    """
    figures = asyncio.run(_bench(url, schedules, seconds, say))
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in figures.items()}


async def _bench(url: str, schedules: int, seconds: float, say: Say) -> dict[str, object]:
    namespace = "bench-" + new_id(SystemClock().now(), SystemRandom())[-8:]
    config = Config(store=StoreConfig(url=url, namespace=namespace), worker=WorkerConfig(concurrency=100))
    belt = Beltline(url, namespace=namespace)
    belt.job(_ticked, name="ticked", version="bench")
    async with ready_worker(config, belt) as worker:
        say(f"making {schedules:,} schedules")
        await _make(belt.store, namespace, schedules)
        say("measuring a scheduler beside them")
        cpu = await _cpu_percent(belt.store, namespace, seconds)
        say("measuring ticks")
        running = asyncio.create_task(worker.run())
        begin = await _tick_each_second(belt.store, namespace)
        await asyncio.sleep(seconds + _SETTLE_S)
        times = await _times(belt.store, namespace, begin, begin + int(seconds) * MICROS)
        worker.stop()
        await running
    cuts = statistics.quantiles(times, n=100)
    return {
        "store": url.split(":", 1)[0],
        "schedules": schedules,
        "scheduler_cpu_percent": cpu,
        "ticks": len(times),
        "tick_ms": {"p50": round(cuts[49], 3), "p95": round(cuts[94], 3), "p99": round(cuts[98], 3)},
    }


async def _ticked(tick: str) -> float:
    """Return how many milliseconds after its tick this body began."""
    return (time.time_ns() / 1_000 - moment(tick)) / 1_000


async def _make(store: Store, namespace: str, schedules: int) -> None:
    now = store.now()
    made: list[NewSchedule] = []
    for number in range(schedules):
        first = now + number * HOUR // schedules
        text = Schedule(every="1h", start=moment_text(first)).text()
        made.append(_schedule(f"hourly-{number:06}", text, first))
    for begin in range(0, schedules, _BATCH):
        await _write(store, namespace, [(each, None) for each in made[begin : begin + _BATCH]])


async def _cpu_percent(store: Store, namespace: str, seconds: float) -> float:
    scheduler = Scheduler(store, namespace, random=SystemRandom())
    scheduler.start()
    # Until what fell due while they were made is done.
    await asyncio.sleep(_SETTLE_S)
    before, since = time.process_time(), time.perf_counter()
    await asyncio.sleep(seconds)
    spent, passed = time.process_time() - before, time.perf_counter() - since
    await scheduler.stop()
    return 100 * spent / passed


async def _tick_each_second(store: Store, namespace: str) -> int:
    """Make the schedules that tick each second; return when they begin."""
    begin = (store.now() // MICROS + 2) * MICROS
    made: list[tuple[NewSchedule, int | None]] = []
    for number in range(TICKING):
        first = begin + number * MICROS // TICKING
        text = Schedule(every="1s", start=moment_text(first), overlap="allow").text()
        made.append((_schedule(f"second-{number}", text, first), None))
    await _write(store, namespace, made)
    return begin


async def _times(store: Store, namespace: str, begin: int, end: int) -> list[float]:
    found: dict[str, float] = {}
    for number in range(TICKING):
        name = f"second-{number}"
        fires = await store.schedules.fires(namespace, name, limit=1_000)
        ids = {fire.job_id or "": fire.tick for fire in fires if begin <= fire.tick < end}
        if len(ids) != (end - begin) // MICROS:
            raise BenchFailed(f"schedule {name} has {len(ids)} jobs for {(end - begin) // MICROS} ticks")
        ended = await store.reads.finished(namespace, list(ids))
        found |= {each.id: float(each.result or b"nan") for each in ended}
        if missing := ids.keys() - found.keys():
            raise BenchFailed(f"{len(missing)} jobs of {name} have not ended")
    return list(found.values())


async def _write(store: Store, namespace: str, puts: list[tuple[NewSchedule, int | None]]) -> None:
    if not await store.schedules.write(WriteSchedules(namespace=namespace, puts=puts, now=store.now())):
        raise BenchFailed("the schedules could not be made")


def _schedule(name: str, text: str, next_at: int) -> NewSchedule:
    return NewSchedule(
        name=name,
        definition="ticked",
        spec=text,
        payload=b"{}",
        tick_field="tick",
        declared=None,
        paused=False,
        next_at=next_at,
    )
