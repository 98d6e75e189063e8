"""`desk`: the engine on each store in turn, in a namespace of its own."""

from __future__ import annotations

import pytest

from tests.conformance.conftest import place, world
from tests.conformance.world import World
from tests.engine.desk import Desk

__all__ = ["place", "world"]


@pytest.fixture
def desk(world: World) -> Desk:
    return Desk(world)
