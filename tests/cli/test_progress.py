"""What takes long shows how far it is, on a terminal and nowhere else; and shells complete."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.shop import APP, Shop, Terminal
from tests.cli.teletype import on_terminal

JOBS = 200


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    file = tmp_path / "payloads.jsonl"
    file.write_text('{"width": 64}\n' * JOBS, "utf-8")
    return file


def test_a_large_submit_shows_how_much_is_checked(shop: Shop, lines: Path) -> None:
    code, said = on_terminal(shop.url, "submit", "resize", "--each", str(lines))

    assert code == 0
    assert f"{JOBS} jobs submitted" in said
    assert f"/{JOBS}" in said


def test_a_worker_until_idle_shows_how_many_jobs_are_left(shop: Shop, cli: Terminal, lines: Path) -> None:
    cli("submit", "resize", "--each", str(lines))

    code, said = on_terminal(shop.url, "work", APP, "--until-idle")

    assert code == 0
    assert "jobs" in said
    assert "\x1b[2K" in said
    assert "runs" in said


def test_many_replays_show_how_many_are_done(shop: Shop, cli: Terminal, lines: Path) -> None:
    cli("submit", "resize", "--each", str(lines))
    shop.fail()
    shop.fail()

    code, said = on_terminal(shop.url, "dead-letters", "replay", "--all")

    assert code == 0
    assert f"/{JOBS}" in said
    assert f"done: {JOBS} of {JOBS} replayed" in said


@pytest.mark.parametrize("words", [("--json",), ()])
def test_without_a_terminal_there_is_no_bar(cli: Terminal, lines: Path, words: tuple[str, ...]) -> None:
    ran = cli("submit", "resize", "--each", str(lines), *words)

    assert "\x1b" not in ran.out + ran.err


def test_for_programs_there_is_no_bar_on_a_terminal_either(shop: Shop, lines: Path) -> None:
    _, said = on_terminal(shop.url, "submit", "resize", "--each", str(lines), "--json")

    assert "\x1b" not in said


@pytest.mark.parametrize(
    ("shell", "word"), [("bash", "complete -o nosort"), ("zsh", "#compdef beltline"), ("fish", "complete --")]
)
def test_a_shell_gets_its_script(shell: str, word: str, terminal: Terminal) -> None:
    ran = terminal("completion", shell)

    assert ran.code == 0
    assert word in ran.out
    assert "_BELTLINE_COMPLETE" in ran.out


def test_another_shell_is_refused_with_those_that_are_known(terminal: Terminal) -> None:
    ran = terminal("completion", "tcsh")

    assert ran.code == 2
    assert "'bash', 'zsh', 'fish'" in ran.err
