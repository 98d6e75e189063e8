"""A whole worker with a heart of its own, on the stores that several connections can open."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import pytest

from beltline.core.clock import SystemClock
from beltline.core.reasons import Reason
from beltline.core.states import JobState
from beltline.engine.settle import claim
from tests.conformance.conftest import shared_place
from tests.conformance.stores import Place
from tests.runtime.bodies import Bodies
from tests.runtime.works import Works
from tests.waiting import eventually_async

__all__ = ["shared_place"]


@pytest.fixture
async def works(shared_place: Place) -> AsyncIterator[Works]:
    clock = SystemClock()
    store = shared_place.store(clock)
    await store.open(migrate=True)
    namespace = f"ns-{uuid.uuid4().hex[:12]}"
    made = Works(store, namespace, open_heart_store=lambda: shared_place.store(clock))
    async with made.belt.on(store, namespace):
        yield made
    await store.close()


async def test_jobs_run_to_their_results(works: Works, bodies: Bodies) -> None:
    jobs = await bodies.adds.submit_many({"left": n, "right": n} for n in range(200))
    retried = await bodies.fails_twice.submit()
    async with works.working():
        assert [await job.result(timeout=30) for job in jobs] == [2 * n for n in range(200)]
        assert await retried.result(timeout=30) == 3

    assert await works.sessions() == []


async def test_an_idle_worker_takes_a_job_at_once(works: Works, bodies: Bodies) -> None:
    async with works.working():
        for number in range(5):
            assert await (await bodies.adds.submit(number, 1)).result(timeout=30) == number + 1


async def test_its_session_is_beaten_and_outlives_its_lease(works: Works, bodies: Bodies) -> None:
    async with works.working(), works.working():
        job = await bodies.waits.submit()
        await bodies.began()

        async def have_beaten() -> bool:
            return all(session.beats >= 6 for session in await works.sessions())

        await eventually_async(have_beaten)
        found = await works.job(job.id)
        bodies.gate.set()

    assert (found.state, found.runs) == (JobState.RUNNING, 1)


async def test_a_running_body_is_cancelled_on_request(works: Works, bodies: Bodies) -> None:
    async with works.working():
        job = await bodies.waits.submit()
        await bodies.began()

        await job.cancel()

        assert (await works.in_state(job.id)).state is JobState.CANCELLED


async def test_a_worker_whose_session_was_ended_begins_anew(works: Works, bodies: Bodies) -> None:
    async with works.working():
        job = await bodies.waits.submit()
        await bodies.began()
        [session] = await works.sessions()
        await works.store.sessions.close(works.namespace, session.id, works.store.now())

        await bodies.began(2)
        bodies.gate.set()
        found = await works.in_state(job.id)

    assert (found.state, found.runs, found.crashes) == (JobState.SUCCEEDED, 2, 1)


async def test_a_claim_that_arrives_after_it_was_given_up_is_given_back(works: Works, bodies: Bodies) -> None:
    async with works.working(queues=("here",)):
        [session] = await eventually_async(works.sessions)
        late = await bodies.adds.options(queue="there").submit(1, 2)
        [claimed] = await claim(works.store, works.namespace, session.id, queues=("there",), limit=1)

        found = await works.in_state(late.id, JobState.QUEUED)

    assert claimed.id == late.id
    assert (found.reason, found.crashes) == (Reason.CLAIM_LOST, 0)


async def test_what_does_not_end_in_time_is_given_back_uncharged(works: Works, bodies: Bodies) -> None:
    async with works.working(drain_us=0, grace_us=1_000_000):
        jobs = [await bodies.waits.submit(), await bodies.sleeps_for_ever.submit()]
        await bodies.began(2)

    found = [await works.job(job.id) for job in jobs]
    assert [(job.state, job.attempts_used, job.crashes) for job in found] == [(JobState.QUEUED, 0, 0)] * 2
    bodies.gate.set()
    bodies.thread_gate.set()
    assert await works.until_idle() == 0
    assert [(await works.job(job.id)).state for job in jobs] == [JobState.SUCCEEDED] * 2


async def test_reports_arrive(works: Works, bodies: Bodies) -> None:
    job = await bodies.talks.submit()

    await works.until_idle()

    assert [line.message for line in await works.store.logs.read(works.namespace, job.id)] == ["half way"]
