"""A worker is lost when another has itself watched it for a whole lease: no clock or pause can fake that.

One whose process is gone for certain is lost at once.
"""

from __future__ import annotations

import logging
import random
from collections.abc import AsyncIterator

import pytest

from beltline.core.clock import DAY
from beltline.core.errors import StoreUnavailable
from beltline.core.job import ClaimedJob
from beltline.core.reasons import Reason
from beltline.core.states import JobState
from beltline.engine.settle import claim
from beltline.runtime.rescuer import Rescuer
from beltline.store.params import NewSession
from tests.clocks import FakeClock
from tests.hops import Door, memory_store
from tests.runtime.works import Works

LEASE = 900_000
BEAT = LEASE // 3


class Watching:
    """A rescuer, and a worker that it watches."""

    def __init__(self, works: Works, clock: FakeClock) -> None:
        self.works = works
        self.clock = clock
        self.gone: set[str | None] = set()
        self.rescuer = Rescuer(
            works.store,
            "default",
            clock=clock,
            random=random.Random(1),
            own=lambda: "own",
            is_gone=lambda process: process in self.gone,
        )

        @works.belt.job
        async def noop() -> None: ...

        self.noop = noop

    async def open(self, session: str, process: str | None = None) -> None:
        await self.works.store.sessions.open(
            NewSession(
                namespace="default",
                id=session,
                name=session,
                host="here",
                pid=1,
                lease_us=LEASE,
                queues=None,
                concurrency=1,
                now=self.clock.now(),
                process=process,
            )
        )

    async def claimed(self, session: str, process: str | None = None) -> ClaimedJob:
        await self.open(session, process)
        await self.noop.submit()
        [job] = await claim(self.works.store, "default", session, queues=None, limit=1)
        return job

    async def beat(self, session: str) -> None:
        await self.works.store.sessions.beat("default", session, self.clock.now())

    async def watch(self, beats: int, *, beating: str = "") -> None:
        """Look this many times, a third of a lease apart."""
        for _ in range(beats):
            self.clock.advance(BEAT)
            if beating:
                await self.beat(beating)
            await self.rescuer.tick()

    async def state(self, job: ClaimedJob) -> JobState:
        return (await self.works.job(job.id)).state


@pytest.fixture
async def watching(door: Door) -> AsyncIterator[Watching]:
    clock = FakeClock()
    store = await memory_store(door, clock)
    works = Works(store)
    async with works.belt.on(store, works.namespace):
        yield Watching(works, clock)
    await store.close()


async def test_a_silent_worker_is_rescued_after_a_whole_lease(watching: Watching) -> None:
    job = await watching.claimed("other")
    await watching.watch(1)

    await watching.watch(2)
    assert await watching.state(job) is JobState.RUNNING

    await watching.watch(1)
    assert await watching.state(job) is JobState.RETRYING


async def test_a_beating_worker_is_left_alone(watching: Watching) -> None:
    job = await watching.claimed("other")

    await watching.watch(20, beating="other")

    assert await watching.state(job) is JobState.RUNNING


async def test_a_single_beat_begins_a_new_lease(watching: Watching) -> None:
    job = await watching.claimed("other")
    await watching.watch(3)
    await watching.beat("other")

    await watching.watch(3)

    assert await watching.state(job) is JobState.RUNNING


async def test_a_worker_does_not_rescue_itself(watching: Watching) -> None:
    job = await watching.claimed("own")

    await watching.watch(20)

    assert await watching.state(job) is JobState.RUNNING


@pytest.mark.parametrize("jump", [DAY, -DAY], ids=["forward", "back"])
async def test_a_clock_that_jumps_kills_nobody(watching: Watching, jump: int) -> None:
    job = await watching.claimed("other")
    await watching.watch(1)

    watching.clock.jump(jump)
    await watching.watch(2)

    assert await watching.state(job) is JobState.RUNNING


async def test_a_lease_shorter_than_the_watchers_own_pace_is_rescued_too(watching: Watching) -> None:
    job = await watching.claimed("other")
    slow = Rescuer(
        watching.works.store,
        "default",
        clock=watching.clock,
        random=random.Random(1),
        own=lambda: "own",
        every_us=2 * LEASE,
    )
    await slow.tick()

    watching.clock.advance(2 * LEASE)
    await slow.tick()

    assert await watching.state(job) is JobState.RETRYING


async def test_a_session_that_was_silent_before_anyone_looked_has_its_whole_lease(
    watching: Watching,
) -> None:
    job = await watching.claimed("other")
    watching.clock.advance(10 * LEASE)

    await watching.watch(3)

    assert await watching.state(job) is JobState.RUNNING


async def test_a_watcher_that_was_away_itself_begins_anew(watching: Watching) -> None:
    job = await watching.claimed("other")
    await watching.watch(3)

    watching.clock.advance(10 * LEASE)
    await watching.watch(3)
    assert await watching.state(job) is JobState.RUNNING

    await watching.watch(1)
    assert await watching.state(job) is JobState.RETRYING


async def test_what_an_ended_session_still_holds_is_rescued_at_once(watching: Watching) -> None:
    job = await watching.claimed("other")
    await watching.works.store.sessions.close("default", "other", watching.clock.now())

    await watching.watch(1)

    assert await watching.state(job) is JobState.RETRYING


async def test_one_lost_worker_among_several_is_rescued(watching: Watching) -> None:
    lost, kept = await watching.claimed("lost"), await watching.claimed("kept")

    await watching.watch(4, beating="kept")

    assert await watching.state(lost) is JobState.RETRYING
    assert await watching.state(kept) is JobState.RUNNING


async def test_a_store_that_was_away_delays_a_rescue_and_no_more(watching: Watching, door: Door) -> None:
    job = await watching.claimed("other")
    await watching.watch(3)
    door.fail()
    with pytest.raises(StoreUnavailable):
        await watching.watch(1)
    door.open()

    await watching.watch(4)

    assert await watching.state(job) is JobState.RETRYING


async def test_a_rescue_that_broke_off_is_finished_at_the_next_look(watching: Watching, door: Door) -> None:
    job = await watching.claimed("other")
    await watching.watch(3)
    door.fail(let_pass=2)
    with pytest.raises(StoreUnavailable):
        await watching.watch(1)
    door.open()
    assert await watching.state(job) is JobState.RUNNING

    await watching.watch(1)

    assert await watching.state(job) is JobState.RETRYING


async def test_a_rescue_is_told(watching: Watching, caplog: pytest.LogCaptureFixture) -> None:
    await watching.claimed("other")

    with caplog.at_level(logging.WARNING, "beltline"):
        await watching.watch(8)

    assert [record.getMessage() for record in caplog.records] == [
        "worker other (other) is lost: 1 jobs rescued"
    ]


async def test_a_worker_whose_process_is_gone_is_rescued_at_the_first_look(watching: Watching) -> None:
    job = await watching.claimed("other", "a process")
    watching.gone.add("a process")

    await watching.rescuer.tick()

    found = await watching.works.job(job.id)
    assert (found.state, found.reason, found.crashes) == (JobState.RETRYING, Reason.WORKER_LOST, 1)
    assert await watching.works.sessions() == []


async def test_that_a_process_is_gone_is_told(watching: Watching, caplog: pytest.LogCaptureFixture) -> None:
    await watching.claimed("other", "a process")
    watching.gone.add("a process")

    with caplog.at_level(logging.WARNING, "beltline"):
        await watching.watch(2)

    assert [record.getMessage() for record in caplog.records] == [
        "worker other (other) is lost, its process is gone: 1 jobs rescued"
    ]


async def test_a_worker_whose_process_may_live_has_its_whole_lease(watching: Watching) -> None:
    jobs = [await watching.claimed("living", "a process"), await watching.claimed("unknown")]
    watching.gone.add("another process")

    await watching.watch(3)
    assert [await watching.state(job) for job in jobs] == [JobState.RUNNING] * 2

    await watching.watch(1)
    assert [await watching.state(job) for job in jobs] == [JobState.RETRYING] * 2


async def test_a_worker_does_not_take_itself_for_dead(watching: Watching) -> None:
    job = await watching.claimed("own", "a process")
    watching.gone.add("a process")

    await watching.watch(20)

    assert await watching.state(job) is JobState.RUNNING
    assert not watching.rescuer.sees_dead()


async def test_a_death_after_a_look_is_seen_without_the_store(watching: Watching, door: Door) -> None:
    await watching.claimed("other", "a process")
    await watching.rescuer.tick()
    door.knocks = 0

    before = watching.rescuer.sees_dead()
    watching.gone.add("a process")

    assert (before, watching.rescuer.sees_dead(), door.knocks) == (False, True, 0)


async def test_who_is_rescued_is_not_seen_for_ever(watching: Watching) -> None:
    await watching.claimed("other", "a process")
    watching.gone.add("a process")

    await watching.watch(2)

    assert not watching.rescuer.sees_dead()
