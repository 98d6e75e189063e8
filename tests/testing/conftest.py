"""A kit around a bank."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from beltline.testing import Kit
from tests.testing.bank import Bank


@pytest.fixture
def bank() -> Bank:
    return Bank()


@pytest.fixture
async def kit(bank: Bank) -> AsyncIterator[Kit]:
    async with Kit(bank.belt) as kit:
        yield kit
