"""From a source tree to a wheel. Knows nothing of jobs."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path

from hatchling import build as backend


@dataclass(frozen=True, slots=True)
class Wheel:
    """A wheel that was built: how many files it holds, and the checksum of it all."""

    path: Path
    files: int
    sha256: str


def build_wheel(source: Path, folder: Path) -> Wheel:
    """Build the project in `source`, as any build front end does; the process moves there."""
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(source)
    with contextlib.redirect_stdout(io.StringIO()):
        name = backend.build_wheel(str(folder))
    path = folder / name
    with zipfile.ZipFile(path) as wheel:
        files = len(wheel.namelist())
    return Wheel(path, files, hashlib.sha256(path.read_bytes()).hexdigest())
