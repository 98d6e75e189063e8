"""The pytest plug-in: fixtures for whoever asks for them. It changes nothing else about a test run.

It is imported at the start of every pytest where Beltline is installed, so it imports late.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from importlib.util import find_spec
from typing import Any

import pytest


@pytest.fixture
def beltline_app() -> Any:  # noqa: ANN401 - a Beltline; importing its type here would slow every pytest
    """Return the Beltline under test: override this fixture to return your app's own."""
    from beltline.client.beltline import Beltline  # noqa: PLC0415 - see the module

    return Beltline()


async def _beltline(beltline_app: Any) -> AsyncIterator[Any]:  # noqa: ANN401 - as above
    """Yield a Kit: `beltline_app` on an empty store in memory, with a clock that the test moves."""
    from beltline.testing.kit import Kit  # noqa: PLC0415 - see the module

    async with Kit(beltline_app) as kit:
        yield kit


def _async_fixture() -> Callable[..., Any]:
    """In its strict mode pytest-asyncio runs only the asynchronous fixtures that are marked as its own."""
    if find_spec("pytest_asyncio") is None:
        return pytest.fixture
    import pytest_asyncio  # noqa: PLC0415 - it may not be installed

    return pytest_asyncio.fixture


beltline = _async_fixture()(_beltline, name="beltline")
