"""One process for bodies, as its worker sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import count
from typing import Final, cast

from beltline.core.outcome import Outcome
from beltline.definitions.port import ContextPort
from beltline.executors.process.answering import answered
from beltline.executors.process.box import Box
from beltline.executors.process.endings import died
from beltline.executors.process.frames import Frame, Frames, Kind
from beltline.executors.process.messages import answer_frame, outcome_of
from beltline.executors.process.visit import Visit

_LAST_WORDS_S: Final = 0.1
_LAST_BREATH_S: Final = 1.0
_IN_THE_PIPE: Final = Frame(Kind.JOB).encoded()


class Member(asyncio.Protocol):
    """Runs one body at a time, and has room for the next in its box.

    `kill` ends the process at once; it is told of its end by `is_over`. `bodies` counts those it ran, `held`
    are the bytes that it kept after the last one. `returned` takes what lay in the box of a process that
    takes no more.
    """

    def __init__(self, *, made_at: int, kill: Callable[[], None], returned: Callable[[Visit], None]) -> None:
        self.pid = 0
        self.box = Box()
        self.made_at = made_at
        self.bodies = 0
        self.held = 0
        self.is_spoiled = False
        self.is_gone = False
        self._kill = kill
        self._returned = returned
        self._frames = Frames()
        self._transport: asyncio.Transport | None = None
        self._visit: Visit | None = None
        self._next: Visit | None = None
        self._verdict: Outcome | None = None
        self._stacks: dict[int, asyncio.Future[str]] = {}
        self._numbers = count(1)

    @property
    def is_busy(self) -> bool:
        """Whether a body runs in it."""
        return self._visit is not None

    def begin(self, visit: Visit) -> None:
        """Hand a job over to a process that runs none."""
        self._visit = visit
        self.bodies += 1
        if self.is_gone:
            self._conclude(died(None))
        elif not (visit.is_small and self.box.put(visit.frame)):
            self.box.put(_IN_THE_PIPE)
            self._write(visit.frame)

    def reserve(self, visit: Visit) -> bool:
        """Put a job into the box, to begin when the body ends; return False where that cannot be."""
        takes_more = self._visit is not None and not (self.is_gone or self.is_spoiled)
        if not takes_more or self._next is not None or not self.box.put(visit.frame):
            return False
        self._next = visit
        return True

    def take_back(self, visit: Visit | None = None) -> Visit | None:
        """Return what lies in the box (only where it is this one), which has not begun, and never does here.

        None where nothing does, or where the process has taken it.
        """
        found = self._next
        if found is None or visit not in {None, found} or not self.box.take_back():
            return None
        self._next = None
        return found

    def ask_to_stop(self, visit: Visit) -> None:
        """Ask the body of a run to stop."""
        self._send(Frame(Kind.STOP, {"number": visit.number}))

    def stack(self) -> asyncio.Future[str]:
        """Ask for the stack of the body."""
        number = next(self._numbers)
        future = self._stacks[number] = asyncio.get_running_loop().create_future()
        self._send(Frame(Kind.STACK, {"number": number}))
        return future

    def kill(self, verdict: Outcome | None = None) -> None:
        """End the process at once; `verdict` is then what its body comes to."""
        self._verdict = self._verdict or verdict
        self.is_gone = True
        self._kill()
        self._return_next()

    def retire(self, patience_s: float) -> None:
        """Let the process end by itself, at most for a while."""
        self.is_gone = True
        self.box.close()
        if self._transport is not None:
            self._transport.close()
        asyncio.get_running_loop().call_later(patience_s, self._kill)

    def is_over(self, code: int | None, trace: str) -> None:
        """Take note that the process has ended; what it wrote before is still read."""
        self.is_gone = True
        self._verdict = self._verdict or died(code, trace)
        loop = asyncio.get_running_loop()
        # What the body started may hold the pipe open beyond the end of its process.
        loop.call_later(_LAST_WORDS_S, self.leave)
        if self._visit is None or self._transport is None or self._transport.is_closing():
            self._conclude(self._verdict)

    def leave(self) -> None:
        """Listen no more."""
        self.is_gone = True
        self._conclude(self._verdict or died(None))
        if self._transport is not None:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to speak."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Hear what the process says."""
        for frame in self._frames.take(data):
            self._hear(frame)

    def connection_lost(self, _: Exception | None) -> None:
        """Take note that the process speaks no more; how it ended is told by another way."""
        if self._verdict is not None and self.is_gone:
            self._conclude(self._verdict)
        elif not self.is_gone or self.is_busy:
            self.is_gone = True
            asyncio.get_running_loop().call_later(_LAST_BREATH_S, self._kill)

    def _hear(self, frame: Frame) -> None:
        visit = self._visit
        head = frame.head
        if frame.kind is Kind.STACKED:
            waiting = self._stacks.pop(head["number"], None)
            if waiting is not None and not waiting.done():
                waiting.set_result(frame.body.decode())
        elif visit is None:
            return
        elif frame.kind is Kind.LOG:
            visit.port.append_log(head["level"], head["message"], head["fields"])
        elif frame.kind is Kind.PROGRESS:
            visit.port.report_progress(head["fraction"], head["note"])
        elif frame.kind is Kind.ASK:
            self._answer(visit.port, frame)
        elif frame.kind is Kind.ENDED:
            self.held = head["held"]
            self.is_spoiled = head.get("spoiled", False)
            if self.is_spoiled or self.is_gone:
                self._return_next()
            self._finish(outcome_of(frame))

    def _answer(self, port: ContextPort, frame: Frame) -> None:
        loop, number = asyncio.get_running_loop(), frame.head["number"]
        answered(port, frame).add_done_callback(
            lambda done: loop.call_soon_threadsafe(self._send, answer_frame(number, done))
        )

    def _conclude(self, outcome: Outcome) -> None:
        """The process runs nothing more: what it was running comes to this, and no other."""
        self._return_next()
        while self._visit is not None:
            self._finish(outcome)
        self.box.close()

    def _finish(self, outcome: Outcome) -> None:
        """The body has ended; the process goes on with the job that it has taken, or takes, from the box."""
        visit, self._visit, self._next = self._visit, self._next, None
        if self._visit is not None:
            self.bodies += 1
            self._visit.call(has_begun=True)
        if visit is not None:
            visit.is_followed = self._visit is not None
            if not visit.ended.done():
                visit.ended.set_result(outcome)

    def _return_next(self) -> None:
        if (visit := self.take_back()) is not None:
            self._returned(visit)

    def _send(self, frame: Frame) -> None:
        self._write(frame.encoded())

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)
