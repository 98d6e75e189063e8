"""Where a process for bodies finds its next job, put there while it still runs another.

Its worker can take a job back that was not taken yet: the kernel gives it to one of the two, never to both.
So a job is either begun, by the process that took it, or has nothing to do with what becomes of it. One lies
there at most: of two, the worker would take back the wrong one.
"""

from __future__ import annotations

import socket
import sys
from contextlib import suppress
from typing import Final

# Keeps messages apart, and tells the end of the other side; macOS has none of these, and datagrams do.
_KIND: Final = socket.SOCK_SEQPACKET if sys.platform == "linux" else socket.SOCK_DGRAM
LARGEST: Final = 65_536


class Box:
    """The worker's side. `taker` is what the process takes from."""

    def __init__(self) -> None:
        self._ours, self.taker = socket.socketpair(type=_KIND)
        self._ours.settimeout(0)

    def put(self, data: bytes) -> bool:
        """Put a job in; return False where another lies there, it is too large, or nobody is to take it."""
        if self._holds_one():
            return False
        try:
            self._ours.send(data)
        except OSError:
            return False
        return True

    def take_back(self) -> bool:
        """Take out what lies there; return False where the process was first."""
        try:
            return bool(self.taker.recv(LARGEST, socket.MSG_DONTWAIT))
        except OSError:
            return False

    def close(self) -> None:
        """Let the process find nothing any more; safe to repeat."""
        for end in (self._ours, self.taker):
            with suppress(OSError):
                end.close()

    def _holds_one(self) -> bool:
        try:
            return bool(self.taker.recv(1, socket.MSG_DONTWAIT | socket.MSG_PEEK))
        except OSError:
            return False
