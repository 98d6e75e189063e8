from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from beltline.core.clock import MICROS
from beltline.core.job import NewJob
from beltline.core.reasons import Reason
from beltline.core.states import JobState
from beltline.runtime.dispatcher import Dispatcher
from beltline.store.hints import Hint
from beltline.store.params import InsertJobs
from tests.hops import Door
from tests.runtime.works import Works
from tests.waiting import eventually_async


async def store_delayed(works: Works, job_id: str, delay_us: int) -> None:
    now = works.store.now()
    job = NewJob(
        id=job_id,
        definition="noop",
        version="1",
        queue="default",
        state=JobState.SCHEDULED,
        reason=Reason.DELAYED,
        payload=b"{}",
        payload_hash=b"0" * 16,
        created_at=now,
        run_at=now + delay_us,
    )
    await works.store.jobs.insert(InsertJobs(namespace="default", jobs=[job], now=now))


@asynccontextmanager
async def dispatching(works: Works) -> AsyncIterator[Dispatcher]:
    """Run a dispatcher that never looks by itself."""
    dispatcher = Dispatcher(works.store, "default", random=random.Random(1))

    def hear(hint: Hint) -> None:
        if hint is Hint.SCHEDULED:
            dispatcher.hinted()

    unsubscribe = await works.store.wakeups.subscribe("default", hear)
    dispatcher.start()
    try:
        yield dispatcher
    finally:
        unsubscribe()
        await dispatcher.stop()


async def test_it_only_looks_while_nothing_is_due(works: Works, door: Door) -> None:
    await store_delayed(works, "later", 60 * MICROS)
    dispatcher = Dispatcher(works.store, "default", random=random.Random(1))
    door.passed = 0

    assert await dispatcher.tick() is False
    assert door.passed == 1


async def test_what_is_due_is_queued_and_it_looks_again(works: Works) -> None:
    await store_delayed(works, "due", 0)
    dispatcher = Dispatcher(works.store, "default", random=random.Random(1))

    assert await dispatcher.tick() is True
    assert (await works.job("due")).state is JobState.QUEUED


async def test_it_wakes_when_the_next_job_falls_due(works: Works) -> None:
    await store_delayed(works, "soon", 50_000)

    async with dispatching(works):

        async def is_queued() -> bool:
            return (await works.job("soon")).state is JobState.QUEUED

        await eventually_async(is_queued)


async def test_a_job_that_falls_due_sooner_than_the_next_is_not_late(works: Works) -> None:
    await store_delayed(works, "far", 600 * MICROS)

    async with dispatching(works):
        await store_delayed(works, "soon", 50_000)

        async def is_queued() -> bool:
            return (await works.job("soon")).state is JobState.QUEUED

        await eventually_async(is_queued)


async def test_hints_in_a_row_are_one_look(works: Works, door: Door) -> None:
    door.passed = 0

    async def has_looked() -> bool:
        return door.passed > 0

    async with dispatching(works) as dispatcher:
        await eventually_async(has_looked)
        door.passed = 0
        for _ in range(100):
            dispatcher.hinted()
        await eventually_async(has_looked)

    assert door.passed == 1
