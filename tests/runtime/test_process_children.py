"""Bodies in processes submit children, and other jobs, as bodies on the loop and in threads do."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from beltline.config import WorkerConfig
from beltline.core.clock import SystemClock
from beltline.core.job import Job
from beltline.core.states import JobState
from beltline.engine.batches import tree_of
from beltline.executors.process.command import command
from beltline.executors.process.executor import ProcessExecutor
from beltline.store.batches import ListChildren
from tests.executors import parents
from tests.hops import Door, memory_store
from tests.runtime.works import Works


@pytest.fixture
async def works(door: Door) -> AsyncIterator[Works]:
    store = await memory_store(door)
    executor = ProcessExecutor(
        command(str(Path(parents.__file__))),
        WorkerConfig(body_processes=2),
        clock=SystemClock(),
        environment={**os.environ, "BELTLINE_STORE": "sqlite:///tests-have-none.db"},
    )
    await executor.open(parents.belt.registry)
    async with parents.belt.on(store, "default"):
        yield Works(store, belt=parents.belt, processes=executor)
    await executor.close()
    await store.close()


async def children(works: Works, parent: str) -> list[Job]:
    found = []
    for where in ("live", "history"):
        params = ListChildren(namespace="default", parents=[parent], where=where)
        found += await works.store.batches.children(params)
    return found


async def test_a_coroutine_and_a_plain_function_have_children(works: Works) -> None:
    async with works.working():
        book = await parents.book.submit(pages=5)
        leaflet = await parents.leaflet.submit()
        job = await works.in_state(book.id)
        small = await works.in_state(leaflet.id)

    pages = await children(works, book.id)
    assert job.state is JobState.SUCCEEDED
    assert sorted(json.loads(page.payload)["number"] for page in pages) == [0, 1, 2, 3, 4]
    assert {(page.parent, page.root) for page in pages} == {(book.id, book.id)}
    [one] = await children(works, leaflet.id)
    assert json.loads(small.result or b"") == one.id


async def test_a_run_that_submits_again_finds_its_children(works: Works) -> None:
    async with works.working():
        falls = await parents.falls.options(max_attempts=2).submit()
        job = await works.in_state(falls.id)

    assert (job.state, json.loads(job.result or b"")) == (JobState.SUCCEEDED, 2)
    assert len(await children(works, falls.id)) == 3


async def test_a_batch_splits_itself_in_processes(works: Works) -> None:
    async with works.working():
        batch = await parents.halves.submit(list(range(7)))
        job = await works.in_state(batch.id)

    tree = await tree_of(works.store, "default", batch.id)
    assert job.state is JobState.SUCCEEDED
    assert tree.progress.succeeded == 7


async def test_options_and_prerequisites_come_along(works: Works) -> None:
    async with works.working():
        plain = await parents.plain.submit(number=1)
        chained = await parents.chained.submit()
        submitted = json.loads((await works.in_state(plain.id)).result or b"")
        first, last = json.loads((await works.in_state(chained.id)).result or b"")

    job = await works.job(submitted)
    assert (job.state, job.priority, job.parent) == (JobState.SCHEDULED, 3, None)
    assert job.labels is not None
    assert job.labels["of"] == "plain"
    assert job.backoff == '{"backoff":"fixed","base_us":5000000,"cap_us":600000000}'
    ended = [(await works.job(job_id)).finished_at or 0 for job_id in (first, last)]
    assert 0 < ended[0] <= ended[1]


async def test_what_a_submit_raises_is_raised_there(works: Works) -> None:
    async with works.working():
        reused = await parents.reused.submit()
        job = await works.in_state(reused.id)

    assert json.loads(job.result or b"") == "1 KeyReused"
