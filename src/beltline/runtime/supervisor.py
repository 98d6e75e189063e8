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
from typing import Final, NamedTuple

from beltline.core.backoff import growing
from beltline.core.clock import MICROS, Clock, SystemClock
from beltline.core.death import Death
from beltline.executors.black_box import BlackBox
from beltline.runtime.children import RECYCLE, SIGNALS, Children, Ended

LAST_REFUSAL: Final = 63
# Sent by people, by service managers, and by the kernel where memory runs out: by whose doing is not known.
FROM_OUTSIDE: Final = frozenset({-signal.SIGKILL, -signal.SIGTERM, -signal.SIGINT, -signal.SIGHUP})
_SHORT_LIFE_S: Final = 5.0
_SHORTEST_PAUSE_S: Final = 0.25
_LONGEST_PAUSE_S: Final = 30.0


class Life(NamedTuple):
    """What a child is given: its number, where it notes what it does, and the deaths it is to report."""

    number: int
    box: BlackBox
    deaths: tuple[Death, ...]


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
        self._threads = threads
        self._lives: dict[int, Life] = {}
        self._deaths: list[Death] = []
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
        life = self._lives[index] = Life(index, BlackBox(self._threads), tuple(self._deaths))
        self._deaths.clear()
        self._children.fork(index, partial(self._start, life), at_once=lambda: self._stopping)

    def _reap(self) -> None:
        ended = self._children.reap(wait=not self._restarts)
        if ended is not None:
            self._ended(ended)
        elif self._restarts:
            time.sleep(0.05)

    def _ended(self, ended: Ended) -> None:
        index, code = ended.number, ended.code
        death = self._noted(ended)
        if self._stopping or (code == 0 and ended.said):
            self._exit_code = self._exit_code or max(0, code if code != RECYCLE else 0)
            return
        if 0 < code <= LAST_REFUSAL and ended.said:
            self._exit_code = code
            self._children.send(signal.SIGTERM)
            self._stopping = True
            return
        is_bodys_doing = death is not None and death.is_own_doing and bool(death.running)
        is_failure = ended.lived_s < _SHORT_LIFE_S and not is_bodys_doing
        self._failures = self._failures + 1 if is_failure else 0
        pause = (
            growing(_SHORTEST_PAUSE_S, self._failures, longest=_LONGEST_PAUSE_S) if self._failures else 0.0
        )
        logging.getLogger("beltline").warning(
            "worker process %d ended with %s: starting a new one in %.1f s", index, _words(code), pause
        )
        self._restarts.append((self._clock.monotonic() / MICROS + pause, index))

    def _noted(self, ended: Ended) -> Death | None:
        """Keep the death of a child until another has reported it, with those that it was to report."""
        life = self._lives.pop(ended.number)
        if not life.box.is_burial_done:
            self._deaths.extend(life.deaths)
        session = life.box.session
        if not session or (ended.code == 0 and ended.said):
            return None
        is_own_doing = not ended.said and ended.code not in FROM_OUTSIDE
        death = Death(session, f"ended with {_words(ended.code)}", is_own_doing, life.box.running)
        self._deaths.append(death)
        return death

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


def _words(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"
