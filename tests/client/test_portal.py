"""The `_sync` forms: one thread with an event loop of its own."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from beltline.client.beltline import Beltline
from beltline.client.portal import Portal, run_here
from beltline.core.errors import InvalidPayload, NotOpen, StoreUnavailable, Unsupported
from beltline.core.states import JobState
from tests.client.hand import Hand
from tests.client.jobs import Jobs


def names() -> list[str]:
    return [thread.name for thread in threading.enumerate()]


def test_a_program_without_an_event_loop_submits(file_url: str) -> None:
    jobs = Jobs(Beltline(file_url).open_sync())

    reference = jobs.add.options(priority=3).submit_sync(1, 2)

    job = jobs.belt._port.portal.call(reference.job)
    assert (job.state, job.priority) == (JobState.QUEUED, 3)
    jobs.belt.close_sync()


def test_a_program_without_an_event_loop_awaits_a_result(file_url: str) -> None:
    jobs = Jobs(Beltline(file_url).open_sync())
    reference = jobs.add.submit_sync(1, 2)

    jobs.belt._port.portal.call(lambda: Hand(jobs.belt).succeed(b"3"))

    assert reference.result_sync(timeout=30) == 3
    jobs.belt.close_sync()


def test_what_is_refused_is_refused_here_too(file_url: str) -> None:
    jobs = Jobs(Beltline(file_url))
    with pytest.raises(NotOpen):
        jobs.add.submit_sync(1, 2)

    jobs.belt.open_sync()
    with pytest.raises(InvalidPayload):
        jobs.add.submit_sync("1", 2)
    jobs.belt.close_sync()


def test_threads_submit_at_once(file_url: str) -> None:
    jobs = Jobs(Beltline(file_url).open_sync())

    with ThreadPoolExecutor(8) as pool:
        ids = {reference.id for reference in pool.map(jobs.add.submit_sync, range(200), range(200))}

    assert len(ids) == 200
    jobs.belt.close_sync()


def test_it_may_be_closed_and_opened_again(file_url: str) -> None:
    jobs = Jobs(Beltline(file_url))
    for _ in range(2):
        jobs.belt.open_sync()
        jobs.add.submit_sync(1, 2)
        jobs.belt.close_sync()

    assert "beltline-portal" not in names()


def test_a_store_that_cannot_be_opened_leaves_no_thread(tmp_path_factory: pytest.TempPathFactory) -> None:
    belt = Beltline(f"sqlite:///{tmp_path_factory.mktemp('x') / 'no' / 'folder.db'}")

    with pytest.raises(StoreUnavailable):
        belt.open_sync()

    assert "beltline-portal" not in names()


async def test_inside_an_event_loop_it_says_to_await(jobs: Jobs) -> None:
    with pytest.raises(Unsupported, match="await the asynchronous form"):
        jobs.add.submit_sync(1, 2)
    with pytest.raises(Unsupported, match="await the asynchronous form"):
        jobs.belt.open_sync()


def test_a_portal_gives_back_what_the_coroutine_gives() -> None:
    portal = Portal()

    async def answer() -> int:
        return 42

    async def fail() -> int:
        raise LookupError("x")

    assert portal.call(answer) == 42
    with pytest.raises(LookupError):
        portal.call(fail)
    portal.stop()


def test_what_never_waits_needs_no_event_loop() -> None:
    async def answer() -> int:
        return 42

    assert run_here(answer()) == 42


def test_what_waits_is_refused_without_an_event_loop() -> None:
    ended: list[bool] = []

    async def wait() -> None:
        try:
            await asyncio.sleep(0)
        finally:
            ended.append(True)

    with pytest.raises(Unsupported, match="waits for an event loop"):
        run_here(wait())
    assert ended == [True]


def test_a_portal_that_never_ran_stops() -> None:
    Portal().stop()
