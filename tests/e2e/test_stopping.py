"""How a worker ends on SIGTERM: what runs may end, what does not is given back, uncharged."""

from __future__ import annotations

import signal

from beltline.core.reasons import Reason
from beltline.core.states import JobState
from tests.e2e import app
from tests.e2e.site import Site


async def test_a_body_that_ends_in_time_succeeds_while_its_worker_drains(site: Site) -> None:
    worker = site.worker()
    reference = await app.ship.submit(n=1, seconds=0.7)
    await site.started(reference.id)

    assert worker.stop() == 0
    job = await site.job(reference.id)
    assert (job.state, job.reason, job.runs) == (JobState.SUCCEEDED, Reason.RETURNED, 1)


async def test_a_draining_worker_takes_no_more_jobs(site: Site) -> None:
    worker = site.worker()
    running = await app.ship.submit(n=1, seconds=1.0)
    await site.started(running.id)

    worker.signal(signal.SIGTERM)
    await site.logged(worker, "draining")
    late = await app.ship.submit(n=2, seconds=0.0)

    assert worker.wait() == 0
    assert (await site.job(late.id)).state is JobState.QUEUED


async def test_what_does_not_end_in_time_is_released_uncharged(site: Site) -> None:
    worker = site.worker(drain_us=100_000, grace_us=500_000)
    on_loop = await app.ship.submit(n=1, seconds=60.0)
    await site.started(on_loop.id)

    assert worker.stop() == 0
    job = await site.job(on_loop.id)
    assert (job.state, job.reason, job.attempts_used) == (JobState.QUEUED, Reason.DRAINED, 0)
    assert (job.runs, job.crashes, job.session) == (1, 0, None)


async def test_a_released_job_is_finished_by_the_next_worker(site: Site) -> None:
    worker = site.worker(drain_us=0, grace_us=500_000)
    reference = await app.slow_once.submit()
    await site.started(reference.id)
    worker.stop()

    site.worker()
    job = await site.final(reference.id)

    assert (job.state, job.runs, job.crashes) == (JobState.SUCCEEDED, 2, 0)


async def test_an_idle_worker_stops_at_once(site: Site) -> None:
    worker = site.worker()
    done = await app.ship.submit(n=1, seconds=0.0)
    await site.final(done.id)

    assert worker.stop() == 0
    assert [session.closed_at is None for session in await site.sessions()] == [False]
