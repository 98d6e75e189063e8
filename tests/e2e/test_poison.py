"""A body that ends its worker is known at once: it is charged, its neighbours are not, and nobody waits."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from beltline.client.beltline import Beltline
from beltline.core.reasons import Reason
from beltline.core.states import FINAL, JobState
from beltline.engine.definitions import apply_definitions
from beltline.proof import poison_app
from tests.waiting import eventually_async

GOOD = 20


@contextmanager
def working(url: str) -> Iterator[None]:
    """A supervised worker whose lease is longer than the test may take."""
    command = [sys.executable, "-m", "beltline.cli", "work", poison_app.__file__, "--lease", "10m"]
    worker = subprocess.Popen(command, env={**os.environ, "BELTLINE_STORE": url}, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(30)


async def test_who_ended_the_worker_is_charged_and_the_others_go_on(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/beltline.db"
    async with Beltline(url) as belt:
        await apply_definitions(belt.store, "default", poison_app.belt.registry)
        poison = await belt.submit("poison", {"number": 1})
        good = await belt.submit_many("good", [{"number": number} for number in range(GOOD)])
        ids = [poison.id, *(reference.id for reference in good)]

        async def all_final() -> bool:
            return all(job.state in FINAL for job in await belt.store.reads.get("default", ids))

        with working(url):
            await eventually_async(all_final)

        guilty, *others = [await belt.get(job_id) for job_id in ids]
    assert (guilty.state, guilty.reason, guilty.runs) == (JobState.FAILED, Reason.PROCESS_DIED, 2)
    assert {(job.state, job.crashes) for job in others} == {(JobState.SUCCEEDED, 0)}
