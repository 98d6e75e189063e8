"""Compressing a log so that no line is lost, wherever it is cut short. Knows nothing of jobs."""

from __future__ import annotations

import gzip
import hashlib
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple, cast

_CHUNK: Final = 1 << 16


class Refused(Exception):
    """A log that must not be compacted as it is: somebody has to look at it."""


class Unequal(Exception):
    """What the compressed file holds is not what the log holds."""


@dataclass(frozen=True, slots=True)
class Compacted:
    """A log that was compressed: its lines, its checksum, and its bytes before and after."""

    file: str
    lines: int
    sha256: str
    before: int
    after: int


class Content(NamedTuple):
    """What two files that hold the same have in common."""

    lines: int
    bytes: int
    sha256: str


def names(folder: Path) -> list[str]:
    """Return the names of the logs."""
    return sorted(file.name for file in folder.glob("*.log"))


def compress(log: Path, fence: int) -> Compacted:
    """Put `NAME.log.gz` beside the log, compared with it and durable; a repeated run does it once more.

    At no moment does that name hold half a file. Raises Unequal, and Refused where it holds another log.
    """
    part = log.with_name(f".{log.name}.gz.{fence}.part")
    with log.open("rb") as source, part.open("wb") as target:
        # No name and no time in the file: the same log gives the same bytes.
        with gzip.GzipFile("", "wb", mtime=0, fileobj=target) as packed:
            while chunk := source.read(_CHUNK):
                packed.write(chunk)
        target.flush()
        os.fsync(target.fileno())
    found = _unpacked(part)
    with log.open("rb") as source:
        wanted = _content(source)
    if found != wanted:
        part.unlink()
        raise Unequal(f"{log.name} holds {wanted}, its compressed copy {found}")
    copy = log.with_name(f"{log.name}.gz")
    if copy.exists() and _unpacked(copy) != wanted:
        part.unlink()
        raise Refused(f"{copy.name} is there and holds another log: give one of them another name")
    part.replace(copy)
    _sync(log.parent)
    for left in log.parent.glob(f".{log.name}.gz.*.part"):
        if int(left.name.split(".")[-2]) < fence:
            left.unlink(missing_ok=True)
    return Compacted(copy.name, found.lines, found.sha256, found.bytes, copy.stat().st_size)


def remove(log: Path, compacted: Compacted) -> None:
    """Remove the log; gone already is as well. Raises Refused where it is not what was compressed."""
    with suppress(FileNotFoundError):
        with log.open("rb") as source:
            if _content(source).sha256 != compacted.sha256:
                raise Refused(f"{log.name} was written to after it was compressed: rotate it first")
        log.unlink()
        _sync(log.parent)


def _unpacked(file: Path) -> Content:
    with gzip.open(file, "rb") as packed:
        return _content(cast("BinaryIO", packed))


def _content(file: BinaryIO) -> Content:
    digest = hashlib.sha256()
    lines = size = 0
    while chunk := file.read(_CHUNK):
        digest.update(chunk)
        lines += chunk.count(b"\n")
        size += len(chunk)
    return Content(lines, size, digest.hexdigest())


def _sync(folder: Path) -> None:
    """Make a change of names durable before anything builds on it."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
