"""`make`, and what its set-up says on a machine that lacks something."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import REPOSITORY


class Machine:
    """A checkout, in a folder with a space in its name, and the interpreter that its PATH offers."""

    def __init__(self, folder: Path) -> None:
        self.checkout = folder / "a checkout"
        self.checkout.mkdir()
        self._programs = folder / "programs"
        self._programs.mkdir()
        for name in ("Makefile", "scripts/setup.sh", "pyproject.toml", "constraints.txt"):
            (self.checkout / name).parent.mkdir(exist_ok=True)
            shutil.copy(REPOSITORY / name, self.checkout / name)

    def has_python(self, script: str) -> None:
        """Offer an interpreter that does as a shell script says; `real` in it is the one of this test."""
        program = self._programs / "python3"
        program.write_text(f'#!/bin/sh\nreal() {{ "{sys.executable}" "$@"; }}\n{script}\n')
        program.chmod(0o755)

    def make(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["make", *words],
            cwd=self.checkout,
            env={"PATH": f"{self._programs}:/usr/bin:/bin", "PYTHON": "python3"},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


def test_make_alone_lists_every_command_and_sets_nothing_up(machine: Machine) -> None:
    told = machine.make()

    documented = re.findall(r"^([a-z-]+):.*## ", (REPOSITORY / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert told.returncode == 0
    assert re.findall(r"^  make ([a-z-]+) ", told.stdout, re.MULTILINE) == documented
    assert {"demo", "test"} < set(documented)
    assert not (machine.checkout / ".venv").exists()


@pytest.mark.parametrize("command", ["demo", "test"])
def test_a_python_without_venv_is_told_with_the_package_to_install(machine: Machine, command: str) -> None:
    machine.has_python('case "$2" in "import ensurepip"*) exit 1;; esac; real "$@"')

    told = machine.make(command)

    assert told.returncode == 2
    assert "has no venv module" in told.stderr
    assert "apt-get install python3-venv" in told.stderr
    assert not (machine.checkout / ".venv").exists()


def test_a_python_that_is_too_old_is_told_with_what_is_needed(machine: Machine) -> None:
    machine.has_python("exit 1")

    told = machine.make("demo")

    assert told.returncode == 2
    assert "Python 3.11 or newer is needed; tried: python3." in told.stderr
    assert "make setup PYTHON=/path/to/python3" in told.stderr
