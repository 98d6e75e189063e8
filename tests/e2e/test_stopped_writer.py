"""A process is stopped in the middle of a write, as a debugger does it: others say so, and lose nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from beltline.core.errors import StoreUnavailable
from beltline.core.states import JobState
from tests.architecture.source import REPOSITORY
from tests.e2e import app
from tests.e2e.conftest import open_site
from tests.e2e.site import Site


@pytest.fixture
async def file_site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """A site on one file: a server's writers do not wait for each other's processes."""
    async for ready in open_site(f"sqlite:///{tmp_path / 'beltline.db'}", tmp_path, monkeypatch):
        yield ready


@contextmanager
def stopped_writer(site: Site) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "tests.e2e.hold_lock", str(site.folder / "beltline.db")]
    writer = subprocess.Popen(command, cwd=REPOSITORY)
    try:
        os.waitid(os.P_PID, writer.pid, os.WSTOPPED | os.WNOWAIT)
        yield writer
    finally:
        writer.kill()
        writer.wait()


@pytest.mark.proof  # it waits out a lock's patience of ten seconds
async def test_a_writer_that_is_stopped_is_told_by_all_others_who_go_on_when_it_does(file_site: Site) -> None:
    worker = file_site.worker()
    held = await app.ship.submit(n=0, seconds=3.0)
    await file_site.started(held.id)

    with stopped_writer(file_site) as writer:
        with pytest.raises(StoreUnavailable, match=r"beltline\.db\.lock.*fuser"):
            await app.ship.submit(n=1, seconds=0.0)
        await file_site.logged(worker, "fuser -v")
        writer.send_signal(signal.SIGCONT)
        assert writer.wait(30) == 0

    later = await app.ship.submit(n=2, seconds=0.0)
    jobs = [await file_site.final(job_id) for job_id in (held.id, later.id)]
    assert [(job.state, job.runs) for job in jobs] == [(JobState.SUCCEEDED, 1)] * 2
    assert worker.stop() == 0
