"""A store in a file of its own, on threads; and the same in place, without any."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from beltline.store.sqlite.gates import in_place
from beltline.store.sqlite.store import SqliteStore
from tests.clocks import FakeClock
from tests.conformance.stores import Place
from tests.conformance.world import World


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "belt line.db"


@pytest.fixture
async def world(path: Path) -> AsyncIterator[World]:
    """A world on threads."""
    clock = FakeClock()
    store = SqliteStore(str(path), clock=clock)
    await store.open()
    yield World(Place(store.url), store, clock, "here")
    await store.close()


@pytest.fixture
async def inline(path: Path) -> AsyncIterator[World]:
    """A world in place, on a file."""
    clock = FakeClock()
    store = SqliteStore(str(path), clock=clock, hop=in_place)
    await store.open()
    yield World(Place(store.url), store, clock, "here")
    await store.close()
