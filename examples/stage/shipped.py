"""Real input: files that installed packages ship."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


class MissingPackage(Exception):
    """A package that ships the input is not installed."""


def shipped(package: str, path: str) -> Path:
    """Return a file or folder inside an installed package, which is not imported. Raises MissingPackage."""
    spec = find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    found = Path(folders[0]) / path if folders else None
    if found is None or not found.exists():
        raise MissingPackage(
            f"{path} of the package {package} is not here: run `make setup` or pip install '.[examples]'"
        )
    return found
