"""No space left: a limit on the size of files stands in for the disk's end, for it can be lifted again."""

from __future__ import annotations

import asyncio
import resource
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from beltline.core.states import JobState
from tests.architecture.source import REPOSITORY
from tests.e2e import app
from tests.e2e.conftest import open_site
from tests.e2e.site import NAMESPACE, Site, WorkerProcess
from tests.waiting import eventually_async

SMALL: Final = 64 * 1_024


@pytest.fixture
async def file_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """A site on one file, which feels the limit at once; a server's disk is the server's matter."""
    async for ready in open_site(f"sqlite:///{tmp_path / 'beltline.db'}", tmp_path, monkeypatch):
        yield ready


async def test_a_worker_on_a_full_disk_says_so_loses_nothing_and_goes_on_when_there_is_space(
    file_site: Site,
) -> None:
    worker = file_site.worker()
    first = await app.ship.submit(n=0, seconds=0.0)
    await file_site.final(first.id)

    _limit(worker, SMALL)
    references = await app.ship.submit_many([{"n": n, "seconds": 0.0} for n in range(300)])
    await file_site.logged(worker, "check the disk")
    ids = [reference.id for reference in references]
    assert len(await file_site.store.reads.get(NAMESPACE, ids)) == len(ids)

    _limit(worker, resource.RLIM_INFINITY)
    await eventually_async(lambda: _all_final(file_site, ids), what="every job is final")
    jobs = await file_site.store.reads.get(NAMESPACE, ids)

    assert {job.state for job in jobs} == {JobState.SUCCEEDED}
    starts = [(each.job_id, each.fence) for each in file_site.effects() if each.what == "start"]
    assert len(set(starts)) == len(starts)
    assert worker.process.poll() is None
    assert worker.stop() == 0


async def test_a_submit_on_a_full_disk_is_refused_and_stores_nothing(file_site: Site) -> None:
    submitter = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.e2e.submit_large",
        str(SMALL),
        cwd=REPOSITORY,
        env=file_site.environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    told, faults = await submitter.communicate()

    refused, stored = told.decode().splitlines()
    assert "nothing of this call was stored" in refused or "check the disk" in refused, faults.decode()
    found = await file_site.store.reads.counts(NAMESPACE)
    assert sum(count.jobs for count in found) == int(stored)


def _limit(worker: WorkerProcess, size: int) -> None:
    resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


async def _all_final(site: Site, ids: list[str]) -> bool:
    return len(await site.store.reads.finished(NAMESPACE, ids)) == len(ids)
