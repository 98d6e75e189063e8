"""An environment of its own for each peer, at the versions of its pins, kept for the next run."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from bench.peers.catalog import Peer

REPOSITORY: Final = Path(__file__).parents[2]
PINS: Final = Path(__file__).parent / "pins"
# Not in .cache: building the docs empties that. Resolved: checkouts may share one folder by a link, and the
# programs of an environment name its interpreter by its path.
PLACES: Final = (REPOSITORY / ".peers").resolve()
PYTHON_VARIABLE: Final = "BELTLINE_BENCH_PYTHON"
INSTALL_S: Final = 600


class NotInstalled(Exception):
    """A peer's packages cannot be had here; the text says why."""


def interpreter(peer: Peer) -> Path:
    """Return the interpreter of a peer's environment, made where it is missing or its pins have changed.

    Raises NotInstalled.
    """
    if peer.is_ours:
        return Path(sys.executable)
    folder = PLACES / peer.environment
    pins = PINS / f"{peer.environment}.txt"
    kept = folder / "pins.txt"
    python = folder / "bin" / "python"
    if python.exists() and kept.exists() and kept.read_text() == pins.read_text():
        return python
    parent = _python(peer.oldest_python)
    _run([parent, "-m", "venv", "--clear", folder], peer)
    _run([python, "-m", "pip", "install", "--quiet", "--no-deps", "-r", pins], peer)
    kept.write_text(pins.read_text())
    return python


def versions(peer: Peer, python: Path) -> Mapping[str, str]:
    """Return the pinned versions of a peer's packages, and its Python's."""
    said = subprocess.run(
        [python, "-c", "import platform; print(platform.python_version())"],
        capture_output=True,
        text=True,
        check=True,
    )
    found = {"python": said.stdout.strip()}
    if not peer.is_ours:
        lines = (PINS / f"{peer.environment}.txt").read_text().splitlines()
        found |= {
            name: version for name, _, version in (line.partition("==") for line in lines if "==" in line)
        }
    return found


def _python(oldest: tuple[int, int]) -> Path:
    """An interpreter that is new enough: this one where it is, else another that is found here."""
    if sys.version_info[:2] >= oldest:
        return Path(sys.executable)
    for candidate in _candidates():
        if _fits(candidate, oldest):
            return candidate
    raise NotInstalled(
        f"it needs Python {oldest[0]}.{oldest[1]} or newer, and none was found here;"
        f" name one in {PYTHON_VARIABLE}"
    )


def _candidates() -> Iterator[Path]:
    if named := os.environ.get(PYTHON_VARIABLE):
        yield Path(named)
    for name in ("python3.13", "python3.12", "python3.14", "python3"):
        if found := shutil.which(name):
            yield Path(found)
    # Where versions lie side by side and only one of them is on PATH.
    yield from sorted(Path.home().glob(".pyenv/versions/3.1[2-9]*/bin/python3"), reverse=True)


def _fits(python: Path, oldest: tuple[int, int]) -> bool:
    check = f"import sys, venv, ensurepip; sys.exit(sys.version_info[:2] < {oldest!r})"
    try:
        return subprocess.run([python, "-c", check], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _run(command: list[object], peer: Peer) -> None:
    try:
        subprocess.run(
            [str(part) for part in command], check=True, capture_output=True, text=True, timeout=INSTALL_S
        )
    except subprocess.TimeoutExpired as error:
        raise NotInstalled(f"{peer.environment} was not installed within {INSTALL_S} s") from error
    except subprocess.CalledProcessError as error:
        lines = [line for line in error.stderr.splitlines() if "ERROR" in line] or [
            error.stderr.strip()[-200:]
        ]
        raise NotInstalled(f"{peer.environment} cannot be installed: {lines[-1]}") from error
