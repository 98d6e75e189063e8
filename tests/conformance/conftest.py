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

from tests.conformance import stores
from tests.conformance.stores import EVERYWHERE, SHARED, Place, lasting_place
from tests.conformance.world import World, new_world


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


@pytest.fixture
async def world(place: Place) -> AsyncIterator[World]:
    async with new_world(place) as made:
        yield made


@pytest.fixture
async def shared_world(shared_place: Place) -> AsyncIterator[World]:
    async with new_world(shared_place) as made:
        yield made


@pytest.fixture
async def fresh_world(fresh_place: Place) -> AsyncIterator[World]:
    async with new_world(fresh_place) as made:
        yield made
