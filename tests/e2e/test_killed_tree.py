"""Where nobody is left to report a death, who comes to the machine next sees it, and waits for no lease."""

from __future__ import annotations

from beltline.core.reasons import Reason
from beltline.core.states import JobState
from tests.e2e import app
from tests.e2e.site import Site

# Longer than the test may take.
LEASE = "10m"


async def test_the_jobs_of_a_killed_tree_run_again_with_the_next_worker(site: Site) -> None:
    killed = site.work_command("--lease", LEASE, "--processes", "2", "--concurrency", "4")
    ids = [(await app.slow_once.submit()).id for _ in range(6)]
    for job_id in ids:
        await site.started(job_id)
    killed.kill_tree()

    later = site.work_command("--lease", LEASE)

    jobs = [await site.final(job_id) for job_id in ids]
    assert {(job.state, job.reason, job.runs, job.crashes) for job in jobs} == {
        (JobState.SUCCEEDED, Reason.RETURNED, 2, 1)
    }
    assert "its process is gone" in later.log


async def test_a_worker_sees_its_neighbour_die(site: Site) -> None:
    killed = site.work_command("--lease", LEASE)
    reference = await app.slow_once.submit()
    await site.started(reference.id)
    later = site.work_command("--lease", LEASE)
    await site.logged(later, "runs")

    killed.kill_tree()

    job = await site.final(reference.id)
    assert (job.state, job.runs, job.crashes) == (JobState.SUCCEEDED, 2, 1)
    assert "its process is gone" in later.log
