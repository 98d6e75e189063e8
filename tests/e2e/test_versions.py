"""A rolling deploy: two versions of an app work side by side on one store."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from beltline.client.beltline import Beltline
from beltline.client.loading import load_app
from beltline.core.job import Job
from beltline.core.reasons import Reason
from beltline.core.states import JobState
from beltline.engine import capacity
from tests.e2e.site import NAMESPACE, Site, WorkerProcess
from tests.waiting import eventually_async

APP: Final = Path(__file__).with_name("rolling_app.py")


class Deploy:
    """The app in version 1 and version 2, as two files, both loaded here too: their jobs are submitted."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.files = {version: self._file(version) for version in ("1", "2")}
        self.belts = {version: load_app(str(file)) for version, file in self.files.items()}

    def _file(self, version: str) -> Path:
        file = self.site.folder / f"rolling_{version}_{self.site.folder.name}.py"
        shutil.copy(APP, file)
        file.write_text(file.read_text("utf-8").replace('VERSION = "0"', f'VERSION = "{version}"'), "utf-8")
        return file

    async def work(self, version: str) -> WorkerProcess:
        worker = self.site.work_command(app=self.files[version])

        async def opened() -> bool:
            return any(session.versions == (version, version) for session in await self.site.sessions())

        await eventually_async(opened, what=f"a worker of version {version}")
        return worker

    async def submit(self, version: str, name: str, count: int) -> list[str]:
        belt: Beltline = self.belts[version]
        async with belt.on(self.site.store, NAMESPACE):
            jobs = await belt.submit_many(name, [{}] * count)
        return [job.id for job in jobs]

    async def ended(self, ids: list[str]) -> list[Job]:
        return [await self.site.final(job_id) for job_id in ids]


async def test_two_versions_drain_side_by_side(site: Site) -> None:
    deploy = Deploy(site)
    await site.store.queues.set_paused(NAMESPACE, "default", paused=True, now=site.store.now())
    old = await deploy.work("1")
    await deploy.work("2")
    pinned = {version: await deploy.submit(version, "pinned", 5) for version in ("1", "2")}
    following = await deploy.submit("1", "following", 5)

    await site.store.queues.set_paused(NAMESPACE, "default", paused=False, now=site.store.now())

    for version, ids in pinned.items():
        jobs = await deploy.ended(ids)
        assert {(job.version, job.result, job.runs) for job in jobs} == {
            (version, f'"{version}"'.encode(), 1)
        }
    for job in await deploy.ended(following):
        [attempt] = await site.store.reads.attempts(NAMESPACE, job.id)
        assert (job.version, job.runs, job.result) == ("1", 1, f'"{attempt.version}"'.encode())

    assert old.stop() == 0
    [orphan] = await deploy.submit("1", "pinned", 1)
    [heir] = await deploy.ended(await deploy.submit("1", "following", 1))
    assert heir.result == b'"2"'
    waiting = await site.job(orphan)
    [why] = (await capacity.blocked(site.store, NAMESPACE, [waiting])).values()
    assert (waiting.state, waiting.runs, why.reason, why.asked, why.offered) == (
        JobState.QUEUED,
        0,
        Reason.NO_VERSION,
        "1",
        "2",
    )

    await deploy.work("1")
    assert (await site.final(orphan)).result == b'"1"'
