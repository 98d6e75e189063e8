"""Bodies in processes: what their jobs remember, and what is too large for a row."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from beltline.client.handle import JobHandle
from beltline.config import ObjectsConfig
from beltline.core.failure import read_failure
from beltline.core.reasons import Reason
from beltline.core.states import JobState
from beltline.core.values import KIB
from beltline.engine import control
from beltline.engine.objects import whole, whole_bytes
from beltline.objects.open import objects_for
from beltline.objects.reference import is_reference
from tests.executors import app
from tests.executors.house import House
from tests.hops import Door, memory_store
from tests.runtime.works import Works
from tests.waiting import eventually_async


@pytest.fixture
async def works(door: Door) -> AsyncIterator[Works]:
    store = await memory_store(door)
    async with House() as house, app.belt.on(store, "default"):
        yield Works(store, belt=app.belt, processes=house.executor)
    await store.close()


@pytest.mark.parametrize("body", [app.remembers, app.remembers_on_a_loop], ids=["plain", "coroutine"])
async def test_a_later_run_finds_what_an_earlier_one_has_done(works: Works, body: JobHandle[Any]) -> None:
    async with works.working():
        job = await body.submit()

        found = await job.result(timeout=30)

    assert found == {"run": 2, "step": 1, "first": False, "seen": [7]}
    assert (await works.job(job.id)).attempts_used == 1


async def test_a_cursor_goes_on_where_a_failed_run_left_it(works: Works) -> None:
    async with works.working():
        job = await app.walks.submit()

        assert await job.result(timeout=30) == [3, 4, 5]


async def test_a_pause_ends_a_run_between_two_steps(works: Works) -> None:
    async with works.working():
        job = await app.steps_on.submit()

        async def begun() -> bool:
            return bool(await works.store.logs.read("default", job.id))

        await eventually_async(begun)
        await control.pause(works.store, "default", job.id, actor="test")
        paused = await works.in_state(job.id, JobState.PAUSED)
        await control.resume(works.store, "default", job.id, actor="test")

        assert await job.result(timeout=30) == 2
    assert (paused.reason, paused.attempts_used) == (Reason.PAUSE_REQUESTED, 0)


async def test_an_error_of_the_store_arrives_as_itself(works: Works) -> None:
    async with works.working():
        job = await app.contradicts_itself.submit()

        assert await job.result(timeout=30) == "once_conflict one key"


async def test_a_step_in_what_is_no_connection_is_refused(works: Works) -> None:
    async with works.working():
        reference = await app.steps_in.submit()
        job = await works.in_state(reference.id)

    failure = read_failure(job.error)
    assert failure is not None
    assert failure["type"] == "beltline.core.errors.InvalidInput"
    assert "`conn=` is a NoneType" in failure["message"]


async def test_a_large_result_of_a_step_goes_by_the_object_store(works: Works, tmp_path: Path) -> None:
    config = ObjectsConfig(url=f"file://{tmp_path / 'objects'}", threshold=64 * KIB)
    works.store.objects = objects = objects_for(config, works.store.url, {})
    assert objects is not None
    objects.owner = "0a1b"
    async with works.working():
        job = await app.steps_largely.submit(size=2_000_000)

        assert await job.result(timeout=30) == 2_000_000
    [row] = await works.store.steps.load("default", [job.id])
    assert is_reference(row.value)


async def test_payloads_results_and_artifacts_go_by_the_object_store(works: Works, tmp_path: Path) -> None:
    config = ObjectsConfig(url=f"file://{tmp_path / 'objects'}", threshold=64 * KIB)
    works.store.objects = objects = objects_for(config, works.store.url, {})
    assert objects is not None
    objects.owner = "0a1b"
    text = "x" * 2_000_000
    async with works.working():
        echo = await app.echoes.submit(text=text)
        files = await app.keeps_files.submit()
        row = await works.in_state(echo.id)
        await works.in_state(files.id)

    assert is_reference(row.payload)
    assert is_reference(row.result or b"")
    assert json.loads((await whole(works.store, row)).result or b"") == text
    kept = {each.name: each for each in await works.store.artifacts.page("default", files.id)}
    assert await whole_bytes(works.store, kept["small"].reference) == b"\x00\xff"
