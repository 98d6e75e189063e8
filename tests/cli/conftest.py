"""The command line without a store, and pointed at one: `cli` on SQLite, `any_cli` on each store in turn."""

from __future__ import annotations

from pathlib import Path
from typing import cast

import pytest

from tests.cli.shop import Shop, Terminal

SQLITE, POSTGRES = "sqlite", "postgres"


@pytest.fixture
def terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Terminal:
    """The command line in an empty folder, with an empty environment."""
    monkeypatch.chdir(tmp_path)
    return Terminal(capsys, monkeypatch)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A SQLite store with the app's definitions."""
    made = Shop(f"sqlite:///{tmp_path / 'shop.db'}")
    made.apply_definitions()
    return made


@pytest.fixture
def cli(terminal: Terminal, shop: Shop) -> Terminal:
    """The command line pointed at the shop."""
    return Terminal(terminal.capsys, terminal.monkeypatch, {"BELTLINE_STORE": shop.url})


@pytest.fixture(params=[SQLITE, POSTGRES])
def any_shop(request: pytest.FixtureRequest, tmp_path: Path) -> Shop:
    """A store with the app's definitions, of each kind in turn."""
    if cast("str", request.param) == SQLITE:
        made = Shop(f"sqlite:///{tmp_path / 'shop.db'}")
    else:
        made = Shop(cast("str", request.getfixturevalue("postgres_schema_url")))
    made.apply_definitions()
    return made


@pytest.fixture
def any_cli(terminal: Terminal, any_shop: Shop) -> Terminal:
    """The command line pointed at that store."""
    return Terminal(terminal.capsys, terminal.monkeypatch, {"BELTLINE_STORE": any_shop.url})
