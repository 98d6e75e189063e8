"""The kernel's word that a file was written to."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from beltline.core.clock import MICROS, SystemClock
from beltline.store.sqlite.watch import AGAIN_US, Watch

CLOCK = SystemClock()
NEVER = 3_600 * MICROS


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a log"
    path.touch()
    return path


def write(file: Path) -> None:
    file.write_bytes(b"1")


async def test_a_write_is_told(file: Path) -> None:
    told = asyncio.Event()
    watch = Watch(file, told.set, clock=CLOCK, gap_us=0)
    assert watch.start()

    write(file)

    async with asyncio.timeout(10):
        await told.wait()
    watch.stop()


async def test_writes_in_a_row_are_not_told_one_by_one(file: Path) -> None:
    told: asyncio.Queue[None] = asyncio.Queue()
    watch = Watch(file, lambda: told.put_nowait(None), clock=CLOCK, gap_us=NEVER)
    assert watch.start()
    write(file)
    async with asyncio.timeout(10):
        await told.get()

    for _ in range(20):
        write(file)
        await asyncio.sleep(0)

    assert told.qsize() <= 1
    watch.stop()


async def test_a_write_is_told_again_for_a_commit_that_is_not_to_be_seen_yet(file: Path) -> None:
    told: asyncio.Queue[None] = asyncio.Queue()
    watch = Watch(file, lambda: told.put_nowait(None), clock=CLOCK, gap_us=0)
    assert watch.start()

    write(file)

    async with asyncio.timeout(10):
        for _ in range(1 + len(AGAIN_US)):
            await told.get()
    watch.stop()


async def test_a_write_between_two_repeats_is_told_without_waiting_for_the_next(file: Path) -> None:
    told: asyncio.Queue[float] = asyncio.Queue()
    loop = asyncio.get_running_loop()
    watch = Watch(file, lambda: told.put_nowait(loop.time()), clock=CLOCK, gap_us=0)
    assert watch.start()
    write(file)
    async with asyncio.timeout(10):
        for _ in range(len(AGAIN_US)):
            await told.get()

    written_at = loop.time()
    write(file)

    async with asyncio.timeout(10):
        told_at = await told.get()
    assert told_at - written_at < AGAIN_US[-1] / MICROS / 2
    watch.stop()


async def test_a_stopped_watch_tells_nothing_and_may_stop_again(file: Path) -> None:
    told = asyncio.Event()
    watch = Watch(file, told.set, clock=CLOCK, gap_us=0)
    assert watch.start()
    watch.stop()
    watch.stop()

    write(file)
    for _ in range(10):
        await asyncio.sleep(0)

    assert not told.is_set()


async def test_a_file_that_is_not_there_cannot_be_watched(tmp_path: Path) -> None:
    assert not Watch(tmp_path / "missing", lambda: None, clock=CLOCK, gap_us=0).start()
