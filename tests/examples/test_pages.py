from __future__ import annotations

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.examples.pages import PATIENCE_S, REPOSITORY, Terminal, commands_of, files_of, free_port, is_shown

PAGES = (
    "README.md",
    "docs/quickstart.md",
    "docs/steps.md",
    "docs/testing.md",
    "docs/doctor.md",
    "docs/rest.md",
    # Each takes five seconds or more.
    *(
        pytest.param(f"docs/{name}.md", marks=pytest.mark.proof)
        for name in ("batches", "dead-letters", "dependencies", "schedules", "triggers", "workflows")
    ),
)


def follow(page: str, terminal: Terminal, folder: Path) -> None:
    """Do what the page says, and compare what it shows with what comes."""
    # The port alone is another one: on the reader's machine 8000 may be taken.
    text = (REPOSITORY / page).read_text("utf-8").replace("8000", str(free_port()))
    for name, content in files_of(text).items():
        (folder / name).write_text(content, "utf-8")
    with ExitStack() as running:
        for command in commands_of(text):
            if command.stays:
                running.enter_context(terminal.running(command))
            else:
                answer = terminal.run(command.line)
                assert is_shown(answer, command.answer), f"{page}: $ {command.line}\n{answer}"


@pytest.mark.parametrize("page", PAGES)
def test_a_reader_who_follows_the_page_sees_what_it_shows(page: str, tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, Path(sys.executable).parent)

    follow(page, terminal, tmp_path)


def test_the_first_job_has_at_most_twenty_lines() -> None:
    [first] = files_of((REPOSITORY / "README.md").read_text("utf-8")).values()

    lines = [line for line in first.splitlines() if line.strip()]

    assert len(lines) <= 20


@pytest.mark.proof
def test_the_first_job_runs_on_a_fresh_install(tmp_path: Path) -> None:
    environment = tmp_path / "fresh venv"
    folder = tmp_path / "mine"
    folder.mkdir()
    subprocess.run([sys.executable, "-m", "venv", environment], check=True, timeout=PATIENCE_S)
    pip = [str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet", "-c", "constraints.txt"]
    unbothered = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}

    subprocess.run([*pip, "."], cwd=REPOSITORY, env=unbothered, check=True, timeout=10 * PATIENCE_S)

    follow("README.md", Terminal(folder, environment / "bin"), folder)


@pytest.mark.parametrize("page", PAGES)
def test_links_to_other_pages_lead_somewhere(page: str) -> None:
    place = REPOSITORY / page
    targets = [part.split(")")[0] for part in place.read_text("utf-8").split("](")[1:]]

    missing = [
        target for target in targets if not target.startswith("http") and not (place.parent / target).exists()
    ]

    assert missing == []
