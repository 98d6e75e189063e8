from __future__ import annotations

import random
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

import pytest

from beltline.config import RetentionConfig
from beltline.core.clock import SystemClock
from beltline.engine import upkeep
from beltline.runtime.loop import Loop
from beltline.runtime.rescuer import Rescuer
from beltline.runtime.upkeep import Upkeep
from beltline.store.params import NewSession
from tests.hops import Door
from tests.runtime.works import Works
from tests.waiting import eventually_async

WOKEN = ("dispatcher", "scheduler", "releaser", "replayer", "bulk actions", "overdue", "folder", "vacuum")


def made(works: Works, gone: Collection[str | None] = ()) -> Upkeep:
    """Return the upkeep of a namespace, not yet started; the processes `gone` have ended."""
    chance = random.Random(1)
    rescuer = Rescuer(
        works.store,
        "default",
        clock=SystemClock(),
        random=chance,
        own=lambda: "",
        is_gone=lambda process: process in gone,
    )
    return Upkeep(
        works.store, "default", retention=RetentionConfig(), rescuer=rescuer, rescue_s=600.0, random=chance
    )


def named(found: Upkeep) -> dict[str, Loop]:
    return {loop.name: loop for loop in found.loops}


@asynccontextmanager
async def looking(works: Works) -> AsyncIterator[dict[str, Loop]]:
    """Let all that is woken wait, as it does when its first look is over."""
    loops = named(made(works))
    for name in WOKEN:
        loops[name].start()
    try:
        yield loops
    finally:
        for name in WOKEN:
            await loops[name].stop()


async def opened(works: Works, process: str) -> None:
    await works.store.sessions.open(
        NewSession(
            namespace="default",
            id="other",
            name="other",
            host="here",
            pid=1,
            lease_us=600_000_000,
            queues=None,
            concurrency=1,
            now=works.store.now(),
            process=process,
        )
    )


async def submitted(works: Works) -> None:
    @works.belt.job
    async def noop() -> None: ...

    await works.belt.submit("noop", {})


@pytest.mark.parametrize("name", ["lookout", *WOKEN])
async def test_with_nothing_to_do_there_is_no_more(works: Works, name: str) -> None:
    assert await named(made(works))[name].tick() is False


async def test_with_nothing_to_do_a_look_is_one_read(works: Works, door: Door) -> None:
    lookout = named(made(works))["lookout"]
    door.passed = 0

    await lookout.tick()

    assert door.passed == 1


async def test_the_folder_folds(works: Works) -> None:
    await submitted(works)

    await named(made(works))["folder"].tick()

    assert await upkeep.fold(works.store, "default") == 0


async def test_a_look_wakes_who_has_something_to_do(works: Works) -> None:
    async with looking(works) as loops:

        async def is_quiet() -> bool:
            return not (await works.store.upkeep.agenda("default", works.store.now())).folds

        await eventually_async(is_quiet)
        await submitted(works)

        await loops["lookout"].tick()

        await eventually_async(is_quiet)


async def test_beside_a_living_neighbour_a_look_is_one_read(works: Works, door: Door) -> None:
    await opened(works, "a process")
    loops = named(made(works))
    await loops["rescuer"].tick()
    door.passed = 0

    await loops["lookout"].tick()

    assert door.passed == 1


async def test_a_look_wakes_the_rescuer_where_a_process_is_gone(works: Works, door: Door) -> None:
    gone: set[str | None] = set()
    await opened(works, "a process")
    loops = named(made(works, gone))
    door.passed = 0
    loops["rescuer"].start()

    async def has_looked() -> bool:
        return door.passed == 1

    await eventually_async(has_looked)
    gone.add("a process")

    await loops["lookout"].tick()

    async def is_rescued() -> bool:
        return not await works.sessions()

    await eventually_async(is_rescued)
    await loops["rescuer"].stop()
