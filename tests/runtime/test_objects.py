"""Workers and the object store: payloads come from it, results and artifacts go there."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from beltline.config import ObjectsConfig
from beltline.core.failure import read_failure
from beltline.core.job import Job
from beltline.core.reasons import Reason
from beltline.core.retry import Retry
from beltline.core.states import JobState
from beltline.core.values import KIB, MIB
from beltline.definitions.context import Context
from beltline.engine import control
from beltline.engine.objects import whole, whole_bytes
from beltline.objects.open import objects_for
from beltline.objects.reference import is_reference, reference_of
from tests.runtime.works import Works
from tests.waiting import eventually_async

TEXT = "x" * 100_000


class Depot:
    """The folder of objects of the store that the works are on; it can be taken away and given back."""

    def __init__(self, works: Works, folder: Path, **env: str) -> None:
        self.works = works
        self.folder = folder
        self.use()

    def use(self, *keys: str, **env: str) -> None:
        config = ObjectsConfig(url=f"file://{self.folder}", threshold=64 * KIB, limit=MIB, keys=keys)
        objects = objects_for(config, self.works.store.url, env)
        assert objects is not None
        objects.owner = "0a1b"
        self.works.store.objects = objects

    def block(self) -> None:
        if self.folder.exists():
            self.folder.rename(self.folder.with_name("away"))
        self.folder.write_text("no folder")

    def unblock(self) -> None:
        self.folder.unlink()
        if self.folder.with_name("away").exists():
            self.folder.with_name("away").rename(self.folder)

    def file_of(self, data: bytes) -> Path:
        return self.folder / reference_of(data).name

    async def row(self, job_id: str) -> Job:
        return await control.fetch(self.works.store, self.works.namespace, job_id)

    async def read(self, job_id: str) -> Job:
        return await whole(self.works.store, await self.row(job_id))


@pytest.fixture
def depot(works: Works, tmp_path: Path) -> Depot:
    return Depot(works, tmp_path / "objects")


def error_of(job: Job) -> tuple[str, str]:
    error = read_failure(job.error)
    assert error is not None
    return error["type"], error["message"]


async def echo_job(works: Works) -> str:
    @works.belt.job(name="echo", retry=Retry(max_attempts=1))
    async def echo(text: str) -> str:
        return text

    return (await echo.submit(text=TEXT)).id


async def grow_job(works: Works, begun: asyncio.Event | None = None) -> str:
    @works.belt.job(name="grow", retry=Retry(max_attempts=1))
    async def grow() -> str:
        if begun is not None:
            begun.set()
        return TEXT

    return (await grow.submit()).id


async def test_a_body_gets_its_large_payload_and_gives_a_large_result(works: Works, depot: Depot) -> None:
    job_id = await echo_job(works)

    await works.until_idle()

    row = await depot.row(job_id)
    assert row.state is JobState.SUCCEEDED
    assert is_reference(row.payload)
    assert is_reference(row.result)
    assert (await depot.read(job_id)).result == b'"' + TEXT.encode() + b'"'


async def test_a_payload_that_cannot_be_fetched_gives_the_job_back_uncharged(
    works: Works, depot: Depot
) -> None:
    job_id = await echo_job(works)
    depot.block()

    await works.until_idle()

    waiting = await depot.row(job_id)
    assert (waiting.state, waiting.reason) == (JobState.SCHEDULED, Reason.OBJECTS_UNAVAILABLE)
    assert (waiting.attempts_used, waiting.crashes) == (0, 0)
    assert error_of(waiting)[0] == "ObjectsUnavailable"
    depot.unblock()
    await control.retry(works.store, works.namespace, job_id, actor="me")
    await works.until_idle()
    assert (await depot.row(job_id)).state is JobState.SUCCEEDED


async def test_it_waits_longer_each_time(works: Works, depot: Depot) -> None:
    job_id = await echo_job(works)
    depot.block()
    delays = []

    for _ in range(3):
        await works.until_idle()
        job = await depot.row(job_id)
        assert job.run_at is not None
        assert job.started_at is not None
        delays.append(round((job.run_at - job.started_at) / 5_000_000))
        await control.retry(works.store, works.namespace, job_id, actor="me")

    assert delays == [1, 2, 4]


async def test_a_missing_payload_is_a_dead_letter_that_says_so(works: Works, depot: Depot) -> None:
    job_id = await echo_job(works)
    depot.file_of((await depot.row(job_id)).payload).unlink()

    await works.until_idle()

    job = await depot.row(job_id)
    assert (job.state, job.reason) == (JobState.FAILED, Reason.OBJECT_MISSING)
    assert error_of(job)[0] == "ObjectMissing"
    assert "submit it again" in error_of(job)[1]


async def test_a_changed_payload_is_a_dead_letter_and_runs_once_it_is_restored(
    works: Works, depot: Depot
) -> None:
    job_id = await echo_job(works)
    file = depot.file_of((await depot.row(job_id)).payload)
    original = file.read_bytes()
    file.write_bytes(original.replace(b"x", b"y", 1))

    await works.until_idle()

    assert (await depot.row(job_id)).reason is Reason.OBJECT_CORRUPT
    file.write_bytes(original)
    await control.replay(works.store, works.namespace, job_id, actor="me")
    await works.until_idle()
    assert (await depot.row(job_id)).state is JobState.SUCCEEDED


async def test_a_worker_without_the_key_gives_the_job_back_and_names_the_key(
    works: Works, depot: Depot
) -> None:
    depot.use("old=env:OLD", OLD="aa" * 32)
    job_id = await echo_job(works)
    depot.use("new=env:NEW", NEW="bb" * 32)

    await works.until_idle()

    waiting = await depot.row(job_id)
    assert (waiting.reason, waiting.attempts_used) == (Reason.OBJECTS_UNAVAILABLE, 0)
    assert error_of(waiting)[0] == "ObjectKeyUnknown"
    assert "'old'" in error_of(waiting)[1]


async def test_a_worker_without_objects_gives_the_job_back(works: Works, depot: Depot) -> None:
    job_id = await echo_job(works)
    works.store.objects = None

    await works.until_idle()

    assert (await depot.row(job_id)).reason is Reason.OBJECTS_UNAVAILABLE


async def test_a_result_that_cannot_be_written_waits_and_is_then_written(
    works: Works, depot: Depot, caplog: pytest.LogCaptureFixture
) -> None:
    depot.block()
    job_id = await grow_job(works)

    async with works.working():
        running = await works.in_state(job_id, JobState.RUNNING)

        async def told() -> bool:
            return "objects: cannot write" in caplog.text

        await eventually_async(told)
        assert (await depot.row(job_id)).fence == running.fence
        depot.unblock()
        done = await works.in_state(job_id)

    assert (done.state, done.attempts_used, done.runs) == (JobState.SUCCEEDED, 1, 1)
    assert (await depot.read(job_id)).result == b'"' + TEXT.encode() + b'"'


async def test_a_worker_that_stops_before_the_result_is_written_gives_the_job_back(
    works: Works, depot: Depot
) -> None:
    depot.block()
    begun = asyncio.Event()
    job_id = await grow_job(works, begun)

    async with works.working(drain_us=100_000):
        await begun.wait()

    job = await depot.row(job_id)
    assert (job.state, job.reason) == (JobState.SCHEDULED, Reason.OBJECTS_UNAVAILABLE)
    assert (job.attempts_used, job.crashes) == (0, 0)


async def test_artifacts_of_both_kinds_of_bodies_are_listed_and_read_back(works: Works, depot: Depot) -> None:
    @works.belt.job
    async def draws(ctx: Context) -> None:
        ctx.artifact("chart.png", b"\x89PNG", type="image/png")

    @works.belt.job
    def writes(ctx: Context) -> None:
        ctx.artifact("b.txt", b"second", type="text/plain")
        ctx.artifact("a.txt", b"first", type="text/plain")

    jobs = [await draws.submit(), await writes.submit()]
    await works.until_idle()

    store = works.store
    found = [each for job in jobs for each in await store.artifacts.page(works.namespace, job.id)]
    assert [(each.name, each.type, each.size, each.run) for each in found] == [
        ("chart.png", "image/png", 4, 1),
        ("a.txt", "text/plain", 5, 1),
        ("b.txt", "text/plain", 6, 1),
    ]
    contents = [await whole_bytes(store, each.reference) for each in found]
    assert contents == [b"\x89PNG", b"first", b"second"]


async def test_artifacts_of_a_run_that_failed_are_kept(works: Works, depot: Depot) -> None:
    @works.belt.job(retry=Retry(max_attempts=1))
    async def breaks(ctx: Context) -> None:
        ctx.artifact("screen.png", b"what was seen")
        raise LookupError("no such page")

    job = await breaks.submit()
    await works.until_idle()

    assert (await depot.row(job.id)).state is JobState.FAILED
    assert len(await works.store.artifacts.page(works.namespace, job.id)) == 1


async def test_an_artifact_is_durable_before_its_job_is_final(works: Works, depot: Depot) -> None:
    depot.block()

    @works.belt.job
    async def draws(ctx: Context) -> None:
        ctx.artifact("chart.png", b"x")

    job = await draws.submit()
    async with works.working():
        await works.in_state(job.id, JobState.RUNNING)
        depot.unblock()
        await works.in_state(job.id)

        assert len(await works.store.artifacts.page(works.namespace, job.id)) == 1


@pytest.mark.parametrize(
    ("size", "count", "kind"), [(MIB + 1, 1, "PayloadTooLarge"), (1, 101, "InvalidInput")]
)
async def test_artifacts_are_bounded(works: Works, depot: Depot, size: int, count: int, kind: str) -> None:
    @works.belt.job(retry=Retry(max_attempts=1))
    async def hoards(ctx: Context) -> None:
        for number in range(count):
            ctx.artifact(f"{number}.bin", b"x" * size)

    job = await hoards.submit()
    await works.until_idle()

    assert kind in error_of(await depot.row(job.id))[0]


async def test_an_artifact_without_a_place_for_it_fails_the_body(works: Works) -> None:
    @works.belt.job(retry=Retry(max_attempts=1))
    async def draws(ctx: Context) -> None:
        ctx.artifact("chart.png", b"x")

    job = await draws.submit()
    await works.until_idle()

    kind, message = error_of(await works.job(job.id))
    assert kind.endswith("Unsupported")
    assert "objects.url" in message
