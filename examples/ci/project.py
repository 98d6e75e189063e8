"""A real small package, deepmerge, as a project: its sources and tests as they are installed here."""

from __future__ import annotations

import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Final

from examples.stage.shipped import shipped

NAME: Final = "deepmerge"
OVERLOAD: Final = Path(__file__).with_name("overload")
_PYPROJECT: Final = """[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"

[project]
name = "{name}"
version = "{version}"
requires-python = ">=3.8"

[tool.hatch.build.targets.wheel]
packages = ["src/{name}"]
exclude = ["tests"]
"""


def check_out(folder: Path) -> list[Path]:
    """Put the project into a folder, as a check-out would; return its files of tests."""
    source = shipped(NAME, "")
    package = folder / "src" / NAME
    shutil.copytree(source, package, ignore=shutil.ignore_patterns("__pycache__", "tests"))
    tests = folder / "tests"
    shutil.copytree(source / "tests", tests, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "pyproject.toml").write_text(_PYPROJECT.format(name=NAME, version=version(NAME)))
    return sorted(tests.rglob("test_*.py"))
