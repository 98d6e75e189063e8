"""`house`: processes for bodies, with the app of the tests loaded."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.executors.house import House


@pytest.fixture
async def house() -> AsyncIterator[House]:
    async with House() as made:
        yield made
