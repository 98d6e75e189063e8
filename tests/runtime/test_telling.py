"""What a worker does, told to whoever looks on."""

from __future__ import annotations

import asyncio

from beltline.runtime.telling import telling
from tests.runtime.works import Works


async def test_the_beginning_of_a_job_is_told_also_where_it_came_to_an_idle_worker(works: Works) -> None:
    waited_for = asyncio.Event()
    told: list[str] = []

    def tell(event: str, /, **_: object) -> None:
        told.append(event)
        if event == "ended":
            waited_for.set()

    @works.belt.job(name="echo")
    async def echo() -> None: ...

    telling(works.store, tell)
    async with works.working():
        first = await echo.submit()
        await works.in_state(first.id)
        await waited_for.wait()
        waited_for.clear()
        await echo.submit()
        await waited_for.wait()

    assert told == ["started", "ended"] * 2
