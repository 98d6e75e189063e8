"""Forked processes: begun with clean signals, ended with their parent, and told of when they end."""

from __future__ import annotations

import _thread
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Set as AbstractSet
from typing import Final, NamedTuple

from beltline.core.clock import MICROS, Clock

SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
# The exit code of a worker that asks for a new process in its place.
RECYCLE: Final = 75
_FAILED: Final = 70


class Ended(NamedTuple):
    """A child that is gone, by the number it was given. `code` is negative for the signal that ended it.

    `said`: it came to its end. A code without that is the doing of a body, or of a library, that called
    `_exit`.
    """

    number: int
    pid: int
    code: int
    lived_s: float
    said: bool


class Children:
    """The processes that a parent forked. It must not have threads or loops of its own when it forks."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._running: dict[int, tuple[int, float, int]] = {}

    def __len__(self) -> int:
        return len(self._running)

    def fork(self, number: int, start: Callable[[], int], *, at_once: Callable[[], bool]) -> int:
        """Begin a child whose exit code is what `start` returns; return its process id.

        Where `at_once` says so when the child is on record, it is asked to end: a signal that came meanwhile
        reached the others only.
        """
        flush()
        # A signal waits until the child is on record and has put the parent's handlers off.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, SIGNALS)
        last_word, mouth = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(last_word)
            _be_child(start, mask, mouth)
        os.close(mouth)
        os.set_blocking(last_word, False)
        self._running[pid] = (number, self._clock.monotonic() / MICROS, last_word)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if at_once():
            os.kill(pid, signal.SIGTERM)
        return pid

    def reap(self, *, wait: bool) -> Ended | None:
        """Return a child that has ended; None where none has, or where there is none at all."""
        try:
            pid, status = os.waitpid(-1, 0 if wait else os.WNOHANG)
        except (ChildProcessError, InterruptedError):
            return None
        if pid not in self._running:
            return None
        number, started, last_word = self._running.pop(pid)
        lived_s = self._clock.monotonic() / MICROS - started
        return Ended(number, pid, os.waitstatus_to_exitcode(status), lived_s, _is_said(last_word))

    def send(self, signal_number: int) -> None:
        """Send a signal to each."""
        for pid in list(self._running):
            # A child that waitpid has just buried stays on record until we come to strike it off.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal_number)


def end_with_parent(read_end: int) -> None:
    """End this process at once when no parent holds the other end of the pipe any more."""

    def watch() -> None:
        os.read(read_end, 1)
        os.kill(os.getpid(), signal.SIGKILL)

    # What `threading` loads is of no use to a parent, and this one is never joined.
    _thread.start_new_thread(watch, ())


def flush() -> None:
    """Write out what is buffered: a child would write it once more, and does not live to write its own."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()


def _is_said(last_word: int) -> bool:
    """Whether a child has said that it ends; what it left behind may still hold its end of the pipe."""
    try:
        return os.read(last_word, 1) != b""
    except BlockingIOError:
        return False
    finally:
        os.close(last_word)


def _be_child(start: Callable[[], int], mask: AbstractSet[signal.Signals | int], mouth: int) -> None:
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    code = _FAILED
    try:
        code = start()
    except SystemExit as leaving:
        code = leaving.code if isinstance(leaving.code, int) else 1
    except BaseException:  # noqa: BLE001 - the child's last words
        sys.excepthook(*sys.exc_info())
    finally:
        flush()
        with contextlib.suppress(OSError):
            os.write(mouth, b".")
        os._exit(code)
