"""The stores that the suite runs on.

EVERYWHERE is every store. SHARED leaves out the store in memory, which one connection alone can see: tests of
several connections or processes use it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest

from beltline.core.clock import Clock
from beltline.store.contract import Store
from beltline.store.open import store_from_url
from tests.servers.databases import fresh_schema

MEMORY: Final = "sqlite-memory"
FILE: Final = "sqlite-file"
SERVER: Final = "postgres"

EVERYWHERE: Final = (MEMORY, FILE, SERVER)
SHARED: Final = (FILE, SERVER)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a store's data lies. In memory, each store that is made has data of its own."""

    url: str

    def store(self, clock: Clock) -> Store:
        """Return a store on this data, not yet opened."""
        return store_from_url(self.url, clock=clock)


def lasting_place(kind: str, request: pytest.FixtureRequest, factory: pytest.TempPathFactory) -> Place:
    """Return the place that all tests of one worker use, each in its own namespace: cheapest."""
    if kind == MEMORY:
        return Place("sqlite:///:memory:")
    if kind == FILE:
        return _file(factory.mktemp("lasting"))
    url: str = request.getfixturevalue("postgres_url")
    return Place(urlsplit(url)._replace(query="schema=lasting").geturl())


@contextmanager
def fresh_place(kind: str, request: pytest.FixtureRequest, folder: Path) -> Iterator[Place]:
    """Yield a place that is empty, without a schema."""
    with ExitStack() as stack:
        if kind == MEMORY:
            yield Place("sqlite:///:memory:")
        elif kind == FILE:
            yield _file(folder)
        else:
            yield Place(stack.enter_context(fresh_schema(request.getfixturevalue("postgres_url"))))


def _file(folder: Path) -> Place:
    return Place(f"sqlite:///{folder / 'beltline.db'}")
