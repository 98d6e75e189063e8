from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.examples.pages import PATIENCE_S, REPOSITORY


def run_demo(folder: Path, store: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run the demo as `make demo` does."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("BELTLINE_")}
    environment["STORE"] = store or ""
    return subprocess.run(
        [sys.executable, "-m", "examples.demo", "--folder", folder],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        timeout=2 * PATIENCE_S,
        check=False,
    )


def checks_of(text: str) -> list[str]:
    """The checks that passed, without their figures."""
    return re.findall(r"^✓ (.*) \(", text, re.MULTILINE)


def test_the_demo_passes_every_check_that_the_readme_shows(tmp_path: Path) -> None:
    shown = checks_of((REPOSITORY / "README.md").read_text("utf-8"))

    demo = run_demo(tmp_path / "demo out")

    assert demo.returncode == 0, demo.stdout + demo.stderr
    assert checks_of(demo.stdout) == shown


@pytest.mark.proof
def test_the_demo_passes_on_postgresql(tmp_path: Path, postgres_schema_url: str) -> None:
    demo = run_demo(tmp_path, postgres_schema_url)

    assert demo.returncode == 0, demo.stdout + demo.stderr


def test_the_demo_says_which_store_it_cannot_reach(tmp_path: Path) -> None:
    demo = run_demo(tmp_path, f"sqlite:///{tmp_path}/nowhere/beltline.db")

    assert demo.returncode == 1
    assert "the demo stopped" in demo.stdout
    assert "nowhere" in demo.stdout
