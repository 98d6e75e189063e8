"""`service`: REST on a store in memory; `any_service`: on each kind of store in turn."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import cast

import pytest

from tests.api.service import MEMORY, Service, running_service


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    async with running_service() as made:
        yield made


@pytest.fixture(params=["sqlite", "postgres"])
async def any_service(request: pytest.FixtureRequest) -> AsyncIterator[Service]:
    is_postgres = cast("str", request.param) == "postgres"
    url = cast("str", request.getfixturevalue("postgres_schema_url")) if is_postgres else MEMORY
    async with running_service(url) as made:
        yield made
