from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from beltline.core.clock import HOUR, MICROS
from beltline.core.durations import moment_text
from beltline.definitions.schedule import Schedule
from beltline.engine import backfills
from beltline.engine.definitions import apply_definitions
from beltline.engine.schedules import declare
from beltline.runtime.scheduler import Scheduler
from beltline.store.backfills import BackfillState
from beltline.store.pages import JobFilter, ListJobs
from beltline.store.schedules import WriteSchedules
from tests.hops import Door
from tests.runtime.works import Works
from tests.waiting import eventually_async


async def declared(works: Works, schedule: Schedule) -> list[str]:
    """Declare a schedule for a job that notes its ticks; return the list that they get into."""
    noted: list[str] = []

    async def note(tick: str = "") -> None:
        noted.append(tick)

    works.belt.schedule(works.belt.job(note), schedule, tick_field="tick")
    await apply_definitions(works.store, works.namespace, works.belt.registry)
    await declare(works.store, works.namespace, tuple(works.belt.declared), works.belt.registry.names())
    return noted


def hourly(works: Works) -> Schedule:
    """Return a schedule that ticks every hour, and not in the next minutes."""
    return Schedule(every="1h", start=moment_text(works.store.now() - 100 * HOUR - HOUR // 2))


async def count(works: Works) -> int:
    page = await works.store.reads.page(ListJobs(namespace=works.namespace, where=JobFilter()))
    return page.total


@asynccontextmanager
async def scheduling(works: Works) -> AsyncIterator[Scheduler]:
    """Run a scheduler that never looks by itself."""
    scheduler = Scheduler(works.store, works.namespace, random=random.Random(1))
    scheduler.start()
    try:
        yield scheduler
    finally:
        await scheduler.stop()


async def test_it_only_looks_while_nothing_is_due(works: Works, door: Door) -> None:
    await declared(works, hourly(works))
    scheduler = Scheduler(works.store, works.namespace, random=random.Random(1))
    door.passed = 0

    assert await scheduler.tick() is False
    assert door.passed == 1
    await scheduler.stop()


async def test_it_wakes_when_the_next_tick_comes(works: Works) -> None:
    await declared(works, Schedule(every="1s", overlap="allow"))

    async with scheduling(works):

        async def is_there() -> bool:
            return await count(works) >= 2

        await eventually_async(is_there)


async def test_a_worker_runs_the_jobs_of_its_schedules(works: Works) -> None:
    noted = await declared(works, Schedule(every="1s", overlap="allow"))
    [row] = await works.store.schedules.page(works.namespace)

    async with works.working():

        async def is_noted() -> bool:
            return noted[:1] == [moment_text(row.next_at or 0)]

        await eventually_async(is_noted)


async def test_a_worker_that_runs_until_idle_makes_up_for_a_missed_tick(works: Works) -> None:
    noted = await declared(works, hourly(works))
    [row] = await works.store.schedules.page(works.namespace)
    missed = (row.next_at or 0) - 3 * HOUR
    put = (row.settings()._replace(next_at=missed), row.revision)
    await works.store.schedules.write(
        WriteSchedules(namespace=works.namespace, puts=[put], now=works.store.now())
    )

    assert await works.until_idle() == 0

    assert noted == [moment_text(missed + 2 * HOUR)]


async def test_a_worker_goes_on_with_a_backfill_whenever_a_job_ends(works: Works) -> None:
    noted = await declared(works, hourly(works))
    now = works.store.now()
    row = await backfills.start(
        works.store,
        works.namespace,
        "note",
        since=now - 6 * HOUR,
        until=now - MICROS,
        at_once=1,
        random=random.Random(1),
        actor="ada",
    )

    assert await works.until_idle() == 0

    assert len(noted) == 6
    ended = await backfills.fetch(works.store, works.namespace, row.id)
    assert ended.state is BackfillState.DONE
