"""Real log text: what Python says (`-vv`) while it imports packages."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

PACKAGES: Final = (
    "asyncio",
    "click",
    "email.message",
    "http.server",
    "pydantic",
    "rich.progress",
    "unittest",
)
_AT_ONCE: Final = 2


class Log(NamedTuple):
    """What a log holds, counted before any job sees it."""

    lines: int
    sha256: str


def write_logs(folder: Path) -> Mapping[str, Log]:
    """Run the programs, keep what each says in a file, and return what the files hold, by name."""
    folder.mkdir()
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        written = threads.map(lambda package: _write_log(folder, package), PACKAGES)
        return dict(written)


def _write_log(folder: Path, package: str) -> tuple[str, Log]:
    said = subprocess.run(
        [sys.executable, "-vv", "-c", f"import {package}"],
        capture_output=True,
        check=True,
        stdin=subprocess.DEVNULL,
    ).stderr
    file = folder / f"import-{package}.log"
    file.write_bytes(said)
    return file.name, Log(len(said.splitlines()), hashlib.sha256(said).hexdigest())
