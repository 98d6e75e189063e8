"""Keeps a number of worker processes alive.

The parent forks them before it has threads or loops of its own, and starts anew what ends unasked.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Final, NamedTuple

from beltline.core.backoff import growing
from beltline.core.clock import MICROS, Clock, SystemClock
from beltline.runtime.children import RECYCLE, SIGNALS, Children, Ended, end_with_parent
from beltline.runtime.deaths import Deaths, Life, is_bodys_doing, words_of
from beltline.runtime.headcount import Headcount

LAST_REFUSAL: Final = 63
_SHORT_LIFE_S: Final = 5.0
_SHORTEST_PAUSE_S: Final = 0.25
_LONGEST_PAUSE_S: Final = 30.0


class Supervised(NamedTuple):
    """What a supervisor gives a child; `tell`, called by the first one, says how many there are to be."""

    life: Life
    tell: Callable[[int], None]


class Supervisor:
    """Runs `start(supervised)` in as many children as the first one says.

    Where that one ends without a word, there is nothing to run: its exit code is everyone's. A child that
    returns 0 is done; 1 to 63 is a refusal (bad configuration, store missing) and ends the others too;
    RECYCLE, a signal, an exit that the child did not come to or anything else starts a new one, after a pause
    that doubles while children live shorter than five seconds. There is no pause where a body ended its
    worker: that body is charged, so it cannot do so for ever. SIGTERM and SIGINT are passed on; a second one
    kills. Children end with this process, however it ends.

    `prepare` is called once, before the first child is started anew: where children die, those that follow
    should begin quickly. Until then this process stays small: it has loaded nothing of what its children do.

    A child that ended without closing its session is reported to the store by the one that takes its place,
    or by the next, until one says that it has done so.
    """

    def __init__(
        self,
        start: Callable[[Supervised], int],
        *,
        clock: Clock,
        warn: Callable[[str], object],
        prepare: Callable[[], object],
    ) -> None:
        self._clock = clock
        self._start = start
        self._warn = warn
        self._prepare: Callable[[], object] | None = prepare
        self._children = Children(clock)
        self._restarts: list[tuple[float, int]] = []
        self._headcount = Headcount()
        self._is_told = False
        self._lifeline = os.pipe()
        self._deaths = Deaths()
        self._stopping = False
        self._failures = 0
        self._exit_code = 0

    def run(self) -> int:
        """Supervise until every child is done; return the exit code."""
        for number in SIGNALS:
            signal.signal(number, self._stop)
        self._fork(0)
        count = self._headcount.heard()
        self._is_told = count > 0
        for index in range(1, count):
            self._fork(index)
        while self._children or (self._restarts and not self._stopping):
            self._restart_due()
            self._reap()
        return self._exit_code

    def _fork(self, index: int) -> None:
        start = partial(self._be_child, self._deaths.life(index))
        self._children.fork(index, start, at_once=lambda: self._stopping)

    def _be_child(self, life: Life) -> int:
        read_end, write_end = self._lifeline
        os.close(write_end)
        end_with_parent(read_end)
        return self._start(Supervised(life, self._headcount.tell))

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
        if not self._is_told or (0 < code <= LAST_REFUSAL and ended.said):
            self._exit_code = code if code > 0 else 1
            self._children.send(signal.SIGTERM)
            self._stopping = True
            return
        is_failure = ended.lived_s < _SHORT_LIFE_S and not is_bodys_doing(death)
        self._failures = self._failures + 1 if is_failure else 0
        pause = (
            growing(_SHORTEST_PAUSE_S, self._failures, longest=_LONGEST_PAUSE_S) if self._failures else 0.0
        )
        self._warn(f"worker process {index} ended with {words_of(code)}: starting a new one in {pause:.1f} s")
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


def supervise(
    start: Callable[[Supervised], int],
    *,
    warn: Callable[[str], object],
    prepare: Callable[[], object] = lambda: None,
) -> int:
    """Run `start(supervised)` in supervised processes; return the exit code."""
    return Supervisor(start, clock=SystemClock(), warn=warn, prepare=prepare).run()
