"""Sites on both stores. `site` is what most tests ask for; they run once on each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from beltline.store.open import store_from_url
from tests.e2e.app import belt
from tests.e2e.site import Site


@pytest.fixture(params=["sqlite", "postgres"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'beltline.db'}"
    return str(request.getfixturevalue("postgres_schema_url"))


@pytest.fixture
async def site(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """A site with no worker yet, whose `belt` submits to its store."""
    async for ready in open_site(store_url, tmp_path, monkeypatch):
        yield ready


async def open_site(url: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """Open a store and the tests' own Beltline on it; end all that is left afterwards."""
    monkeypatch.setattr(belt, "url", url)
    store = store_from_url(url)
    await store.open()
    async with belt:
        site = Site(folder, url, store)
        try:
            yield site
        finally:
            site.close()
            await store.close()
