"""Running a file of tests in this process, against a wheel. Knows nothing of jobs."""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

# Nothing of the surroundings: no plug-ins but pytest's own, no settings, no cache; short words.
_OPTIONS: Final = ("-q", "-c", os.devnull, "-p", "no:cacheprovider", "--import-mode=importlib", "--tb=line")


class SomeFailed(Exception):
    """Some tests failed; the job's log says which."""


@dataclass(frozen=True, slots=True)
class Report:
    """How many tests passed, and the file of the package that they tested."""

    passed: int
    tested: str


class _Listener:
    """A plug-in that counts, and that sees where memory runs out: pytest takes that for a failed test."""

    def __init__(self) -> None:
        self.passed = 0
        self.out_of_memory: BaseException | None = None

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.passed += report.when == "call" and report.passed

    def pytest_exception_interact(self, call: pytest.CallInfo[object]) -> None:
        if call.excinfo is not None and isinstance(call.excinfo.value, MemoryError):
            self.out_of_memory = MemoryError(str(call.excinfo.value))


def run_tests(wheel: Path, tests: Path, *, say: Callable[[str], Any]) -> Report:
    """Run the tests; `say` gets each line of theirs. Raises SomeFailed, MemoryError."""
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    sys.path.insert(0, str(wheel))
    listener = _Listener()
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        code = pytest.main([*_OPTIONS, "--rootdir", str(tests.parent), str(tests)], plugins=[listener])
    for line in said.getvalue().splitlines():
        say(line)
    if listener.out_of_memory is not None:
        raise listener.out_of_memory
    if code:
        raise SomeFailed(f"{tests.name}: {said.getvalue().strip().splitlines()[-1]}")
    return Report(listener.passed, str(sys.modules["deepmerge"].__file__))
