"""The loop that looks after triggers: soon where something is due, seldom where nothing is."""

from __future__ import annotations

import random
from pathlib import Path

from beltline.core.window import Debounce
from beltline.definitions.trigger import JobOutcome, NewObject
from beltline.engine import triggers
from beltline.engine.definitions import apply_definitions
from beltline.runtime.watcher import Watcher
from beltline.store.pages import JobFilter, ListJobs
from tests.hops import Door
from tests.runtime.works import Works
from tests.waiting import eventually_async


async def declare(works: Works) -> None:
    await apply_definitions(works.store, works.namespace, works.belt.registry)
    declared = tuple(works.belt.declared_triggers)
    await triggers.declare(works.store, works.namespace, declared, works.belt.registry.names())


async def count(works: Works, definition: str) -> int:
    where = JobFilter(definition=definition)
    return (await works.store.reads.page(ListJobs(namespace=works.namespace, where=where))).total


async def test_without_triggers_a_look_is_one_read(works: Works, door: Door) -> None:
    watcher = Watcher(works.store, works.namespace, random=random.Random(1), sources={})
    door.passed = 0

    assert await watcher.tick() is False

    assert door.passed == 1
    await watcher.stop()


async def test_a_worker_makes_jobs_of_outcomes_and_stops_when_all_is_idle(works: Works) -> None:
    belt = works.belt

    @belt.job
    async def load() -> int:
        return 3

    @belt.job(trigger=JobOutcome(of="load", payload={"rows": "result"}))
    async def report(rows: int) -> int:
        return rows

    await declare(works)
    await load.submit()

    await works.until_idle()

    assert (await count(works, "load"), await count(works, "report")) == (1, 1)


async def test_a_window_opens_at_its_time(works: Works) -> None:
    belt = works.belt

    @belt.job
    async def load() -> None: ...

    @belt.job(trigger=JobOutcome(of="load", payload={}, window=Debounce("300ms")))
    async def report() -> None: ...

    await declare(works)

    async with works.working():
        for _ in range(3):
            await load.submit()

        async def reported() -> bool:
            return await count(works, "report") == 1

        await eventually_async(reported)


async def test_a_file_becomes_a_job(works: Works, tmp_path: Path) -> None:
    rule = NewObject(place=str(tmp_path), every="100ms", settle="100ms", payload={"path": "object.url"})

    @works.belt.job(trigger=rule)
    async def read(path: str) -> int:
        return len(Path(path).read_bytes())  # noqa: ASYNC240 - a test's own tiny file

    await declare(works)

    async with works.working():

        async def looked() -> bool:
            row = await triggers.fetch(works.store, works.namespace, "read")
            return '"begun":true' in row.memory

        await eventually_async(looked)
        (tmp_path / "a.txt").write_bytes(b"four")

        async def made() -> bool:
            return await count(works, "read") == 1

        await eventually_async(made)
