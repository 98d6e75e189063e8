"""Bodies in processes, under `beltline work`: what is left when the worker ends, however it ends."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from beltline.core.reasons import Reason
from beltline.core.states import JobState
from tests.e2e import process_app
from tests.e2e.site import NAMESPACE, Effect, Site, WorkerProcess
from tests.executors.house import ends

APP: Final = Path(process_app.__file__)


@pytest.fixture
async def place(site: Site) -> AsyncIterator[Site]:
    async with process_app.belt.on(site.store, NAMESPACE):
        yield site


async def at_work(site: Site, folder: Path, *arguments: str) -> tuple[WorkerProcess, str, Effect]:
    """Start a worker and a body that does not end; return both and where the body is."""
    worker = site.work_command("--lease", "1s", *arguments, app=APP)
    reference = await process_app.grind.submit(file=str(folder / "gate"))
    return worker, reference.id, await site.started(reference.id)


async def test_a_killed_worker_leaves_no_process_behind(place: Site, tmp_path: Path) -> None:
    worker, job_id, body = await at_work(place, tmp_path)
    [session] = await place.sessions()

    os.kill(session.pid, signal.SIGKILL)

    await ends(body.pid)
    await place.logged(worker, "starting a new one")
    job = await place.final(job_id)
    assert (job.state, job.crashes) == (JobState.SUCCEEDED, 1)
    assert worker.stop() == 0


async def test_a_killed_supervisor_leaves_no_process_behind(place: Site, tmp_path: Path) -> None:
    worker, _, body = await at_work(place, tmp_path)

    worker.kill()

    await ends(body.pid)


async def test_a_body_that_ends_in_time_succeeds_while_its_worker_drains(place: Site, tmp_path: Path) -> None:
    worker, job_id, body = await at_work(place, tmp_path)

    worker.signal(signal.SIGTERM)
    await place.logged(worker, "draining")
    (tmp_path / "gate").touch()

    assert worker.wait() == 0
    assert (await place.job(job_id)).state is JobState.SUCCEEDED
    await ends(body.pid)


async def test_a_body_that_does_not_end_in_time_is_killed_and_given_back(
    place: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BELTLINE_WORKER_GRACE", "0.2s")
    worker, job_id, body = await at_work(place, tmp_path, "--drain", "0.1s")

    assert worker.stop() == 0
    job = await place.job(job_id)
    assert (job.state, job.reason, job.attempts_used) == (JobState.QUEUED, Reason.DRAINED, 0)
    await ends(body.pid)
