from __future__ import annotations

import asyncio
from pathlib import Path
from typing import assert_type

import pytest

from beltline.client.beltline import Beltline
from beltline.client.handle import JobHandle
from beltline.config import ObjectsConfig
from beltline.core.errors import (
    ConfigError,
    InvalidPayload,
    InvalidTransition,
    MalformedJson,
    NotFound,
    NotOpen,
    StoreUnavailable,
    UnknownDefinition,
)
from beltline.core.states import JobState
from beltline.engine.definitions import apply_definitions
from beltline.engine.submit import JobOptions
from tests.client.hand import Hand
from tests.client.jobs import Jobs, Thumb


async def test_a_submitted_job_is_there_at_once(opened: Jobs) -> None:
    reference = await opened.thumbnail.submit("a.png", width=512)

    job = await opened.belt.get(reference.id)
    assert (job.definition, job.queue, job.state) == ("thumbnail", "images", JobState.QUEUED)
    assert job.payload == b'{"path":"a.png","width":512}'
    assert (job.priority, job.labels) == (2, {"team": "media"})
    assert not reference.existing


async def test_a_name_of_the_program_is_submitted_with_its_type(opened: Jobs) -> None:
    reference = await opened.belt.submit("thumbnail", {"path": "a.png"})

    assert (await reference.job()).queue == "images"
    with pytest.raises(InvalidPayload, match="width"):
        await opened.belt.submit("thumbnail", {"path": "a.png", "width": "wide"})


async def test_a_name_of_the_store_is_submitted_with_its_schema(opened: Jobs, hand: Hand) -> None:
    await apply_definitions(opened.belt.store, opened.belt.namespace, opened.belt.registry)
    stranger = Beltline(namespace=opened.belt.namespace)
    stranger._port.attach(opened.belt.store, opened.belt.namespace)

    reference = await stranger.submit("thumbnail", b'{"path":"a.png"}')
    with pytest.raises(InvalidPayload, match="width"):
        await stranger.submit("thumbnail", {"path": "a.png", "width": "wide"})

    job = await opened.belt.get(reference.id)
    assert (job.queue, job.priority, job.labels) == ("images", 2, {"team": "media"})
    await hand.succeed(b'{"path":"b.png","width":1}')
    assert await reference.result() == {"path": "b.png", "width": 1}


async def test_a_name_that_nobody_knows_is_refused(belt: Beltline) -> None:
    with pytest.raises(UnknownDefinition, match="'resize'"):
        await belt.submit("resize", {})


async def test_a_payload_of_bytes_must_be_strict_json(belt: Beltline) -> None:
    with pytest.raises(MalformedJson, match="more than once"):
        await belt.submit("thumbnail", b'{"path":"a","path":"b"}')


async def test_a_submit_by_name_takes_options(belt: Beltline) -> None:
    reference = await belt.submit("say-nothing", {}, options=JobOptions(queue="slow", delay=60))

    job = await reference.job()
    assert (job.queue, job.state) == ("slow", JobState.SCHEDULED)


async def test_a_job_can_be_cancelled_by_its_id(belt: Beltline, opened: Jobs) -> None:
    reference = await opened.add.submit(1, 2)

    assert (await belt.cancel(reference.id, why="typo")).state is JobState.CANCELLED

    [row] = await belt.store.audit.page(belt.namespace)
    assert (row.actor, row.reason) == ("client", "typo")
    with pytest.raises(InvalidTransition):
        await reference.cancel()


async def test_a_job_that_is_not_there_says_so(belt: Beltline) -> None:
    with pytest.raises(NotFound):
        await belt.get("nope")


async def test_a_reference_is_made_from_an_id(opened: Jobs, hand: Hand) -> None:
    submitted = await opened.add.submit(1, 2)

    reference = opened.belt.reference(submitted.id)
    await hand.succeed(b"3")

    assert await reference.result() == 3


async def test_without_being_opened_it_says_what_to_do(jobs: Jobs) -> None:
    words = "use `async with belt:` around the work"

    with pytest.raises(NotOpen, match=words):
        await jobs.add.submit(1, 2)
    with pytest.raises(NotOpen, match=words):
        await jobs.add.submit_many([{"left": 1, "right": 2}])
    with pytest.raises(NotOpen, match=words):
        await jobs.belt.reference("x").result()
    with pytest.raises(NotOpen, match=words):
        _ = jobs.belt.store


async def test_once_closed_it_is_not_open(jobs: Jobs) -> None:
    async with jobs.belt:
        reference = await jobs.add.submit(1, 2)

    with pytest.raises(NotOpen):
        await reference.job()


async def test_it_may_be_closed_twice_and_opened_again(file_url: str) -> None:
    jobs = Jobs(Beltline(file_url))
    async with jobs.belt:
        await jobs.belt.open()
        reference = await jobs.add.submit(1, 2)
    await jobs.belt.close()

    async with jobs.belt:
        assert (await reference.job()).state is JobState.QUEUED


async def test_of_several_blocks_the_last_one_closes(jobs: Jobs) -> None:
    async with jobs.belt:
        async with jobs.belt:
            reference = await jobs.add.submit(1, 2)
        assert (await reference.job()).state is JobState.QUEUED

    with pytest.raises(NotOpen):
        await reference.job()


async def test_tasks_that_open_it_at_once_share_one_store(file_url: str) -> None:
    jobs = Jobs(Beltline(file_url))

    await asyncio.gather(*(jobs.belt.open() for _ in range(5)))

    assert (await (await jobs.add.submit(1, 2)).job()).state is JobState.QUEUED
    await jobs.belt.close()


async def test_closing_finishes_the_submits_on_their_way(file_url: str) -> None:
    jobs = Jobs(Beltline(file_url))
    await jobs.belt.open()
    submits = [asyncio.create_task(jobs.add.submit(n, n)) for n in range(50)]
    await asyncio.sleep(0)
    await jobs.belt.close()

    ids = {(await submit).id for submit in submits}

    async with jobs.belt:
        assert {job.id for job in await jobs.belt.store.reads.get("default", sorted(ids))} == ids


async def test_a_store_that_cannot_be_reached_leaves_it_closed(tmp_path: Path) -> None:
    belt = Beltline(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.db'}")

    with pytest.raises(StoreUnavailable):
        await belt.open()
    with pytest.raises(NotOpen):
        _ = belt.store


async def test_an_unknown_kind_of_store_is_refused() -> None:
    with pytest.raises(ConfigError, match="unknown scheme; use sqlite:///beltline"):
        await Beltline("mysql://localhost").open()


def test_the_environment_names_the_store(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BELTLINE_STORE", "sqlite:///from-the-environment.db")
    assert Beltline().url == "sqlite:///from-the-environment.db"
    assert Beltline("sqlite:///given.db").url == "sqlite:///given.db"

    monkeypatch.delenv("BELTLINE_STORE")
    assert Beltline().url == "sqlite:///beltline.db"


def configure(text: str) -> None:
    Path("beltline.toml").write_text(text, "utf-8")


def test_a_file_names_store_and_namespace_as_it_does_for_commands(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    configure('[store]\nurl = "sqlite:///filed.db"\nnamespace = "filed"\n')
    belt = Beltline()
    assert (belt.url, belt.namespace) == ("sqlite:///filed.db", "filed")

    monkeypatch.setenv("BELTLINE_NAMESPACE", "surroundings")
    later = Beltline()
    assert (later.url, later.namespace) == ("sqlite:///filed.db", "surroundings")
    assert Beltline("sqlite:///given.db", namespace="given").namespace == "given"


async def test_a_bad_file_is_told_whole_when_the_store_is_needed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    configure('[store]\nurl = "nowhere"\n[worker]\nlease = "soon"\n')
    jobs = Jobs(Beltline())

    with pytest.raises(ConfigError) as refused:
        await jobs.belt.open()

    assert len(refused.value.problems) == 2
    assert jobs.add(1, 2) == 3


async def test_what_is_given_whole_needs_no_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, file_url: str
) -> None:
    monkeypatch.chdir(tmp_path)
    configure("this is no TOML")

    async with Beltline(file_url, namespace="given", objects=ObjectsConfig()) as belt:
        assert belt.store.url == file_url


def test_a_job_name_is_used_once(jobs: Jobs) -> None:
    with pytest.raises(ConfigError, match="the job name 'add' is used twice"):

        @jobs.belt.job
        def add() -> None: ...


def test_two_beltlines_share_nothing() -> None:
    first, second = Jobs(Beltline()), Jobs(Beltline())

    assert first.add.definition is not second.add.definition
    assert first.belt.registry.names() == ["thumbnail", "add", "say-nothing"]


async def test_calling_a_handle_calls_the_function(jobs: Jobs) -> None:
    assert jobs.add(1, 2) == 3
    assert await jobs.thumbnail(None, "a.png") == Thumb("a.png", 256)


def test_a_handle_knows_the_type_of_its_result(jobs: Jobs) -> None:
    assert_type(jobs.add, JobHandle[int])
    assert_type(jobs.thumbnail, JobHandle[Thumb])
