"""Keeps a number of worker processes alive.

The parent forks them before it has threads or loops of its own, and starts anew what ends unasked.
"""

from __future__ import annotations

import logging
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Final

from beltline.core.backoff import growing
from beltline.core.clock import MICROS, Clock, SystemClock
from beltline.runtime.children import RECYCLE, SIGNALS, Children, Ended
from beltline.runtime.deaths import Deaths, Life, is_bodys_doing, words_of

LAST_REFUSAL: Final = 63
_SHORT_LIFE_S: Final = 5.0
_SHORTEST_PAUSE_S: Final = 0.25
_LONGEST_PAUSE_S: Final = 30.0


class Supervisor:
    """Runs `start(life)` in `processes` children, each with up to `threads` threads for bodies.

    A child that returns 0 is done; 1 to 63 is a refusal (bad configuration, store missing) and ends the
    others too; RECYCLE, a signal, an exit that the child did not come to or anything else starts a new one,
    after a pause that doubles while children live shorter than five seconds. There is no pause where a body
    ended its worker: that body is charged, so it cannot do so for ever. SIGTERM and SIGINT are passed on; a
    second one kills.

    `prepare` is called once, before the first child is started anew: where children die, those that follow
    should begin quickly. Until then this process stays small.

    A child that ended without closing its session is reported to the store by the one that takes its place,
    or by the next, until one says that it has done so.
    """

    def __init__(
        self,
        start: Callable[[Life], int],
        processes: int,
        *,
        threads: int,
        clock: Clock,
        prepare: Callable[[], object],
    ) -> None:
        self._clock = clock
        self._start = start
        self._prepare: Callable[[], object] | None = prepare
        self._children = Children(clock)
        self._restarts: list[tuple[float, int]] = []
        self._processes = processes
        self._deaths = Deaths(threads)
        self._stopping = False
        self._failures = 0
        self._exit_code = 0

    def run(self) -> int:
        """Supervise until every child is done; return the exit code."""
        for number in SIGNALS:
            signal.signal(number, self._stop)
        for index in range(self._processes):
            self._fork(index)
        while self._children or (self._restarts and not self._stopping):
            self._restart_due()
            self._reap()
        return self._exit_code

    def _fork(self, index: int) -> None:
        self._children.fork(
            index, partial(self._start, self._deaths.life(index)), at_once=lambda: self._stopping
        )

    def _reap(self) -> None:
        ended = self._children.reap(wait=not self._restarts)
        if ended is not None:
            self._ended(ended)
        elif self._restarts:
            time.sleep(0.05)

    def _ended(self, ended: Ended) -> None:
        index, code = ended.number, ended.code
        death = self._deaths.noted(ended)
        if self._stopping or (code == 0 and ended.said):
            self._exit_code = self._exit_code or max(0, code if code != RECYCLE else 0)
            return
        if 0 < code <= LAST_REFUSAL and ended.said:
            self._exit_code = code
            self._children.send(signal.SIGTERM)
            self._stopping = True
            return
        is_failure = ended.lived_s < _SHORT_LIFE_S and not is_bodys_doing(death)
        self._failures = self._failures + 1 if is_failure else 0
        pause = (
            growing(_SHORTEST_PAUSE_S, self._failures, longest=_LONGEST_PAUSE_S) if self._failures else 0.0
        )
        logging.getLogger("beltline").warning(
            "worker process %d ended with %s: starting a new one in %.1f s", index, words_of(code), pause
        )
        self._restarts.append((self._clock.monotonic() / MICROS + pause, index))

    def _restart_due(self) -> None:
        if self._stopping:
            self._restarts.clear()
            return
        now = self._clock.monotonic() / MICROS
        due = [index for at, index in self._restarts if at <= now]
        self._restarts = [(at, index) for at, index in self._restarts if at > now]
        if due and self._prepare is not None:
            self._prepare()
            self._prepare = None
        for index in due:
            self._fork(index)

    def _stop(self, number: int, _: FrameType | None) -> None:
        self._children.send(signal.SIGKILL if self._stopping else number)
        self._stopping = True


def log_to_stderr() -> None:
    """Say what this process logs, with the time, on standard error; where that is settled it stays."""
    logging.basicConfig(
        level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s %(message)s"
    )


def supervise(
    start: Callable[[Life], int],
    processes: int,
    *,
    threads: int = 0,
    prepare: Callable[[], object] = lambda: None,
) -> int:
    """Run `start(life)` in this many supervised processes; return the exit code."""
    log_to_stderr()
    return Supervisor(start, processes, threads=threads, clock=SystemClock(), prepare=prepare).run()
