"""`beltline init`, and the project that it writes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.shop import Terminal as Here
from tests.examples.pages import PATIENCE_S, REPOSITORY, Terminal


def written(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def follow_its_readme(terminal: Terminal, folder: Path) -> None:
    """Do what the README of the new project says, but for what runs until it is stopped."""
    submitted = terminal.run('beltline submit count_words \'{"file": "tide.txt"}\' --app app.py').strip()

    assert "runs count_words" in terminal.run("beltline work app.py --until-idle")
    assert '"result":38' in terminal.run(f"beltline jobs show {submitted} --json").replace(" ", "")
    assert "3 passed" in terminal.run("pytest")
    assert (folder / "beltline.db").exists()


def test_the_project_runs_and_its_tests_pass(tmp_path: Path) -> None:
    outside = Terminal(tmp_path, Path(sys.executable).parent)
    assert "now: cd mine && beltline dev app.py" in outside.run("beltline init mine")

    follow_its_readme(Terminal(tmp_path / "mine", Path(sys.executable).parent), tmp_path / "mine")


@pytest.mark.proof
def test_it_runs_where_only_beltline_is_installed(tmp_path: Path) -> None:
    environment = tmp_path / "fresh"
    subprocess.run([sys.executable, "-m", "venv", environment], check=True, timeout=PATIENCE_S)
    pip = [str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet", "-c", "constraints.txt"]
    unbothered = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    subprocess.run([*pip, ".[testing]"], cwd=REPOSITORY, env=unbothered, check=True, timeout=10 * PATIENCE_S)
    Terminal(tmp_path, environment / "bin").run("beltline init mine")

    follow_its_readme(Terminal(tmp_path / "mine", environment / "bin"), tmp_path / "mine")


def test_it_writes_into_the_working_directory_by_itself(tmp_path: Path, terminal: Here) -> None:
    terminal.monkeypatch.chdir(tmp_path)

    ran = terminal("init", "--json")

    assert ran.code == 0
    assert sorted(item["path"] for item in ran.json["items"]) == written(tmp_path)
    assert {".gitignore", "app.py", "beltline.toml", "test_app.py", "texts/tide.txt"} < set(written(tmp_path))


def test_nothing_is_written_where_a_file_exists(tmp_path: Path, terminal: Here) -> None:
    (tmp_path / "app.py").write_text("mine", "utf-8")

    ran = terminal("init", str(tmp_path))

    assert ran.code == 2
    assert "app.py already" in ran.err
    assert written(tmp_path) == ["app.py"]
    assert (tmp_path / "app.py").read_text("utf-8") == "mine"


def test_the_readme_is_short(tmp_path: Path, terminal: Here) -> None:
    terminal("init", str(tmp_path))

    assert len((tmp_path / "README.md").read_text("utf-8").splitlines()) <= 10
