"""A wall clock that somebody sets, forwards and back, under a running worker."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from beltline.client.beltline import Beltline
from beltline.config import Config, StoreConfig, WorkerConfig
from beltline.core.clock import HOUR, MICROS, SystemClock
from beltline.core.job import Job
from beltline.core.states import JobState
from beltline.engine.definitions import apply_definitions
from beltline.runtime.parts import Parts
from beltline.runtime.worker import Worker
from beltline.store.open import store_from_url
from tests.waiting import eventually_async

LEASE_US: Final = MICROS // 2
FIRST: Final = 5


class MovedClock:
    """The machine's clock, whose wall time is `ahead` of the true one; the monotonic one cannot be set."""

    def __init__(self) -> None:
        self._true = SystemClock()
        self.ahead = 0

    def now(self) -> int:
        return self._true.now() + self.ahead

    def monotonic(self) -> int:
        return self._true.monotonic()


class Shop:
    """A program and its worker in one process, under one clock."""

    def __init__(self, url: str, clock: MovedClock) -> None:
        self.clock = clock
        self.belt = Beltline(url, clock=clock)
        self.order: list[int] = []
        self.gate = asyncio.Event()

        @self.belt.job(max_crashes=100)
        async def note(n: int, wait: bool) -> int:
            self.order.append(n)
            if wait:
                await self.gate.wait()
            return n

        self.note = note

    async def work(self) -> None:
        clock, url = self.clock, self.belt.url
        store = store_from_url(url, clock=clock)
        await store.open()
        await apply_definitions(store, "default", self.belt.registry)
        config = Config(store=StoreConfig(url=url), worker=WorkerConfig(lease_us=LEASE_US, until_idle=True))
        parts = Parts(
            store=store,
            registry=self.belt.registry,
            config=config,
            clock=clock,
            random=random.SystemRandom(),
            open_heart_store=lambda: store_from_url(url, clock=clock),
        )
        try:
            await Worker(parts).run()
        finally:
            await store.close()

    async def all_wait(self) -> bool:
        return len(self.order) == FIRST

    async def jobs(self, ids: list[str]) -> list[Job]:
        return await self.belt.store.reads.get("default", ids)


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    shop = Shop(f"sqlite:///{tmp_path / 'beltline.db'}", MovedClock())
    async with shop.belt:
        yield shop


@pytest.mark.parametrize("leap", [HOUR, -HOUR], ids=["forwards", "back"])
async def test_a_leap_of_the_wall_clock_rescues_nobody_and_loses_nothing(shop: Shop, leap: int) -> None:
    first = [(await shop.note.submit(n=n, wait=True)).id for n in range(FIRST)]
    working = [asyncio.create_task(shop.work()) for _ in range(2)]
    await eventually_async(shop.all_wait, what="every body waits")

    shop.clock.ahead = leap
    second = [(await shop.note.submit(n=n, wait=False)).id for n in range(FIRST, 2 * FIRST)]
    references = [shop.belt.reference(job_id) for job_id in second]
    for reference in references:
        await reference.result(timeout="20s")
    await asyncio.wait(working, timeout=2.5 * LEASE_US / MICROS)
    shop.gate.set()
    await asyncio.gather(*working)

    jobs = await shop.jobs(first + second)
    assert {job.state for job in jobs} == {JobState.SUCCEEDED}
    assert {(job.runs, job.crashes) for job in jobs} == {(1, 0)}


async def test_jobs_that_are_submitted_after_a_leap_back_keep_their_own_order(shop: Shop) -> None:
    shop.clock.ahead = -HOUR
    for n in range(10):
        await shop.note.submit(n=n, wait=False)

    await shop.work()

    assert shop.order == list(range(10))


async def test_a_delayed_job_comes_due_at_the_wall_time_it_was_promised(shop: Shop) -> None:
    reference = await shop.note.options(delay="1h").submit(n=1, wait=False)
    await shop.work()
    assert shop.order == []

    shop.clock.ahead = HOUR
    await shop.work()

    assert await reference.result(timeout="5s") == 1
