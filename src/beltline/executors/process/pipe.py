"""A process's end of the pipe to its worker."""

from __future__ import annotations

import socket
import threading

from beltline.executors.process.frames import Frame


class Pipe:
    """The way to the worker; frames may be sent from any thread."""

    def __init__(self, ours: socket.socket) -> None:
        self._ours = ours
        self._sending = threading.Lock()

    def send(self, frame: Frame) -> None:
        """Send a frame; waits while the worker does not read."""
        data = frame.encoded()
        with self._sending:
            self._ours.sendall(data)
