"""Long log messages: their beginning in the log, the whole of them in the object store."""

from __future__ import annotations

from pathlib import Path

import pytest

from beltline.definitions.context import Context
from beltline.engine.objects import whole_lines
from beltline.store.log_lines import LogLine
from tests.runtime.test_objects import Depot
from tests.runtime.works import Works

LONG = "row é\n" * 20_000


@pytest.fixture
def depot(works: Works, tmp_path: Path) -> Depot:
    return Depot(works, tmp_path / "objects")


async def logged(works: Works) -> list[LogLine]:
    """Run a job that logs a long message between short ones; return its log."""

    @works.belt.job
    async def talks(ctx: Context) -> None:
        ctx.log.info("before", message_object="mine")
        ctx.log.warning(LONG, rows=20_000)
        ctx.log.info("after")

    job = await talks.submit()
    await works.until_idle()
    return await works.store.logs.read(works.namespace, job.id)


async def test_a_long_message_is_read_whole_and_in_its_place(works: Works, depot: Depot) -> None:
    lines = await logged(works)

    whole = await whole_lines(works.store, lines)
    assert [len(line.message.encode()) <= 8_192 for line in lines] == [True] * 3
    assert [line.message for line in whole] == ["before", LONG, "after"]
    assert [line.fields for line in whole] == ['{"message_object_":"mine"}', '{"rows":20000}', ""]


async def test_where_the_object_cannot_be_read_its_beginning_is_left(works: Works, depot: Depot) -> None:
    lines = await logged(works)
    depot.block()

    assert await whole_lines(works.store, lines) == lines


async def test_where_the_object_cannot_be_written_its_beginning_is_kept(works: Works, depot: Depot) -> None:
    depot.block()

    lines = await logged(works)

    assert [line.message.endswith("bytes more)") for line in lines] == [False, True, False]
    assert await whole_lines(works.store, lines) == lines


async def test_a_run_keeps_so_many_whole_messages_and_then_beginnings(works: Works, depot: Depot) -> None:
    @works.belt.job
    async def talks(ctx: Context) -> None:
        for _ in range(18):
            ctx.log.info("x" * 1_000_000)

    job = await talks.submit()
    await works.until_idle()
    lines = await works.store.logs.read(works.namespace, job.id)

    assert sum("message_object" in line.fields for line in lines) == 16
