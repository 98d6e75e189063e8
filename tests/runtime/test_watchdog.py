"""A body that blocks the loop beyond its time-out ends its process; nothing else does; nothing is lost."""

from __future__ import annotations

import asyncio
import logging
import random
import threading
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from beltline.core.clock import SystemClock
from beltline.core.errors import StoreError
from beltline.core.job import ClaimedJob
from beltline.core.reasons import Reason
from beltline.core.states import JobState
from beltline.engine.settle import claim, settle
from beltline.runtime.children import RECYCLE
from beltline.runtime.heart import Pulse
from beltline.runtime.run import Run
from beltline.runtime.watchdog import Watchdog
from beltline.store.contract import Store
from beltline.store.params import NewSession
from beltline.store.sqlite.store import SqliteStore
from tests.clocks import FakeClock
from tests.runtime.stage import Stage
from tests.runtime.works import Works

SECOND = 1_000_000
GRACE = 5 * SECOND


class Kennel:
    """A watchdog that looks from a thread of its own, at a loop whose bodies run on a stage."""

    def __init__(self, works: Works, stage: Stage, url: str) -> None:
        self.works = works
        self.stage = stage
        self.clock = FakeClock()
        self.pulse = Pulse(self.clock)
        self.ended: list[int] = []
        self._path = url
        self.dog = Watchdog(
            self.pulse,
            stage.runner.runs,
            "default",
            unwritten=lambda: tuple(stage.settled),
            grace_us=GRACE,
            random=random.Random(1),
            loop=asyncio.get_running_loop(),
            thread_id=threading.get_ident(),
            end=self.ended.append,
        )

    def look(self) -> None:
        """Let the watchdog look, while the loop stands still."""
        thread = threading.Thread(target=lambda: asyncio.run(self._look()))
        thread.start()
        thread.join()

    async def _look(self) -> None:
        store = SqliteStore(self._path, clock=SystemClock())
        await store.open()
        await self.dog.look(store)
        await store.close()

    async def blocked(self, seconds: float, *, times: int = 1, timeout: str | None = None) -> Run:
        """Run a job whose body blocks the loop so long while the watchdog looks; return its run."""

        async def blocks() -> None:
            for _ in range(times):
                self.clock.advance(round(seconds * SECOND))
                self.look()

        self.works.belt.job(name="blocks", timeout=timeout)(blocks)
        return await self.run("blocks")

    async def run(self, name: str) -> Run:
        """Claim a job of this name, run it on the stage and return its run, which has ended."""
        run = self.started(await self.claimed(name))
        await self.stage.end(run)
        return run

    async def claimed(self, name: str) -> ClaimedJob:
        await self.works.belt.submit(name, {})
        [job] = await claim(self.works.store, "default", "hand", queues=None, limit=1)
        return job

    def started(self, job: ClaimedJob) -> Run:
        definition = self.works.belt.registry.get(job.definition)
        assert definition is not None
        if self.stage.registry.get(job.definition) is None:
            self.stage.registry.add(definition)
        self.stage.runner.start(job)
        return self.stage.runner.runs[job.id, job.fence]


@pytest.fixture
async def kennel(tmp_path: Path, stage: Stage) -> AsyncIterator[Kennel]:
    path = str(tmp_path / "beltline.db")
    store = SqliteStore(path, clock=SystemClock())
    await store.open()
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
    works = Works(store)
    async with works.belt.on(store, works.namespace):
        made = Kennel(works, stage, path)
        yield made
        made.pulse.stop()
    await store.close()


async def waits() -> None:
    await asyncio.Event().wait()


async def turns(number: int = 5) -> None:
    for _ in range(number):
        await asyncio.sleep(0)


async def test_a_loop_that_turns_is_left_alone(kennel: Kennel, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "beltline"):
        await kennel.blocked(1.9, timeout="1s")

    assert (kennel.ended, caplog.records) == ([], [])


async def test_a_stall_is_told_once_with_the_job_and_the_place(
    kennel: Kennel, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "beltline"):
        run = await kennel.blocked(2.5, times=3)

    [record] = caplog.records
    words = record.getMessage()
    assert words.startswith(f"job {run.job.id} (blocks) blocks the event loop for 2.5 s:")
    assert "in blocks" in words
    assert kennel.ended == []


async def test_a_second_stall_is_told_again(kennel: Kennel, caplog: pytest.LogCaptureFixture) -> None:
    async def blocks_twice() -> None:
        for _ in range(2):
            kennel.clock.advance(3 * SECOND)
            kennel.look()
            kennel.pulse.beat()

    kennel.works.belt.job(blocks_twice)
    with caplog.at_level(logging.WARNING, "beltline"):
        await kennel.run("blocks_twice")

    assert len(caplog.records) == 2


async def test_a_body_without_a_time_out_may_block_for_ever(kennel: Kennel) -> None:
    await kennel.blocked(86_400)

    assert kennel.ended == []


async def test_within_the_grace_a_body_may_block(kennel: Kennel) -> None:
    await kennel.blocked(15, timeout="10s")

    assert kennel.ended == []


async def test_beyond_time_out_and_grace_the_job_times_out_and_the_process_ends(kennel: Kennel) -> None:
    run = await kennel.blocked(15.1, timeout="10s")

    assert kennel.ended == [RECYCLE]
    job = await kennel.works.job(run.job.id)
    assert (job.state, job.reason, job.attempts_used) == (JobState.RETRYING, Reason.TIMEOUT, 1)
    assert b"blocked the event loop longer than its time-out of 10 s" in (job.error or b"")


async def test_its_neighbours_are_given_back_uncharged(kennel: Kennel) -> None:
    kennel.works.belt.job(waits)
    neighbours = [kennel.started(await kennel.claimed("waits")) for _ in range(2)]
    await turns()

    await kennel.blocked(20, timeout="10s")

    found = [await kennel.works.job(run.job.id) for run in neighbours]
    assert [(job.state, job.reason, job.attempts_used, job.crashes) for job in found] == [
        (JobState.QUEUED, Reason.DRAINED, 0, 0)
    ] * 2


async def test_those_that_wait_for_their_turn_in_its_task_are_given_back_uncharged(kennel: Kennel) -> None:
    def behind() -> None:
        kennel.started(job)

    kennel.works.belt.job(waits)
    job = await kennel.claimed("waits")
    asyncio.get_running_loop().call_soon(behind)

    run = await kennel.blocked(20, timeout="10s")

    [guilty, other] = [await kennel.works.job(job_id) for job_id in (run.job.id, job.id)]
    assert guilty.reason is Reason.TIMEOUT
    assert (other.state, other.reason, other.attempts_used) == (JobState.QUEUED, Reason.DRAINED, 0)


async def test_a_neighbour_whose_end_is_known_is_not_given_back(kennel: Kennel) -> None:
    kennel.works.belt.job(waits)
    neighbour = kennel.started(await kennel.claimed("waits"))
    await turns()
    neighbour.settled = True

    await kennel.blocked(20, timeout="10s")

    assert (await kennel.works.job(neighbour.job.id)).state is JobState.RUNNING


async def test_an_outcome_that_is_not_written_yet_is_written(kennel: Kennel) -> None:
    async def ends() -> str:
        return "done"

    kennel.works.belt.job(ends)
    ended = await kennel.run("ends")
    assert (await kennel.works.job(ended.job.id)).state is JobState.RUNNING

    await kennel.blocked(20, timeout="10s")

    job = await kennel.works.job(ended.job.id)
    assert (job.state, job.result, job.crashes) == (JobState.SUCCEEDED, b'"done"', 0)


async def test_an_outcome_whose_write_arrived_after_all_is_left_as_it_is(kennel: Kennel) -> None:
    async def ends() -> str:
        return "done"

    kennel.works.belt.job(ends)
    ended = await kennel.run("ends")
    await settle(kennel.works.store, "default", kennel.stage.settled, random=random.Random(1))
    written = await kennel.works.job(ended.job.id)

    await kennel.blocked(20, timeout="10s")

    assert await kennel.works.job(ended.job.id) == written
    assert kennel.ended == [RECYCLE]


async def test_what_is_no_body_ends_nothing(kennel: Kennel, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "beltline"):
        kennel.clock.advance(3_600 * SECOND)
        kennel.look()

    assert kennel.ended == []
    assert caplog.records[0].getMessage().startswith("something blocks the event loop for 3600.0 s:")


async def test_a_store_that_is_away_does_not_keep_the_process_alive(kennel: Kennel) -> None:
    closed = SqliteStore(kennel._path, clock=SystemClock())
    failed: list[BaseException] = []

    def in_thread(call: Callable[[Store], None]) -> None:
        thread = threading.Thread(target=call, args=(closed,))
        thread.start()
        thread.join()

    def look(store: Store) -> None:
        try:
            asyncio.run(kennel.dog.look(store))
        except StoreError as error:
            failed.append(error)

    async def blocks() -> None:
        kennel.clock.advance(20 * SECOND)
        in_thread(look)

    kennel.works.belt.job(name="blocks", timeout="10s")(blocks)
    await kennel.run("blocks")

    assert kennel.ended == [RECYCLE]
    assert len(failed) == 1
