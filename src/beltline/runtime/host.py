"""What is amiss on this host: Python, SQLite's library, and the disk that a SQLite store lies on."""

from __future__ import annotations

import os
import platform
import shutil
import sqlite3
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from beltline.engine.diagnosis import Finding, Level

OLDEST_PYTHON: Final = (3, 11)
OLDEST_SQLITE: Final = (3, 35, 0)
LITTLE_BYTES: Final = 1_000_000_000
LEAST_BYTES: Final = 100_000_000
_MOUNTS: Final = Path("/proc/self/mounts")
# Their locks are advisory at best, or forgotten when a connection breaks.
_REMOTE: Final = frozenset(
    {
        "nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "gfs2", "ocfs2",
        "fuse.sshfs", "fuse.rclone", "fuse.glusterfs", "fuse.s3fs", "fuse.gcsfuse", "virtiofs",
    }
)  # fmt: skip


def examine_host(
    url: str, *, mounts: Path = _MOUNTS, free: Callable[[Path], int] | None = None
) -> list[Finding]:
    """Examine this host for a store at `url`; for a SQLite file also its disk.

    `mounts` lists the file systems as Linux does, `free` says how many bytes a folder's disk has left.
    """
    path = file_of(url)
    disk = _disk(Path(path), mounts, free or free_bytes) if path else ()
    return [*_python(), *_sqlite(), *disk]


def file_of(url: str) -> str:
    """Return the path of a SQLite store's file; empty for other stores and for one in memory."""
    path = url.removeprefix("sqlite:///")
    return path if urlsplit(url).scheme == "sqlite" and path != ":memory:" else ""


def free_bytes(folder: Path) -> int:
    """Return how much room the disk of a folder has."""
    return shutil.disk_usage(folder).free


def _python() -> Iterator[Finding]:
    text = f"Python {platform.python_version()} on {platform.system()}"
    if sys.version_info < OLDEST_PYTHON:
        yield Finding("python", Level.ERROR, text, "Beltline needs Python 3.11 or newer")
    else:
        yield Finding("python", Level.OK, text)


def _sqlite() -> Iterator[Finding]:
    text = f"SQLite {sqlite3.sqlite_version}"
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        yield Finding("sqlite", Level.ERROR, text, "SQLite stores need 3.35 or newer: use a newer Python")
    else:
        yield Finding("sqlite", Level.OK, text)


def _disk(file: Path, mounts: Path, free_of: Callable[[Path], int]) -> Iterator[Finding]:
    folder = file.absolute().parent
    if not folder.is_dir():
        yield Finding(
            "disk", Level.ERROR, f"the folder {folder} does not exist", "make it, or name another file"
        )
        return
    kind = _kind(folder, mounts)
    if kind in _REMOTE:
        yield Finding(
            "disk",
            Level.ERROR,
            f"{folder} lies on {kind}, whose locks do not protect a SQLite file",
            "move the store to a local disk, or use PostgreSQL",
        )
    blocked = [
        str(path)
        for path in (folder, file, Path(f"{file}.lock"))
        if path.exists() and not os.access(path, os.W_OK)
    ]
    if blocked:
        yield Finding(
            "disk",
            Level.ERROR,
            f"{', '.join(blocked)} cannot be written by user {os.getuid()}",
            "give it the right to write there, the folder included: SQLite makes files beside the store",
        )
    free = free_of(folder)
    text = f"{free / 1e9:,.1f} GB free on {kind or 'the disk'} of {folder}"
    if free < LITTLE_BYTES:
        level = Level.ERROR if free < LEAST_BYTES else Level.WARNING
        yield Finding(
            "disk", level, text, "make room: a full disk stops every submit; shorten retention.history_days"
        )
    elif kind not in _REMOTE and not blocked:
        yield Finding("disk", Level.OK, text)


def _kind(folder: Path, mounts: Path) -> str:
    """Return the type of the file system that a folder lies on; empty where the platform does not tell."""
    try:
        lines = mounts.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    best, kind = "", ""
    for line in lines:
        _, place, name, *_ = line.split()
        # The table writes a space as an octal number.
        place = place.replace("\\040", " ")
        if folder.resolve().is_relative_to(place) and len(place) >= len(best):
            best, kind = place, name
    return kind
