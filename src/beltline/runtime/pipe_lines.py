"""What a child writes into a pipe, line by line."""

from __future__ import annotations

import contextlib
import os
from typing import Final

_CHUNK: Final = 65_536


class PipeLines:
    """The read end of a pipe, which is closed at its end: `fd` is then -1."""

    __slots__ = ("_rest", "fd")

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self._rest = b""
        os.set_blocking(fd, False)

    def read(self) -> list[str]:
        """Return the lines that have come; at the end of the pipe also an unfinished one."""
        with contextlib.suppress(BlockingIOError):
            while data := os.read(self.fd, _CHUNK):
                self._rest += data
            os.close(self.fd)
            self.fd = -1
            if self._rest and not self._rest.endswith(b"\n"):
                self._rest += b"\n"
        *whole, self._rest = self._rest.split(b"\n")
        return [line.decode("utf-8", "replace") for line in whole]
