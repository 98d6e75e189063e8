"""One process for bodies, as its worker sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import count
from typing import Final, NamedTuple, cast

from beltline.core.job import ClaimedJob
from beltline.core.outcome import Outcome
from beltline.definitions.port import ContextPort
from beltline.executors.process.answering import answered
from beltline.executors.process.endings import died
from beltline.executors.process.frames import Frame, Frames, Kind
from beltline.executors.process.messages import answer_frame, job_frame, outcome_of

_LAST_WORDS_S: Final = 0.1
_LAST_BREATH_S: Final = 1.0


class Visit(NamedTuple):
    """A job in the process, and where its outcome goes."""

    port: ContextPort
    ended: asyncio.Future[Outcome]


class Member(asyncio.Protocol):
    """Runs one body at a time. `kill` ends the process at once; it is told of its end by `is_over`.

    `bodies` counts those it ran, `held` are the bytes that it kept after the last one.
    """

    def __init__(self, *, made_at: int, kill: Callable[[], None]) -> None:
        self.pid = 0
        self.made_at = made_at
        self.bodies = 0
        self.held = 0
        self.is_spoiled = False
        self.is_gone = False
        self._kill = kill
        self._frames = Frames()
        self._transport: asyncio.Transport | None = None
        self._visit: Visit | None = None
        self._verdict: Outcome | None = None
        self._stacks: dict[int, asyncio.Future[str]] = {}
        self._numbers = count(1)

    @property
    def is_busy(self) -> bool:
        """Whether a body runs in it."""
        return self._visit is not None

    def begin(self, job: ClaimedJob, port: ContextPort, most_bytes: int) -> asyncio.Future[Outcome]:
        """Hand a job over; the future has its outcome, whatever becomes of the process.

        Its result may have `most_bytes`.
        """
        ended: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._visit = Visit(port, ended)
        self.bodies += 1
        if self.is_gone:
            self._conclude(died(None))
        else:
            self._send(job_frame(job, most_bytes))
        return ended

    def ask_to_stop(self) -> None:
        """Ask the body to stop."""
        self._send(Frame(Kind.STOP))

    def stack(self) -> asyncio.Future[str]:
        """Ask for the stack of the body."""
        number = next(self._numbers)
        future = self._stacks[number] = asyncio.get_running_loop().create_future()
        self._send(Frame(Kind.STACK, {"number": number}))
        return future

    def kill(self, verdict: Outcome | None = None) -> None:
        """End the process at once; `verdict` is then what its body comes to."""
        self._verdict = self._verdict or verdict
        self._kill()

    def retire(self, patience_s: float) -> None:
        """Let the process end by itself, at most for a while."""
        self.is_gone = True
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
        if self._transport is None or self._transport.is_closing():
            self._conclude(self._verdict)

    def leave(self) -> None:
        """Listen no more."""
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
            self._conclude(outcome_of(frame))

    def _answer(self, port: ContextPort, frame: Frame) -> None:
        loop, number = asyncio.get_running_loop(), frame.head["number"]
        answered(port, frame).add_done_callback(
            lambda done: loop.call_soon_threadsafe(self._send, answer_frame(number, done))
        )

    def _conclude(self, outcome: Outcome) -> None:
        visit, self._visit = self._visit, None
        if visit is not None and not visit.ended.done():
            visit.ended.set_result(outcome)

    def _send(self, frame: Frame) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(frame.encoded())
