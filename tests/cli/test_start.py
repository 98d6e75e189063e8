"""What begins before the command line is read: a worker's parent, and who it is for."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from beltline.cli.start import is_work
from tests.runtime.test_supervisor import REPOSITORY


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("work app.py", True),
        ("--store sqlite:///a.db --json work app.py", True),
        ("--store=work --namespace work work app.py --processes 2", True),
        ("work", True),
        ("work --help", False),
        ("-h work", False),
        ("jobs ls --queue work", False),
        ("--store work jobs ls", False),
        ("--store", False),
        ("", False),
    ],
)
def test_a_parent_begins_for_a_worker_alone(line: str, found: bool) -> None:
    assert is_work(line.split()) is found


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("work",), 2, "Missing argument"),
        (("work", "none.py", "--processes", "none"), 2, "none"),
        (("--store", "nonsense://", "work", "tests/cli/photo_app.py"), 2, "nonsense"),
        (("work", "--help"), 0, "Run the jobs of APP"),
    ],
)
def test_what_the_command_line_refuses_ends_the_parent_with_its_code(
    words: tuple[str, ...], code: int, said: str
) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "beltline.cli", *words],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert ran.returncode == code
    assert said in ran.stdout + ran.stderr
    assert "starting a new one" not in ran.stderr


def test_a_refusal_that_cannot_be_told_ends_the_parent_too(tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    os.close(read_end)
    try:
        ran = subprocess.run(
            [sys.executable, "-m", "beltline.cli", "work", "--bogus"],
            cwd=tmp_path,
            stdout=write_end,
            stderr=write_end,
            check=False,
            timeout=60,
        )
    finally:
        os.close(write_end)

    assert ran.returncode != 0
