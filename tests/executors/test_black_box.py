"""What a worker notes of itself outlives it."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from beltline.definitions.context import Context
from beltline.definitions.definition import JobDefinition, define
from beltline.executors.black_box import BlackBox
from beltline.executors.inline import InlineExecutor
from beltline.executors.stack import awaiting_stack
from beltline.executors.thread import ThreadExecutor
from tests.executors.house import _claimed

THREADS = 2


@pytest.fixture
def box() -> BlackBox:
    return BlackBox(THREADS)


def context(job_id: str) -> Context:
    return Context(_claimed("body", 7, {}, 0)._replace(id=job_id, fence=7), None)  # type: ignore[arg-type]


async def run(box: BlackBox, body: Callable[[], Awaitable[object]]) -> object:
    definition: JobDefinition = define(body, name="body")
    return await InlineExecutor(box).run(definition, context("a"), {}, begun=None)


def test_what_a_process_noted_is_read_by_its_parent_when_it_has_ended(box: BlackBox) -> None:
    pid = os.fork()
    if pid == 0:
        box.open("host:1/a session")
        box.on_loop("a", 7).begun()
        box.in_thread(1, "b", 8).begun()
        os._exit(0)
    os.waitpid(pid, 0)

    assert box.session == "host:1/a session"
    assert box.running == (("a", 7), ("b", 8))
    assert not box.is_burial_done


def test_an_empty_box_says_nothing(box: BlackBox) -> None:
    assert (box.session, box.running, box.is_burial_done) == ("", (), False)


def test_a_burial_is_noted(box: BlackBox) -> None:
    box.has_buried()

    assert box.is_burial_done


def test_a_name_that_has_no_room_is_left_out(box: BlackBox) -> None:
    box.open("x" * 600)

    assert box.session == ""


def test_a_thread_beyond_those_that_were_planned_leaves_no_note(box: BlackBox) -> None:
    note = box.in_thread(THREADS, "a", 7)
    note.begun()

    assert box.running == ()
    note.ended()


async def test_a_body_on_the_loop_is_noted_while_it_is_executed_and_not_while_it_waits(box: BlackBox) -> None:
    found: list[tuple[tuple[str, int], ...]] = []
    gate = asyncio.Event()

    async def body() -> int:
        found.append(box.running)
        await gate.wait()
        found.append(box.running)
        return 3

    task = asyncio.ensure_future(run(box, body))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    waiting = box.running
    gate.set()

    assert await task == 3
    assert found == [(("a", 7),)] * 2
    assert waiting == ()
    assert box.running == ()


async def test_a_body_that_is_noted_can_be_cancelled_and_cleans_up(box: BlackBox) -> None:
    steps: list[str] = []

    async def body() -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            steps.append("asked")
            await asyncio.sleep(0)
            steps.append("cleaned")
            raise
        return ""

    task = asyncio.ensure_future(run(box, body))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task
    assert steps == ["asked", "cleaned"]


async def test_the_stack_of_a_noted_body_leads_to_where_it_waits(box: BlackBox) -> None:
    async def deep() -> None:
        await asyncio.Event().wait()

    async def body() -> None:
        await deep()

    running = run(box, body)
    task: asyncio.Task[object] = asyncio.ensure_future(running)
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    stack = awaiting_stack(running)

    task.cancel()
    assert "await deep()" in stack
    assert "await asyncio.Event().wait()" in stack


async def test_what_a_noted_body_raises_comes_through(box: BlackBox) -> None:
    async def body() -> None:
        await asyncio.sleep(0)
        raise ValueError("no such paper")

    with pytest.raises(ValueError, match="no such paper"):
        await run(box, body)


async def test_a_noted_body_that_is_given_up_is_closed(box: BlackBox) -> None:
    closed: list[bool] = []

    async def body() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            closed.append(True)

    awaited: Any = InlineExecutor(box).run(define(body, name="body"), context("a"), {}, begun=None)
    awaited.send(None)
    awaited.close()

    assert closed == [True]


async def test_bodies_in_threads_are_noted_until_they_end(box: BlackBox) -> None:
    executor = ThreadExecutor(THREADS, grace_us=1, box=box)
    both = threading.Barrier(THREADS + 1)
    gate = threading.Event()

    def body() -> None:
        both.wait(10)
        gate.wait(10)

    definition = define(body, name="body")
    runs = [
        asyncio.ensure_future(executor.run(definition, context(name), {}, begun=None)) for name in ("a", "b")
    ]
    await asyncio.to_thread(both.wait, 10)
    found = box.running
    gate.set()
    await asyncio.gather(*runs)
    executor.close()

    assert sorted(found) == [("a", 7), ("b", 7)]
    assert box.running == ()
