"""Keeps a number of worker processes alive.

The parent forks them before it has threads or loops of its own, and starts anew what ends unasked.
"""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Set as AbstractSet
from types import FrameType
from typing import Final

from beltline.core.clock import MICROS, Clock, SystemClock
from beltline.runtime.loop import growing
from beltline.runtime.watchdog import RECYCLE

LAST_REFUSAL: Final = 63
_SHORT_LIFE_S: Final = 5.0
_SHORTEST_PAUSE_S: Final = 0.25
_LONGEST_PAUSE_S: Final = 30.0
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class Supervisor:
    """Runs `start(index)` in `processes` children.

    A child that exits 0 is done; 1 to 63 is a refusal (bad configuration, store missing) and ends the others
    too; RECYCLE, a signal or anything else starts a new child, after a pause that doubles while children live
    shorter than five seconds. SIGTERM and SIGINT are passed on; a second one kills.
    """

    def __init__(self, start: Callable[[int], int], processes: int, *, clock: Clock) -> None:
        self._clock = clock
        self._start = start
        self._children: dict[int, tuple[int, float]] = {}
        self._restarts: list[tuple[float, int]] = []
        self._processes = processes
        self._stopping = False
        self._failures = 0
        self._exit_code = 0

    def run(self) -> int:
        """Supervise until every child is done; return the exit code."""
        for number in _SIGNALS:
            signal.signal(number, self._stop)
        for index in range(self._processes):
            self._fork(index)
        while self._children or (self._restarts and not self._stopping):
            self._restart_due()
            self._reap()
        return self._exit_code

    def _fork(self, index: int) -> None:
        _flush()
        # A signal waits until the child is on record and has put the parent's handlers off.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        pid = os.fork()
        if pid == 0:
            self._be_child(index, mask)
        self._children[pid] = (index, self._clock.monotonic() / MICROS)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if self._stopping:
            os.kill(pid, signal.SIGTERM)

    def _be_child(self, index: int, mask: AbstractSet[signal.Signals | int]) -> None:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        code = 70
        try:
            code = self._start(index)
        except SystemExit as leaving:
            code = leaving.code if isinstance(leaving.code, int) else 1
        except BaseException:  # noqa: BLE001 - the child's last words
            traceback.print_exc()
        finally:
            _flush()
            os._exit(code)

    def _reap(self) -> None:
        try:
            if self._restarts:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    time.sleep(0.05)
                    return
            else:
                pid, status = os.waitpid(-1, 0)
        except ChildProcessError:
            time.sleep(0.05)
            return
        except InterruptedError:
            return
        index, started = self._children.pop(pid, (-1, 0.0))
        if index >= 0:
            self._ended(index, os.waitstatus_to_exitcode(status), self._clock.monotonic() / MICROS - started)

    def _ended(self, index: int, code: int, lived_s: float) -> None:
        if self._stopping or code == 0:
            self._exit_code = self._exit_code or max(0, code if code != RECYCLE else 0)
            return
        if 0 < code <= LAST_REFUSAL:
            self._exit_code = code
            self._pass_on(signal.SIGTERM)
            self._stopping = True
            return
        self._failures = self._failures + 1 if lived_s < _SHORT_LIFE_S else 0
        pause = (
            growing(_SHORTEST_PAUSE_S, self._failures, longest=_LONGEST_PAUSE_S) if self._failures else 0.0
        )
        what = f"signal {-code}" if code < 0 else f"exit code {code}"
        logging.getLogger("beltline").warning(
            "worker process %d ended with %s: starting a new one in %.1f s", index, what, pause
        )
        self._restarts.append((self._clock.monotonic() / MICROS + pause, index))

    def _restart_due(self) -> None:
        if self._stopping:
            self._restarts.clear()
            return
        now = self._clock.monotonic() / MICROS
        due = [index for at, index in self._restarts if at <= now]
        self._restarts = [(at, index) for at, index in self._restarts if at > now]
        for index in due:
            self._fork(index)

    def _stop(self, number: int, _: FrameType | None) -> None:
        self._pass_on(signal.SIGKILL if self._stopping else number)
        self._stopping = True

    def _pass_on(self, number: int) -> None:
        for pid in list(self._children):
            # A child that waitpid has just buried stays on record until we come to strike it off.
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)


def _flush() -> None:
    """Write out what is buffered: a child would write it once more, and does not live to write its own."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()


def supervise(start: Callable[[int], int], processes: int) -> int:
    """Run `start(index)` in this many supervised processes; return the exit code."""
    return Supervisor(start, processes, clock=SystemClock()).run()
