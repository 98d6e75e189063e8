"""Running an example as a person does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from tests.examples.pages import PATIENCE_S, REPOSITORY


def run_example(name: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m examples.NAME` in the repository."""
    return subprocess.run(
        [sys.executable, "-m", f"examples.{name}", "--folder", folder, *options],
        cwd=REPOSITORY,
        env={word: value for word, value in os.environ.items() if not word.startswith("BELTLINE_")},
        capture_output=True,
        text=True,
        timeout=4 * PATIENCE_S,
        check=False,
    )


def checks_of(text: str) -> list[str]:
    """Return the checks that passed, without their figures."""
    return re.findall(r"^✓ (.*) \(", text, re.MULTILINE)


def shown_checks(name: str) -> list[str]:
    """Return the checks that the page of the examples shows for this one."""
    page = (REPOSITORY / "docs" / "examples.md").read_text("utf-8")
    [session] = re.findall(rf"^\$ python -m examples\.{name}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    return checks_of(session)


def expect_what_the_page_shows(name: str, ended: subprocess.CompletedProcess[str]) -> None:
    """Fail unless it ended well, without a word of error, with the checks that the page shows."""
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stderr == ""
    assert checks_of(ended.stdout) == shown_checks(name) != []
