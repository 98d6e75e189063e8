"""Waiting for a file's lock with an end: flock itself knows none."""

from __future__ import annotations

import fcntl
import os
import threading


class LockWait:
    """Waits for one file's lock on a thread of its own, which may be left waiting there.

    The kernel's queue keeps several processes fair, and only a thread that blocks stands in it: so one does,
    and whoever asked waits for it with a time-out. Left alone, it gives the lock back as soon as it has it.
    """

    def __init__(self, file: int) -> None:
        # A number of its own for the same open file: the thread may outlive the one who closes the other.
        self._file = os.dup(file)
        self._turn = threading.Lock()
        # Plain locks hand over in C; a Semaphore took 0.2 ms more for each wait.
        self._asked = threading.Lock()
        self._granted = threading.Lock()
        self._asked.acquire()
        self._granted.acquire()
        self._in_queue = False
        self._wanted = False
        self._closed = False
        # A daemon: a program must be able to end while another one keeps the lock.
        threading.Thread(target=self._live, name="beltline-sqlite-lock", daemon=True).start()

    @property
    def in_queue(self) -> bool:
        """Whether the thread still waits for the lock, asked by one who went away."""
        with self._turn:
            return self._in_queue

    def acquire(self, patience_s: float) -> bool:
        """Wait for the lock; return whether it is held now. The same open file must not be locked beside."""
        with self._turn:
            self._wanted = True
            if not self._in_queue:
                self._in_queue = True
                self._asked.release()
        if self._granted.acquire(timeout=patience_s):
            return True
        with self._turn:
            if self._granted.acquire(blocking=False):
                return True
            self._wanted = False
            return False

    def close(self) -> None:
        """Let the thread end: at once, or when it has the lock for which it waits."""
        with self._turn:
            self._closed = True
            if not self._in_queue:
                self._asked.release()

    def _live(self) -> None:
        while self._is_asked():
            fcntl.flock(self._file, fcntl.LOCK_EX)
            self._hand_over()
        os.close(self._file)

    def _is_asked(self) -> bool:
        self._asked.acquire()
        return not self._closed

    def _hand_over(self) -> None:
        with self._turn:
            self._in_queue = False
            if self._wanted:
                self._wanted = False
                self._granted.release()
                return
            fcntl.flock(self._file, fcntl.LOCK_UN)
            if self._closed:
                self._asked.release()
