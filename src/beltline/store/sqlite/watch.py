"""Hears of writes to a file from the kernel, whichever process writes: inotify, where there is one."""

from __future__ import annotations

import asyncio
import ctypes
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from beltline.core.clock import MICROS, Clock

IN_MODIFY: Final = 0x2
_ROOM: Final = 65_536


# SQLite writes to its log, waits for the disk, and only then lets others see the commit: a look that comes
# with the write comes too early. So it comes a little later, and again for disks that take their time.
LAG_US: Final = 1_000
AGAIN_US: Final = (2_000, 50_000, 200_000, 800_000)


class Watch:
    """Calls `written` on the event loop after the file was written to, some times, at most every `gap_us`."""

    def __init__(self, path: Path, written: Callable[[], None], *, clock: Clock, gap_us: int) -> None:
        self._path = path
        self._written = written
        self._clock = clock
        self._gap_us = gap_us
        self._file: int | None = None
        self._told_at = -gap_us
        self._telling: asyncio.TimerHandle | None = None
        self._repeats = 0

    def start(self) -> bool:
        """Begin; return False where this platform, or the kernel's limit on watches, does not allow it."""
        if self._file is None and sys.platform == "linux":
            self._file = _opened(self._path)
            if self._file is not None:
                self._loop = asyncio.get_running_loop()
                self._loop.add_reader(self._file, self._read)
        return self._file is not None

    def stop(self) -> None:
        """End; may be called twice."""
        if self._telling is not None:
            self._telling.cancel()
            self._telling = None
        if self._file is not None:
            self._loop.remove_reader(self._file)
            os.close(self._file)
            self._file = None

    def _read(self) -> None:
        if self._file is None:
            return
        # Deaf until it has told: one commit writes several times, and each word would wake the loop.
        self._loop.remove_reader(self._file)
        with suppress(BlockingIOError):
            os.read(self._file, _ROOM)
        self._repeats = 0
        if self._telling is not None:
            self._telling.cancel()
        self._tell_in(max(LAG_US, self._told_at + self._gap_us - self._clock.monotonic()))

    def _tell_in(self, pause_us: int) -> None:
        self._telling = self._loop.call_later(pause_us / MICROS, self._tell)

    def _tell(self) -> None:
        self._telling = None
        self._told_at = self._clock.monotonic()
        if self._file is not None:
            self._loop.add_reader(self._file, self._read)
        if self._repeats < len(AGAIN_US):
            self._tell_in(AGAIN_US[self._repeats])
            self._repeats += 1
        self._written()


def _opened(path: Path) -> int | None:
    libc = ctypes.CDLL(None, use_errno=True)
    file: int = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    if file < 0:
        return None
    if libc.inotify_add_watch(file, os.fsencode(path), IN_MODIFY) < 0:
        os.close(file)
        return None
    return file
