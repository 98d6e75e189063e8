"""Large payloads and results through the client: nobody who submits or waits notices."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from beltline.client.beltline import Beltline
from beltline.config import ObjectsConfig
from beltline.core.errors import ObjectsUnavailable, PayloadTooLarge
from beltline.core.outcome import succeeded
from beltline.core.values import MIB
from beltline.engine.objects import kept_result, whole_bytes
from beltline.objects.reference import is_reference
from tests.client.hand import Hand
from tests.client.jobs import Jobs

PATH = "p" * 100_000


@pytest.fixture
async def jobs_on_file(file_url: str) -> AsyncIterator[Jobs]:
    jobs = Jobs(Beltline(file_url, objects=ObjectsConfig(limit=2 * MIB)))
    async with jobs.belt:
        yield jobs


async def test_a_large_payload_is_read_back_whole(jobs_on_file: Jobs) -> None:
    reference = await jobs_on_file.thumbnail.submit(PATH)

    job = await reference.job()

    assert PATH.encode() in job.payload
    [row] = await jobs_on_file.belt.store.reads.get("default", [reference.id])
    assert is_reference(row.payload)


async def test_more_than_a_row_holds_can_be_submitted_in_every_way(jobs_on_file: Jobs) -> None:
    belt, path = jobs_on_file.belt, "p" * (MIB + 1)

    found = [
        await jobs_on_file.thumbnail.submit(path),
        *await jobs_on_file.thumbnail.submit_many([{"path": path}, {"path": "short"}, {"path": path}]),
        await belt.submit("thumbnail", {"path": path}),
        *await belt.submit_many("thumbnail", [{"path": path}]),
    ]

    sizes = [len((await reference.job()).payload) > MIB for reference in found]
    assert sizes == [True, True, False, True, True, True]


async def test_more_than_the_limit_is_refused(jobs_on_file: Jobs) -> None:
    with pytest.raises(PayloadTooLarge, match="more than the limit of 2,097,152"):
        await jobs_on_file.thumbnail.submit("p" * 2 * MIB)


async def test_a_large_result_is_awaited_whole(jobs_on_file: Jobs) -> None:
    belt = jobs_on_file.belt
    reference = await jobs_on_file.thumbnail.submit("a.png")
    hand = Hand(belt)
    result = b'{"path":"' + PATH.encode() + b'","width":1}'
    outcome = await kept_result(belt.store, belt.namespace, reference.id, succeeded(result))

    await hand.end(outcome)

    assert (await reference.result(timeout="5s")).path == PATH


async def test_the_same_large_content_is_the_same_job(jobs_on_file: Jobs) -> None:
    handle = jobs_on_file.thumbnail.options(dedupe="content")

    first, second = await handle.submit(PATH), await handle.submit(PATH)

    assert first.id == second.id
    assert second.existing


async def test_where_the_place_cannot_be_written_the_submit_fails_and_others_go_on(
    jobs_on_file: Jobs, tmp_path: Path
) -> None:
    (tmp_path / "beltline.db.objects").write_text("no folder")

    with pytest.raises(ObjectsUnavailable, match="cannot write the object"):
        await jobs_on_file.thumbnail.submit(PATH)

    small = await jobs_on_file.thumbnail.submit("small.png")
    assert (await jobs_on_file.belt.get(small.id)).id == small.id
    counts = await jobs_on_file.belt.store.reads.counts("default")
    assert sum(count.jobs for count in counts) == 1


def test_a_synchronous_submit_in_the_callers_transaction_may_be_large(file_url: str) -> None:
    jobs = Jobs(Beltline(file_url))
    jobs.belt.open_sync()
    try:
        with closing(sqlite3.connect(file_url.removeprefix("sqlite:///"))) as conn:
            conn.execute("BEGIN IMMEDIATE")
            reference = jobs.thumbnail.options(conn=conn).submit_sync(PATH)
            conn.commit()
        store = jobs.belt.store
        found = jobs.belt.reference(reference.id)

        payload = jobs.thumbnail._port.run_sync(found.job).payload

        assert PATH.encode() in payload
        assert store.objects is not None
    finally:
        jobs.belt.close_sync()


async def test_what_is_not_large_needs_no_object(jobs_on_file: Jobs) -> None:
    assert await whole_bytes(jobs_on_file.belt.store, b"1") == b"1"
