"""Bodies that share a task do not notice it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextvars import ContextVar
from typing import Any, TypeAlias

import pytest

from beltline.core.outcome import Ending, Outcome
from beltline.runtime.lanes import TURN_US, Lanes, Rest
from beltline.runtime.run import Cause, Run
from tests.runtime.stage import Stage, no_memory

GOOD = Outcome(Ending.SUCCEEDED)
Body: TypeAlias = Callable[[Run], Coroutine[Any, Any, Outcome]]
NAME: ContextVar[str] = ContextVar("name", default="nobody")


class Course:
    """Lanes, and what happened in them in which order."""

    def __init__(self, stage: Stage) -> None:
        self.time = 0
        self.noted: list[object] = []
        self._stage = stage
        self._lanes: Lanes[Body] = Lanes(self._begin, now=lambda: self.time)
        self.left: set[Run] = set()

    def put(self, body: Callable[[], Awaitable[object]]) -> Run:
        job = self._stage.claimed(mine)
        definition = self._stage.registry.get(job.definition)
        assert definition is not None
        run = Run(job, definition, self._stage.told, no_memory)

        async def noting(_: Run) -> Outcome:
            try:
                self.noted.append(await body())
            except BaseException as error:  # noqa: BLE001 - noted whatever it is
                self.noted.append(type(error))
            return GOOD

        self.left.add(run)
        self._lanes.put(run, noting)
        return run

    async def end(self) -> list[object]:
        """Wait until all have ended; return what was noted."""
        while self.left:
            await asyncio.wait({run.task for run in self.left if run.task is not None})
        return self.noted

    def _begin(self, run: Run, body: Body) -> Awaitable[None] | None:
        run.begun = True
        going = body(run)
        try:
            awaited = going.send(None)
        except StopIteration:
            self.left.discard(run)
            return None
        return self._go_on(run, Rest(going, awaited))

    async def _go_on(self, run: Run, rest: Rest) -> None:
        await rest
        self.left.discard(run)


@pytest.fixture
def course(stage: Stage) -> Course:
    return Course(stage)


async def mine() -> object:
    return asyncio.current_task()


async def swift() -> str:
    return "in time"


async def waiting() -> object:
    before = asyncio.current_task()
    await asyncio.sleep(0)
    return before is asyncio.current_task()


async def test_bodies_that_do_not_wait_share_a_task(course: Course) -> None:
    for _ in range(3):
        course.put(mine)

    assert len(set(await course.end())) == 1


async def test_a_body_that_waits_keeps_its_task_and_holds_nobody_up(course: Course) -> None:
    gate = asyncio.Event()

    async def holds() -> str:
        await gate.wait()
        return "held"

    async def opens() -> str:
        gate.set()
        return "opened"

    first, second = course.put(holds), course.put(opens)

    assert await course.end() == ["opened", "held"]
    assert first.task is not second.task


async def test_many_that_wait_have_a_task_each(course: Course) -> None:
    runs = [course.put(waiting) for _ in range(10)]

    assert await course.end() == [True] * 10
    assert len({run.task for run in runs}) == 10


async def test_what_one_leaves_in_its_context_no_other_sees(course: Course) -> None:
    async def sets() -> str:
        NAME.set("ann")
        return NAME.get()

    async def reads() -> str:
        return NAME.get()

    course.put(sets)
    course.put(reads)

    assert await course.end() == ["ann", "nobody"]


async def test_a_body_that_cancels_its_task_and_ends_harms_nobody(course: Course) -> None:
    async def cancels() -> str:
        task = asyncio.current_task()
        assert task is not None
        task.cancel()
        return "done"

    course.put(cancels)
    course.put(waiting)

    assert await course.end() == ["done", True]


async def test_a_cancellation_reaches_the_body_that_waits(course: Course) -> None:
    async def waits() -> None:
        await asyncio.Event().wait()

    async def cleans_up() -> str:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await asyncio.sleep(0)
        return "clean"

    for run in (course.put(waits), course.put(cleans_up)):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        run.interrupt(Cause.CANCEL)

    assert await course.end() == [asyncio.CancelledError, "clean"]


async def test_timeouts_and_groups_work_in_a_shared_task(course: Course) -> None:
    async def in_time() -> str:
        async with asyncio.timeout(60):
            return await swift()

    async def too_late() -> str:
        try:
            async with asyncio.timeout(0):
                await asyncio.Event().wait()
        except TimeoutError:
            return "too late"
        return "never"

    async def together() -> list[object]:
        async with asyncio.TaskGroup() as group:
            made = [group.create_task(waiting()) for _ in range(2)]
        return [task.result() for task in made]

    for body in (in_time, too_late, together, in_time):
        course.put(body)

    noted = await course.end()
    assert sorted(map(str, noted)) == ["[True, True]", "in time", "in time", "too late"]


async def test_the_loop_gets_its_turn_between_bodies_that_take_long(course: Course) -> None:
    async def works() -> str:
        course.time += TURN_US
        return "worked"

    course.put(works)
    course.put(works)
    asyncio.get_running_loop().call_soon(course.noted.append, "another")

    assert await course.end() == ["worked", "another", "worked"]
