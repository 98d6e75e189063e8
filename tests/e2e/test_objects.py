"""Large payloads between real processes, and kills between the object and its row."""

from __future__ import annotations

import asyncio
import fcntl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import asyncpg  # type: ignore[import-untyped]
import pytest

from beltline.config import ObjectsConfig
from beltline.core.clock import DAY
from beltline.core.states import JobState
from beltline.engine.objects import sweep
from beltline.store.open import configured_store
from tests.architecture.source import REPOSITORY
from tests.clocks import NOON, FakeClock
from tests.e2e import app
from tests.e2e.site import NAMESPACE, Site
from tests.waiting import eventually_async

TEXT: Final = "x" * 200_000


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of objects that every process is told of."""
    place = tmp_path / "objects"
    monkeypatch.setenv("BELTLINE_OBJECTS", f"file://{place}")
    return place


def objects_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and not path.name.endswith(".draft")]


async def until_objects(folder: Path, number: int) -> None:
    async def enough() -> bool:
        return len(objects_in(folder)) == number

    await eventually_async(enough, what=f"{number} objects")


async def until_listed(site: Site, job_id: str) -> None:
    async def is_listed() -> bool:
        return bool(await site.store.artifacts.page(NAMESPACE, job_id))

    await eventually_async(is_listed, what=f"an artifact of {job_id}")


@asynccontextmanager
async def no_row_can_be_written(site: Site) -> AsyncIterator[None]:
    """Hold what every writer of jobs needs first."""
    if site.url.startswith("sqlite"):
        with site.lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
    else:
        conn = await asyncpg.connect(site.url.partition("?")[0])
        schema = site.url.partition("schema=")[2]
        transaction = conn.transaction()
        await transaction.start()
        await conn.execute(f'LOCK TABLE "{schema}".jobs IN SHARE MODE')
        yield
        await transaction.rollback()
        await conn.close()


async def test_a_large_payload_result_and_artifact_go_through_worker_processes(
    site: Site, tmp_path: Path, folder: Path
) -> None:
    (tmp_path / "go").touch()
    site.work_command("--lease", "1s")

    reference = await app.echo.submit(text=TEXT, file=str(tmp_path / "go"))

    assert await reference.result(timeout="30s") == TEXT
    [artifact] = await site.store.artifacts.page(NAMESPACE, reference.id)
    assert (artifact.name, artifact.run) == ("note.txt", 1)
    assert len(objects_in(folder)) == 3


async def test_a_submitter_killed_between_object_and_row_leaves_an_orphan_that_is_swept(
    site: Site, tmp_path: Path, folder: Path
) -> None:
    submitter = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.e2e.submit_object",
        str(tmp_path / "go"),
        cwd=REPOSITORY,
        env=site.environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert submitter.stdin is not None
    assert submitter.stdout is not None
    assert await submitter.stdout.readline() == b"open\n"

    async with no_row_can_be_written(site):
        submitter.stdin.write(b"go\n")
        await until_objects(folder, 1)
        submitter.kill()
        await submitter.wait()

    counts = await site.store.reads.counts(NAMESPACE)
    assert sum(count.jobs for count in counts) == 0
    config = ObjectsConfig(url=f"file://{folder}")
    later = configured_store(site.url, config, {}, clock=FakeClock(NOON + 30 * DAY))
    await later.open()
    # The server has a clock of its own; an age of minus two days stands for the days that have to pass.
    days = 7 if later.traits.name == "sqlite" else -2
    assert await sweep(later, NAMESPACE, days=days) == 1
    await later.close()
    assert objects_in(folder) == []


async def test_a_worker_killed_between_its_result_and_the_row_loses_nothing(
    site: Site, tmp_path: Path, folder: Path
) -> None:
    first = site.worker()
    reference = await app.echo.submit(text=TEXT, file=str(tmp_path / "go"))
    await until_listed(site, reference.id)

    async with no_row_can_be_written(site):
        (tmp_path / "go").touch()
        await until_objects(folder, 3)
        first.kill()

    assert (await site.job(reference.id)).state is not JobState.SUCCEEDED
    site.worker()
    job = await site.final(reference.id)
    assert (job.state, job.fence) == (JobState.SUCCEEDED, 2)
    assert await reference.result(timeout="5s") == TEXT
