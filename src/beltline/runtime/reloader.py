"""One worker process whose code is renewed when it changes, without taking running jobs from the old one."""

from __future__ import annotations

import json
import os
import select
import signal
import sys
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Final

from beltline.core.backoff import growing
from beltline.core.clock import MICROS, Clock
from beltline.core.death import Death
from beltline.runtime.children import SIGNALS, Children, Ended, end_with_parent
from beltline.runtime.deaths import Deaths, Life, is_bodys_doing
from beltline.runtime.pipe_lines import PipeLines
from beltline.runtime.telling import Tell

_LOOK_S: Final = 0.2
_SHORT_LIFE_S: Final = 5.0
_SHORTEST_PAUSE_S: Final = 0.25
_LONGEST_PAUSE_S: Final = 30.0
_WATCHER: Final = 0
_SERVICE: Final = -1


class Generation:
    """A worker process with one state of the code, and the pipes through which it speaks."""

    __slots__ = ("asked_at", "events", "is_ready", "is_retired", "number", "output", "pid")

    def __init__(self, number: int, pid: int, *, output: int, events: int, asked_at: int) -> None:
        self.number = number
        self.pid = pid
        self.output = PipeLines(output)
        self.events = PipeLines(events)
        self.asked_at = asked_at
        self.is_ready = False
        self.is_retired = False


class Reloader:
    """Runs `work(events)` in a child and, when `watch(changes)` in another writes a line, in a new one.

    `work` gets the write end of a pipe for events, a JSON object a line; the event `ready` says that it takes
    jobs. Then the generations before it get SIGTERM: they drain, with their own code, for as long as their
    jobs take. A generation that ends before it is ready changes nothing for the one that works; one that ends
    unasked later is begun anew. SIGTERM and SIGINT end all, by SIGINT; a second one kills.

    A worker that died is reported to the store by the generation after it: `work(events, life)` is given what
    to report, and where to note what it does.

    `service(events)` runs in a child of its own from the first `ready` on, beside all generations; where it
    ends unasked, the next `ready` begins it anew.
    """

    def __init__(
        self,
        work: Callable[[int, Life], int],
        watch: Callable[[int], int],
        *,
        tell: Tell,
        clock: Clock,
        service: Callable[[int], int] | None = None,
    ) -> None:
        self._deaths = Deaths()
        self._service = service
        self._served: PipeLines | None = None
        self._work = work
        self._watch = watch
        self._tell = tell
        self._clock = clock
        self._children = Children(clock)
        self._generations: list[Generation] = []
        self._changes: PipeLines | None = None
        self._lifeline = os.pipe()
        self._count = 0
        self._failures = 0
        self._begin_at: int | None = None
        self._stops = 0

    def run(self) -> int:
        """Go on until a signal; return the exit code once every child has ended."""
        for number in SIGNALS:
            signal.signal(number, self._stop)
        read_end, write_end = os.pipe()
        self._children.fork(_WATCHER, partial(self._be_watcher, write_end), at_once=lambda: self._stops > 0)
        os.close(write_end)
        self._changes = PipeLines(read_end)
        self._begin()
        while len(self._children) or not self._stops:
            self._hear(_LOOK_S)
            while ended := self._children.reap(wait=False):
                self._ended(ended)
            if self._begin_at is not None and self._clock.monotonic() >= self._begin_at and not self._stops:
                self._begin()
            self._tell("tick")
        self._hear(0)
        self._tell("stopped")
        return 0

    def _begin(self) -> None:
        self._begin_at = None
        self._count += 1
        output, events = os.pipe(), os.pipe()
        asked_at = self._clock.monotonic()
        start = partial(self._be_worker, output[1], events[1], self._deaths.life(self._count))
        pid = self._children.fork(self._count, start, at_once=lambda: self._stops > 0)
        os.close(output[1])
        os.close(events[1])
        made = Generation(self._count, pid, output=output[0], events=events[0], asked_at=asked_at)
        self._generations.append(made)

    def _begin_service(self) -> None:
        if self._service is None or self._served is not None or self._stops:
            return
        read_end, write_end = os.pipe()
        start = partial(self._be_service, self._service, write_end)
        self._children.fork(_SERVICE, start, at_once=lambda: self._stops > 0)
        os.close(write_end)
        self._served = PipeLines(read_end)

    def _be_service(self, service: Callable[[int], int], events: int) -> int:
        self._live_with_parent()
        return service(events)

    def _be_worker(self, output: int, events: int, life: Life) -> int:
        self._live_with_parent()
        for stream in (1, 2):
            os.dup2(output, stream)
        for text in (sys.stdout, sys.stderr):
            text.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # both are text files
        return self._work(events, life)

    def _be_watcher(self, changes: int) -> int:
        self._live_with_parent()
        return self._watch(changes)

    def _live_with_parent(self) -> None:
        os.close(self._lifeline[1])
        end_with_parent(self._lifeline[0])

    def _hear(self, patience_s: float) -> None:
        heard = {lines.fd: partial(self._heard, made, lines) for made in self._generations for lines in
                 (made.events, made.output) if lines.fd >= 0}  # fmt: skip
        if self._changes is not None and self._changes.fd >= 0:
            heard[self._changes.fd] = partial(self._changed, self._changes)
        if self._served is not None and self._served.fd >= 0:
            heard[self._served.fd] = partial(self._heard_service, self._served)
        found, _, _ = select.select(list(heard), [], [], patience_s)
        for fd in found:
            heard[fd]()

    def _heard(self, made: Generation, lines: PipeLines) -> None:
        for line in lines.read():
            if lines is made.output:
                self._tell("output", generation=made.number, text=line)
                continue
            facts = json.loads(line)
            event = facts.pop("event")
            if event == "ready":
                facts["after_s"] = (self._clock.monotonic() - made.asked_at) / MICROS
                self._ready(made)
            self._tell(event, generation=made.number, **facts)
            if event == "ready":
                self._begin_service()

    def _heard_service(self, served: PipeLines) -> None:
        for line in served.read() if served.fd >= 0 else ():
            facts = json.loads(line)
            self._tell(facts.pop("event"), **facts)

    def _ready(self, made: Generation) -> None:
        made.is_ready = True
        if made.is_retired:
            # Newer code was asked for meanwhile, which may not load: the old one stays until it does.
            return
        for other in self._generations:
            if other.number < made.number:
                self._retire(other)

    def _retire(self, made: Generation) -> None:
        if not made.is_retired:
            made.is_retired = True
            os.kill(made.pid, signal.SIGTERM)
            self._tell("retired", generation=made.number)

    def _changed(self, changes: PipeLines) -> None:
        for line in changes.read():
            facts = json.loads(line)
            event = facts.pop("event")
            self._tell(event, **facts)
            if event == "changed" and not self._stops:
                for made in self._generations:
                    if not made.is_ready:
                        self._retire(made)
                self._failures = 0
                self._begin()

    def _ended(self, ended: Ended) -> None:
        made = next((made for made in self._generations if made.pid == ended.pid), None)
        if made is None:
            if ended.number == _SERVICE and self._served is not None:
                self._heard_service(self._served)
                self._served = None
            if not self._stops:
                self._tell("unserved" if ended.number == _SERVICE else "unwatched", code=ended.code)
            return
        for lines in (made.events, made.output):
            if lines.fd >= 0:
                self._heard(made, lines)
        self._generations.remove(made)
        death = self._deaths.noted(ended)
        self._tell("gone", generation=made.number, code=ended.code)
        if self._stops or made.is_retired:
            return
        if made.is_ready:
            self._begin_again(ended, death)
            return
        old = [other.number for other in self._generations if other.is_ready and not other.is_retired]
        self._tell("kept", generation=old[-1] if old else None)

    def _begin_again(self, ended: Ended, death: Death | None) -> None:
        is_failure = ended.lived_s < _SHORT_LIFE_S and not is_bodys_doing(death)
        self._failures = self._failures + 1 if is_failure else 0
        pause_s = (
            growing(_SHORTEST_PAUSE_S, self._failures, longest=_LONGEST_PAUSE_S) if self._failures else 0
        )
        self._begin_at = self._clock.monotonic() + round(pause_s * MICROS)
        self._tell("restarting", code=ended.code, in_s=pause_s)

    def _stop(self, _: int, __: FrameType | None) -> None:
        self._stops += 1
        self._children.send(signal.SIGINT if self._stops == 1 else signal.SIGKILL)
