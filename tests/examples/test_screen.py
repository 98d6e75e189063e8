from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from examples.demo.screen import Screen
from examples.stage.console import shown

TOTALS = {"thumbnails": 8, "load": 2}


def test_plain_lines_tell_each_fifth_once() -> None:
    out = io.StringIO()

    with Screen(TOTALS, Console(file=out, width=100)) as screen:
        for done in (0, 1, 2, 2, 3, 4):
            screen.show({"thumbnails": done, "load": 0})

    assert out.getvalue().splitlines() == ["  thumbnails 2/8, load 0/2", "  thumbnails 4/8, load 0/2"]


def test_a_terminal_gets_a_bar_for_each_definition() -> None:
    out = io.StringIO()

    with Screen(TOTALS, Console(file=out, width=100, force_terminal=True)) as screen:
        screen.show({"thumbnails": 8, "load": 1})

    assert "8/8" in out.getvalue()
    assert "1/2" in out.getvalue()


def test_a_line_is_shown_as_it_is() -> None:
    out = io.StringIO()

    with Screen(TOTALS, Console(file=out, width=20)) as screen:
        screen.say("[Errno 2] No such file: '/a/b'")

    assert out.getvalue() == "[Errno 2] No such file: '/a/b'\n"


def test_a_path_below_here_is_shown_relative(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    assert shown(tmp_path / "demo-out" / "weather.db") == "demo-out/weather.db"
    assert shown(Path("/elsewhere/weather.db")) == "/elsewhere/weather.db"
