"""Attempts, logs and artifacts of a job: the same calls and answers in process, by URL, and without await."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from beltline.client.beltline import Beltline
from beltline.client.reference import JobReference
from beltline.config import ObjectsConfig
from beltline.core.errors import InvalidInput, NotFound
from beltline.core.failure import read_failure
from beltline.core.states import JobState
from beltline.engine.objects import NewArtifact, add_artifact, kept_line
from beltline.store.log_lines import NewLogLine
from tests.api.served import Served, served
from tests.api.service import NAMESPACE
from tests.client.hand import Hand

LONG = "ä" * 20_000
PNG = bytes(range(256))


class Both(NamedTuple):
    """One job, seen by a client on the store and by one that has a service's URL."""

    near: Beltline
    far: Beltline
    job_id: str

    @property
    def references(self) -> list[JobReference[object]]:
        return [self.near.reference(self.job_id), self.far.reference(self.job_id)]


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, str, Path]]:
    folder = tmp_path_factory.mktemp("parts")
    url = f"sqlite:///{folder}/beltline.db"
    with served(url, objects=ObjectsConfig(url=f"file://{folder}/objects")) as found:
        yield found, url, folder


@pytest.fixture
async def both(service: tuple[Served, str, Path]) -> AsyncIterator[Both]:
    """A job that failed for good, with a log of three lines and two artifacts."""
    found, url, folder = service
    near = Beltline(url, namespace=NAMESPACE, objects=ObjectsConfig(url=f"file://{folder}/objects"))
    far = Beltline(found.url, namespace=NAMESPACE, api_key=found.keys["admin"])
    async with near, far:
        job_id = (await near.submit("mail", {"n": 1})).id
        hand = Hand(near, f"hand-{job_id}")
        while (await hand.take()).id != job_id:
            continue
        await ended(near, job_id)
        yield Both(near, far, job_id)


async def ended(near: Beltline, job_id: str) -> None:
    store = near.store
    await near.cancel(job_id)
    for text in ("one", "two"):
        line = NewLogLine(job_id, 1, store.now(), "info", text, '{"n":1}')
        await store.logs.append(NAMESPACE, [line])
    line = NewLogLine(job_id, 1, store.now(), "info", LONG[:100], "")
    await store.logs.append(NAMESPACE, [await kept_line(store, NAMESPACE, line, LONG.encode())])
    for run in (1, 2):
        made = NewArtifact(job_id, run, "chart.png", "image/png", PNG[run:])
        await add_artifact(store, NAMESPACE, made)


async def test_logs_are_read_whole_and_in_pieces(both: Both) -> None:
    near, far = [await reference.logs() for reference in both.references]

    assert near == far
    assert [line.message for line in near] == ["one", "two", LONG]
    for reference in both.references:
        assert await reference.logs(limit=1) == near[:1]
        assert await reference.logs(after=near[0].seq, limit=1) == near[1:2]
        assert await reference.logs(after=near[-1].seq) == []


async def test_attempts_say_how_each_run_went(both: Both) -> None:
    near, far = [await reference.attempts() for reference in both.references]

    assert near == far
    assert [(attempt.run, attempt.session) for attempt in near] == [(1, f"hand-{both.job_id}")]


async def test_artifacts_are_listed_and_read(both: Both) -> None:
    near, far = [await reference.artifacts() for reference in both.references]

    assert near == far
    assert [(each.name, each.run, each.type, each.size) for each in near] == [
        ("chart.png", 1, "image/png", 255),
        ("chart.png", 2, "image/png", 254),
    ]
    for reference in both.references:
        assert await reference.artifact("chart.png") == PNG[2:]
        assert await reference.artifact("chart.png", run=1) == PNG[1:]
        with pytest.raises(NotFound, match="made none of this name"):
            await reference.artifact("other.png")


async def test_a_job_that_is_not_there_is_said_everywhere(both: Both) -> None:
    for belt in (both.near, both.far):
        missing = belt.reference("nothing")
        for call in (missing.logs, missing.attempts, missing.artifacts, missing.wait):
            with pytest.raises(NotFound):
                await call()


async def test_what_no_log_has_is_refused(both: Both) -> None:
    for after, limit in ((-1, 1), (0, 0)):
        with pytest.raises(InvalidInput, match="at least"):
            await both.references[0].logs(after=after, limit=limit)


async def test_waiting_returns_a_job_that_failed_and_one_that_goes_on(both: Both) -> None:
    open_id = (await both.near.submit("mail", {"n": 2})).id
    for belt in (both.near, both.far):
        assert (await belt.reference(open_id).wait(timeout=0)).state is JobState.QUEUED
    waiting = [asyncio.create_task(belt.reference(open_id).wait()) for belt in (both.near, both.far)]
    await asyncio.sleep(0)

    hand = Hand(both.near, f"hand-{open_id}")
    await hand.fail("ValueError", "no such paper")

    for job in await asyncio.gather(*waiting):
        assert job.state is JobState.FAILED
        failure = read_failure(job.error)
        assert failure is not None
        assert failure["message"] == "no such paper"


def test_the_same_calls_work_without_await(tmp_path: Path) -> None:
    belt = Beltline(f"sqlite:///{tmp_path}/beltline.db")

    @belt.job
    def add(left: int, right: int) -> int:
        return left + right

    belt.open_sync()
    try:
        job = add.submit_sync(1, 2).sync

        assert job.job().state is JobState.QUEUED
        assert job.wait(timeout=0).state is JobState.QUEUED
        assert (job.attempts(), job.logs(), job.artifacts()) == ([], [], [])
        with pytest.raises(NotFound):
            job.artifact("a.txt")
        assert job.cancel(why="enough").state is JobState.CANCELLED
        assert job.wait().id == job.id
    finally:
        belt.close_sync()
