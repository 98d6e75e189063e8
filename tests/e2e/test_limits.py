"""What ends a job before its body does: cancel, time-out, deadline, expiry; and a body that does not care."""

from __future__ import annotations

from pathlib import Path

from beltline.core.failure import read_failure
from beltline.core.reasons import Reason
from beltline.core.states import JobState
from beltline.engine import control
from beltline.runtime.children import RECYCLE
from tests.e2e import app
from tests.e2e.site import NAMESPACE, Site


async def test_a_running_job_is_cancelled(site: Site) -> None:
    site.worker()
    reference = await app.ship.submit(n=1, seconds=60.0)
    await site.started(reference.id)

    await control.cancel(site.store, NAMESPACE, reference.id, actor="test")
    job = await site.final(reference.id)

    assert (job.state, job.reason) == (JobState.CANCELLED, Reason.CANCEL_REQUESTED)


async def test_a_job_in_a_thread_that_ignores_its_cancel_keeps_its_result(site: Site) -> None:
    site.worker()
    reference = await app.pack.submit(n=1, seconds=1.0)
    await site.started(reference.id)

    await control.cancel(site.store, NAMESPACE, reference.id, actor="test")
    job = await site.final(reference.id)

    assert job.state is JobState.SUCCEEDED


async def test_an_attempt_that_takes_too_long_is_timed_out_and_tried_again(site: Site) -> None:
    site.worker()
    reference = await app.ship.options(timeout=0.2, max_attempts=2).submit(n=1, seconds=60.0)

    job = await site.final(reference.id)

    assert (job.state, job.reason, job.attempts_used) == (JobState.TIMED_OUT, Reason.TIMEOUT, 2)
    failure = read_failure(job.error)
    assert failure is not None
    assert "longer than its time-out of 0.2 s" in failure["message"]


async def test_a_running_job_whose_deadline_passes_is_timed_out(site: Site) -> None:
    site.worker()
    reference = await app.ship.options(deadline=1.0).submit(n=1, seconds=60.0)

    job = await site.final(reference.id)

    assert (job.state, job.reason) == (JobState.TIMED_OUT, Reason.DEADLINE_PASSED)


async def test_a_job_that_never_started_by_its_expiry_is_cancelled(site: Site) -> None:
    reference = await app.ship.options(expires=0.05).submit(n=1, seconds=0.0)
    site.worker()

    job = await site.final(reference.id)

    assert (job.state, job.reason, job.runs) == (JobState.CANCELLED, Reason.EXPIRED, 0)
    assert site.effects() == []


async def test_a_thread_that_ignores_its_time_out_is_given_up_and_keeps_its_slot(
    site: Site, tmp_path: Path
) -> None:
    worker = site.worker(threads=4, concurrency=4, grace_us=200_000)
    stuck = await app.ignore.options(timeout=0.2).submit(file=str(tmp_path / "gate"))

    job = await site.final(stuck.id)
    after = await app.pack.submit(n=1, seconds=0.0)

    assert (job.state, job.reason) == (JobState.TIMED_OUT, Reason.TIMEOUT)
    assert (await site.final(after.id)).state is JobState.SUCCEEDED
    (tmp_path / "gate").touch()
    assert worker.stop() == 0


async def test_a_worker_whose_threads_are_stuck_is_recycled(site: Site, tmp_path: Path) -> None:
    worker = site.worker(threads=2, concurrency=4, grace_us=200_000, drain_us=200_000)
    stuck = await app.ignore.options(timeout=0.2).submit(file=str(tmp_path / "gate"))

    job = await site.final(stuck.id)

    assert job.state is JobState.TIMED_OUT
    assert worker.wait() == RECYCLE


async def test_the_supervisor_starts_a_recycled_worker_anew(site: Site, tmp_path: Path) -> None:
    supervised = site.work_command("--threads", "2", "--drain", "0.2s")
    stuck = await app.ignore.options(timeout=0.2).submit(file=str(tmp_path / "gate"))
    await site.final(stuck.id)

    await site.logged(supervised, "starting a new one")
    after = await app.ship.submit(n=1, seconds=0.0)

    assert (await site.final(after.id)).state is JobState.SUCCEEDED
    assert supervised.stop() == 0


async def test_failed_attempts_are_retried_until_one_succeeds(site: Site) -> None:
    site.worker()
    reference = await app.stumble.submit(until=3)

    job = await site.final(reference.id)
    attempts = await site.store.reads.attempts(NAMESPACE, reference.id)

    assert (job.state, job.runs) == (JobState.SUCCEEDED, 3)
    assert [attempt.outcome for attempt in attempts] == ["backoff", "backoff", "returned"]
