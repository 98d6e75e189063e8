"""`stage`: a bare runner; `works`: a store in memory and workers on it; `door`: the way into that store."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.hops import Door, memory_store
from tests.runtime.bodies import Bodies
from tests.runtime.stage import Stage
from tests.runtime.works import Works


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    made = Stage()
    yield made
    made.threads.close()


@pytest.fixture
def door() -> Iterator[Door]:
    made = Door()
    yield made
    made.open()


@pytest.fixture
def bodies(works: Works) -> Iterator[Bodies]:
    made = Bodies(works)
    yield made
    made.gate.set()
    made.thread_gate.set()


@pytest.fixture
async def works(door: Door) -> AsyncIterator[Works]:
    store = await memory_store(door)
    works = Works(store)
    async with works.belt.on(store, works.namespace):
        yield works
    await store.close()
