"""What must come of it, found out without any job: pytest by itself, and the wheel as the file that it is."""

from __future__ import annotations

import asyncio
import base64
import csv
import hashlib
import os
import re
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

from examples.ci.project import NAME


async def passed_elsewhere(project: Path) -> int:
    """Return how many tests of the project pass when pytest runs them all, from the sources."""
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(project / "src")}
    # What is added to a run from outside changes what is said at its end.
    environment.pop("PYTEST_ADDOPTS", None)
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "pytest", "-q", "-c", os.devnull, "-p", "no:cacheprovider", "tests"),
        cwd=project,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
    )
    said, _ = await process.communicate()
    found = re.search(rb"^(\d+) passed in", said, re.MULTILINE)
    return int(found[1]) if found else 0


def unequal_files(wheel: Path, project: Path) -> list[str]:
    """Return the names of what the wheel holds otherwise than the sources do, or than its RECORD says."""
    with zipfile.ZipFile(wheel) as opened:
        held = {name: opened.read(name) for name in opened.namelist()}
    source = project / "src"
    wanted = {
        file.relative_to(source).as_posix(): file.read_bytes()
        for file in (source / NAME).rglob("*")
        if file.is_file() and "__pycache__" not in file.parts
    }
    modules = {name: content for name, content in held.items() if name.startswith(f"{NAME}/")}
    unequal = [name for name in {*modules, *wanted} if modules.get(name) != wanted.get(name)]
    return sorted([*unequal, *_unrecorded(held)])


def _unrecorded(held: Mapping[str, bytes]) -> list[str]:
    [record] = [name for name in held if name.endswith(".dist-info/RECORD")]
    told = {name: checksum for name, checksum, _ in csv.reader(held[record].decode().splitlines())}
    return [name for name, content in held.items() if name != record and told.get(name) != _checksum(content)]


def _checksum(content: bytes) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
