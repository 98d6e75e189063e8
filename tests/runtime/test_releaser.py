"""The loop that lets go on what waited."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random
from typing import TypeVar

from beltline.runtime.releaser import Releaser
from beltline.store.sqlite.store import SqliteStore
from tests.clocks import FakeClock

T = TypeVar("T")


async def test_who_asks_whether_all_is_told_waits_for_a_turn_under_way() -> None:
    gate, begun = asyncio.Event(), asyncio.Event()
    gate.set()
    hops: list[bool] = []

    async def hop(work: Callable[[], T]) -> T:
        hops.append(True)
        begun.set()
        await gate.wait()
        return work()

    store = SqliteStore(None, clock=FakeClock(), hop=hop)
    await store.open()
    releaser = Releaser(store, "default", random=Random(1))
    gate.clear()
    begun.clear()
    hops.clear()

    under_way = asyncio.ensure_future(releaser.tick())
    await begun.wait()
    asked = asyncio.create_task(releaser.release())
    await asyncio.sleep(0)

    assert len(hops) == 1
    gate.set()
    assert await under_way is False
    assert await asked == 0
    await store.close()
