"""`desk`: the engine on each store in turn, in a namespace of its own, with the store's own clock in hand."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator

import pytest

from tests.clocks import FakeClock
from tests.conformance.conftest import place
from tests.conformance.stores import Place
from tests.conformance.world import World, opened
from tests.engine.desk import Desk

__all__ = ["place"]


@pytest.fixture
async def desk(place: Place) -> AsyncIterator[Desk]:
    clock = FakeClock()
    async with opened(place, clock) as store:
        yield Desk(World(place, store, clock, f"ns-{uuid.uuid4().hex[:12]}"))
