"""The suite's fixtures. A test that asks for one of them runs once on each store that the fixture stands for.

`world`: every store, the data kept apart by a namespace for each test. `shared_world`: only the stores that
several connections and processes can open at once, for tests that need those. `fresh_world`: every store,
empty, for verbs that reach beyond a namespace. `place`, `fresh_place`, `fresh_shared_place`: where the data
lies, for tests that open stores themselves.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import cast

import pytest
import pytest_asyncio

from beltline.store.contract import Store
from tests.clocks import FakeClock
from tests.conformance import stores
from tests.conformance.stores import EVERYWHERE, SHARED, Place, lasting_place
from tests.conformance.world import World, new_world, opened

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the suite on one event loop: a store lives on one, and to open it anew costs more than a test."""
    for item in items:
        if item.path.is_relative_to(HERE) and pytest_asyncio.is_async_test(item):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest.fixture(scope="session", params=EVERYWHERE)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Place:
    return lasting_place(cast("str", request.param), request, tmp_path_factory)


@pytest.fixture(scope="session", params=SHARED)
def shared_place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Place:
    return lasting_place(cast("str", request.param), request, tmp_path_factory)


@pytest.fixture(params=EVERYWHERE)
def fresh_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with stores.fresh_place(cast("str", request.param), request, tmp_path) as made:
        yield made


@pytest.fixture(params=SHARED)
def fresh_shared_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    with stores.fresh_place(cast("str", request.param), request, tmp_path) as made:
        yield made


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def store(place: Place) -> AsyncIterator[Store]:
    async with opened(place, FakeClock()) as made:
        yield made


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def shared_store(shared_place: Place) -> AsyncIterator[Store]:
    async with opened(shared_place, FakeClock()) as made:
        yield made


@pytest.fixture
def world(place: Place, store: Store) -> World:
    return new_world(place, store)


@pytest.fixture
def shared_world(shared_place: Place, shared_store: Store) -> World:
    return new_world(shared_place, shared_store)


@pytest_asyncio.fixture(loop_scope="session")
async def fresh_world(fresh_place: Place) -> AsyncIterator[World]:
    async with opened(fresh_place, FakeClock()) as made:
        yield new_world(fresh_place, made)
