"""`belt`: an open Beltline with some jobs, on each store in turn; `hand`: a worker for it, driven by hand."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from beltline.client.beltline import Beltline
from beltline.config import ObjectsConfig
from beltline.core.values import MIB
from tests.client.hand import Hand
from tests.client.jobs import Jobs
from tests.conformance.conftest import place
from tests.conformance.stores import Place

__all__ = ["place"]


@pytest.fixture
def jobs(place: Place) -> Jobs:
    """Job definitions of a Beltline that is not open, in a namespace of its own."""
    namespace = f"ns-{uuid.uuid4().hex[:12]}"
    return Jobs(Beltline(place.url, namespace=namespace, objects=ObjectsConfig(limit=MIB)))


@pytest.fixture
async def opened(jobs: Jobs) -> AsyncIterator[Jobs]:
    """The same, open."""
    async with jobs.belt:
        yield jobs


@pytest.fixture
def belt(opened: Jobs) -> Beltline:
    return opened.belt


@pytest.fixture
def hand(belt: Beltline) -> Hand:
    return Hand(belt)


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    """The URL of a store that is not there yet, for what is the same on every store."""
    return f"sqlite:///{tmp_path / 'beltline.db'}"
