"""Outcomes are kept until the store has them."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import AsyncIterator

import pytest

from beltline.core.decide import Policy
from beltline.core.errors import StoreError, StoreUnavailable
from beltline.core.job import ClaimedJob
from beltline.core.outcome import Ending, Outcome, released, succeeded
from beltline.core.reasons import Reason
from beltline.core.states import JobState
from beltline.engine.settle import Settlement, claim
from beltline.runtime.settler import ENOUGH, LARGEST_BATCH, Settler
from beltline.store.params import NewSession
from tests.hops import Door
from tests.runtime.works import Works
from tests.waiting import eventually_async


class Settling:
    """A settler, and claimed jobs to settle."""

    def __init__(self, works: Works, door: Door) -> None:
        self.works = works
        self.door = door
        self.told = 0
        self.gather_s = 0.0
        self.settler = Settler(
            works.store,
            "default",
            random=random.Random(1),
            settled=self._tell,
            gather_s=lambda: self.gather_s,
        )

        @works.belt.job
        async def noop() -> None: ...

        self.noop = noop

    def _tell(self) -> None:
        self.told += 1

    async def claimed(self, number: int) -> list[ClaimedJob]:
        """Submit and claim so many jobs."""
        store = self.works.store
        await store.sessions.open(
            NewSession(
                namespace="default",
                id="hand",
                name="hand",
                host="here",
                pid=1,
                lease_us=1,
                queues=None,
                concurrency=1,
                now=store.now(),
            )
        )
        await self.noop.submit_many({} for _ in range(number))
        jobs = await claim(store, "default", "hand", queues=None, limit=number)
        self.door.passed = self.door.knocks = 0
        return jobs

    def put(self, job: ClaimedJob, outcome: Outcome | None = None) -> None:
        self.settler.put(Settlement(job, outcome or succeeded(None), Policy()))

    async def is_idle(self) -> bool:
        return self.settler.idle


@pytest.fixture
async def settling(works: Works, door: Door) -> AsyncIterator[Settling]:
    made = Settling(works, door)
    yield made
    door.open()
    await made.settler.close(5)


async def turns(number: int = 5) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


async def test_a_lone_outcome_goes_at_once(settling: Settling, door: Door) -> None:
    [job] = await settling.claimed(1)

    settling.put(job)
    await turns()

    assert (door.passed, settling.settler.behind, settling.told) == (1, 0, 1)
    assert (await settling.works.job(job.id)).state is JobState.SUCCEEDED


async def test_what_ends_while_a_batch_is_on_its_way_goes_with_the_next(
    settling: Settling, door: Door
) -> None:
    first, *others = await settling.claimed(20)
    door.shut()
    settling.put(first)
    await turns()
    for job in others:
        settling.put(job)
    await turns()

    door.open()
    await eventually_async(settling.is_idle)

    assert door.passed == 2


async def test_what_ends_soon_after_a_batch_goes_together_while_bodies_run(
    settling: Settling, door: Door
) -> None:
    first, *others = await settling.claimed(4)
    settling.gather_s = 0.005
    settling.put(first)
    await turns()
    for job in others:
        settling.put(job)
        await turns()
    assert door.passed == 1

    await eventually_async(settling.is_idle)

    assert (door.passed, settling.told) == (2, 2)


async def test_many_that_end_after_a_batch_wait_for_no_other(settling: Settling, door: Door) -> None:
    first, *others = await settling.claimed(ENOUGH + 1)
    settling.gather_s = 3_600.0
    settling.put(first)
    await turns()
    for job in others:
        settling.put(job)
    settling.gather_s = 0.0

    await eventually_async(settling.is_idle)

    assert door.passed == 2


async def test_nothing_is_left_to_write_while_it_waits_for_company(settling: Settling) -> None:
    [job] = await settling.claimed(1)
    settling.gather_s = 0.005

    settling.put(job)
    await turns()

    assert settling.told == 1
    assert settling.settler.idle


async def test_a_crowd_goes_in_batches_of_bounded_size(settling: Settling, door: Door) -> None:
    for job in await settling.claimed(LARGEST_BATCH + 1):
        settling.put(job)

    await eventually_async(settling.is_idle)

    assert door.passed == 2


@pytest.mark.parametrize(
    "error", [StoreUnavailable("away"), StoreError("odd"), ZeroDivisionError("a defect")], ids=str
)
async def test_what_cannot_be_written_is_kept_and_written_later(
    settling: Settling, door: Door, error: Exception
) -> None:
    jobs = await settling.claimed(3)
    door.fail(error)
    for job in jobs:
        settling.put(job)
    await turns()
    assert settling.settler.behind == 3
    assert settling.settler.pending == {(job.id, job.fence) for job in jobs}
    assert not settling.settler.idle

    door.open()
    await eventually_async(settling.is_idle)

    assert {(await settling.works.job(job.id)).state for job in jobs} == {JobState.SUCCEEDED}


async def test_an_outage_is_told_once(
    settling: Settling, door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    [job] = await settling.claimed(1)
    door.fail(StoreUnavailable("away"))
    with caplog.at_level(logging.WARNING, "beltline"):
        settling.put(job)

        async def has_tried_again() -> bool:
            return door.knocks >= 3

        await eventually_async(has_tried_again)
        door.open()
        await eventually_async(settling.is_idle)

    assert [record.getMessage() for record in caplog.records] == ["settling: away; 1 outcomes wait"]


async def test_an_outcome_whose_reply_was_lost_is_written_once(settling: Settling, door: Door) -> None:
    [job] = await settling.claimed(1)
    door.fail(after=True)
    settling.put(job, Outcome(Ending.FAILED))
    await turns()

    door.open()
    await eventually_async(settling.is_idle)

    assert (await settling.works.job(job.id)).attempts_used == 1
    assert len(await settling.works.store.reads.attempts("default", job.id)) == 1


async def test_jobs_that_are_no_longer_ours_are_told(
    settling: Settling, caplog: pytest.LogCaptureFixture
) -> None:
    [job] = await settling.claimed(1)
    settling.put(job, released(Reason.DRAINED))
    await eventually_async(settling.is_idle)

    with caplog.at_level(logging.WARNING, "beltline"):
        settling.put(job)
        await eventually_async(settling.is_idle)

    assert [record.getMessage() for record in caplog.records] == [
        f"settling: 1 jobs were no longer ours: ['{job.id}']"
    ]
    assert (await settling.works.job(job.id)).state is JobState.QUEUED


async def test_closing_waits_until_all_is_written(settling: Settling, door: Door) -> None:
    for job in await settling.claimed(3):
        settling.put(job)

    assert await settling.settler.close(5) == 0
    assert settling.settler.idle


async def test_closing_waits_no_longer_than_it_may(settling: Settling, door: Door) -> None:
    for job in await settling.claimed(3):
        settling.put(job)
    door.fail()

    assert await settling.settler.close(0.01) == 3


async def test_a_writing_that_was_cancelled_loses_nothing(settling: Settling, door: Door) -> None:
    first, second = await settling.claimed(2)
    door.shut()
    settling.put(first)
    await turns()
    assert settling.settler._flushing is not None
    settling.settler._flushing.cancel()
    await turns()
    assert not settling.settler.idle

    door.open()
    settling.put(second)
    await eventually_async(settling.is_idle)

    assert {(await settling.works.job(job.id)).state for job in (first, second)} == {JobState.SUCCEEDED}
