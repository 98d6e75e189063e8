"""How many jobs are asked for, and when."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import pytest

from beltline.core.clock import SystemClock
from beltline.core.decide import Policy
from beltline.core.errors import LeaseLost
from beltline.core.offers import Offer
from beltline.core.outcome import succeeded
from beltline.engine.settle import Settlement
from beltline.runtime.fetcher import POLL_S, Fetcher
from beltline.runtime.picker import Picker
from beltline.runtime.settler import Settler
from beltline.store.params import NewSession
from tests.hops import Door
from tests.runtime.stage import CONCURRENCY, Stage
from tests.runtime.works import Works


class Fetching:
    """A fetcher between a store and a bare runner."""

    def __init__(self, works: Works, stage: Stage) -> None:
        self.works = works
        self.stage = stage
        self.settler = Settler(
            works.store,
            "default",
            random=random.Random(1),
            settled=self._settled,
            gather_s=lambda: 0.0,
        )
        self.fetcher = Fetcher(
            works.store,
            "default",
            queues=None,
            concurrency=CONCURRENCY,
            most=CONCURRENCY,
            runner=stage.runner,
            settler=self.settler,
            random=random.Random(1),
            picker=Picker(
                works.store,
                "default",
                queues=None,
                offer=Offer({"cpu": 2_000}),
                runs=stage.runner.runs,
                clock=SystemClock(),
            ),
        )
        self.gate = asyncio.Event()

        @works.belt.job
        async def waits() -> None:
            await self.gate.wait()

        self.waits = waits
        stage.registry.add(waits.definition)

    def _settled(self) -> None:
        self.fetcher.settled()

    async def submit(self, number: int) -> None:
        await self.waits.submit_many({} for _ in range(number))

    async def fall_behind(self, door: Door) -> None:
        """Submit a job while more outcomes than it bears cannot pass the door."""
        await self.submit(1)
        door.shut()
        job = self.stage.claimed("waits")
        for _ in range(4 * CONCURRENCY + 1):
            self.settler.put(Settlement(job, succeeded(None), Policy()))

    async def fetch(self) -> int:
        """Fetch once and start what came; return how many that was."""
        jobs = await self.fetcher.fetch("hand")
        for job in jobs:
            self.stage.runner.start(job)
        return len(jobs)

    async def end_all(self) -> None:
        runs = list(self.stage.runner.runs.values())
        self.gate.set()
        for run in runs:
            await self.stage.end(run)
        self.gate.clear()


@pytest.fixture
async def fetching(works: Works, stage: Stage) -> AsyncIterator[Fetching]:
    await works.store.sessions.open(
        NewSession(
            namespace="default",
            id="hand",
            name="hand",
            host="here",
            pid=1,
            lease_us=1,
            queues=None,
            concurrency=1,
            now=works.store.now(),
        )
    )
    made = Fetching(works, stage)
    yield made
    await made.end_all()


async def turns(number: int = 10) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


async def test_it_claims_no_more_than_there_are_free_slots(fetching: Fetching) -> None:
    await fetching.submit(10)

    assert await fetching.fetch() == CONCURRENCY


async def test_it_claims_what_fits_beside_what_runs(fetching: Fetching) -> None:
    await fetching.submit(1)
    await fetching.fetch()
    await fetching.submit(10)

    assert await fetching.fetch() == CONCURRENCY - 1


async def test_without_a_free_slot_it_does_not_ask(fetching: Fetching, door: Door) -> None:
    await fetching.submit(CONCURRENCY + 1)
    await fetching.fetch()
    knocks = door.knocks

    waiting = asyncio.create_task(fetching.fetch())
    await turns()
    assert (waiting.done(), door.knocks) == (False, knocks)

    await fetching.end_all()
    fetching.fetcher.room.set()
    assert await waiting == 1


async def test_while_outcomes_pile_up_it_does_not_ask(fetching: Fetching, door: Door) -> None:
    await fetching.fall_behind(door)
    knocks = door.knocks

    waiting = asyncio.create_task(fetching.fetch())
    await turns()
    assert not waiting.done()
    assert door.knocks <= knocks + 1

    waiting.cancel()
    await asyncio.wait([waiting])
    await fetching.settler.close(0)
    door.open()


async def test_once_the_outcomes_are_written_it_asks_at_once(fetching: Fetching, door: Door) -> None:
    await fetching.fall_behind(door)
    waiting = asyncio.create_task(fetching.fetch())
    await turns()

    door.open()

    async with asyncio.timeout(POLL_S / 2):
        assert await waiting == 1


async def test_after_a_full_claim_it_does_not_wait(fetching: Fetching) -> None:
    await fetching.submit(CONCURRENCY)
    claimed = await fetching.fetch()

    async with asyncio.timeout(0.1):
        await fetching.fetcher.wait_for_work("hand", claimed)


async def test_a_hint_ends_the_wait(fetching: Fetching) -> None:
    assert await fetching.fetch() == 0
    waiting = asyncio.create_task(fetching.fetcher.wait_for_work("hand", 0))
    await turns()
    assert not waiting.done()

    fetching.fetcher.hinted.set()
    await turns()

    assert waiting.done()


async def test_a_hint_during_the_claim_is_not_lost(fetching: Fetching, door: Door) -> None:
    door.shut()
    claiming = asyncio.create_task(fetching.fetch())
    await turns()
    fetching.fetcher.hinted.set()
    door.open()
    claimed = await claiming

    async with asyncio.timeout(0.1):
        await fetching.fetcher.wait_for_work("hand", claimed)


async def test_without_hints_it_asks_again_by_itself(fetching: Fetching) -> None:
    async with asyncio.timeout(5):
        await fetching.fetcher.wait_for_work("hand", 0)


async def test_a_session_that_ended_is_told(fetching: Fetching) -> None:
    await fetching.works.store.sessions.close("default", "hand", fetching.works.store.now())

    with pytest.raises(LeaseLost):
        await fetching.fetch()
