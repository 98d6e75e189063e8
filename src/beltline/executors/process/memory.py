"""How much memory a process keeps for itself, and how much more its body may allocate."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

_PAGE: Final = resource.getpagesize()
_MAPS: Final = Path("/proc/self/statm")
_LINE: Final = 256


def can_limit() -> bool:
    """Return whether this platform holds a process to a limit on what it allocates."""
    return sys.platform == "linux" and _MAPS.exists()


class Kept:
    """The bytes that this process keeps for itself, 0 where that cannot be told.

    What it maps of files does not count: that can be had again from them. Its source is opened once: it is
    looked at after each body.
    """

    def __init__(self) -> None:
        self._file: int | None = None
        with suppress(OSError):
            self._file = os.open(_MAPS, os.O_RDONLY | os.O_CLOEXEC)

    def now(self) -> int:
        """Look."""
        if self._file is None:
            return 0
        _, resident, shared, *_ = os.pread(self._file, _LINE, 0).split()
        return (int(resident) - int(shared)) * _PAGE


def kept_with_shared(pid: int) -> int:
    """Return the bytes that a process keeps for itself and in shared memory; 0 where it has ended."""
    total = 0
    try:
        lines = Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines()
    except OSError:
        return 0
    for line in lines:
        if line.startswith(("RssAnon:", "RssShmem:")):
            total += int(line.split()[1]) * 1024
    return total


def go_first_where_memory_runs_out() -> None:
    """Have the kernel end this process, and no worker, where the machine runs out of memory."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500", "ascii")


@contextmanager
def allocating_at_most(limit: int | None) -> Iterator[None]:
    """Let allocations in this block fail (as MemoryError) beyond `limit` bytes more than there are now.

    The kernel counts private memory that can be written, also where it was never touched; it does so for the
    whole process, which runs one body at a time.
    """
    if limit is None:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    data_pages = int(_MAPS.read_text("ascii").split()[5])
    wanted = data_pages * _PAGE + limit
    resource.setrlimit(resource.RLIMIT_DATA, (wanted if hard < 0 else min(wanted, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
