"""A process that runs bodies, one after another, for the worker at the other end of its pipe."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import suppress
from itertools import count
from queue import SimpleQueue
from typing import Any, Final

from beltline.core.clock import SystemClock
from beltline.core.outcome import released
from beltline.core.reasons import Reason
from beltline.executors.process.asking import Asking, DistantMemory
from beltline.executors.process.body import App, run_body
from beltline.executors.process.box import LARGEST
from beltline.executors.process.frames import Frame, Frames, Kind
from beltline.executors.process.memory import Kept
from beltline.executors.process.messages import ended_frame, job_of
from beltline.executors.process.pipe import Pipe
from beltline.executors.stack import thread_stack

_CHUNK: Final = 65_536


class Visit:
    """One job in this process: the port of its Context. `number` is what the worker calls it."""

    def __init__(
        self, number: int, pipe: Pipe, asking: Asking, held: tuple[str, int], most_bytes: int
    ) -> None:
        self.number = number
        self._pipe = pipe
        self._held = held
        self._most_bytes = most_bytes
        self._asking = asking
        self._memory: DistantMemory | None = None
        self._asked = False
        self._calls: list[Callable[[], object]] = []

    @property
    def memory(self) -> DistantMemory:
        """What the job remembers, made when the body first asks for it."""
        if self._memory is None:
            self._memory = DistantMemory(self._asking, SystemClock(), self._held, self._most_bytes)
        return self._memory

    def keep_artifact(self, name: str, kind: str, data: bytes) -> None:
        """Send a file and wait until the worker has it."""
        self._asking.ask("artifact", name, kind, told=bool, body=data).result()

    def submit(
        self, definition: str, options: str, payloads: Sequence[bytes]
    ) -> Future[list[tuple[str, bool]]]:
        """Let the worker store jobs."""
        sizes = [len(payload) for payload in payloads]
        body = b"".join(payloads)
        return self._asking.ask("submit", definition, options, sizes, told=_submitted, body=body)

    def append_log(self, level: str, message: str, fields: str) -> None:
        """Send a log line."""
        self._pipe.send(Frame(Kind.LOG, {"level": level, "message": message, "fields": fields}))

    def report_progress(self, fraction: float, note: str) -> None:
        """Send how far it is."""
        self._pipe.send(Frame(Kind.PROGRESS, {"fraction": fraction, "note": note}))

    def is_cancelled(self) -> bool:
        """Return whether the worker asked it to stop."""
        return self._asked

    def on_stop(self, call: Callable[[], object]) -> None:
        """Call it when the body is asked to stop."""
        self._calls.append(call)
        if self._asked:
            call()

    def hear(self, frame: Frame) -> None:
        """Take the worker's answer to a question."""
        self._asking.hear(frame)

    def leave(self) -> None:
        """Tell what was only noted; the body has ended."""
        if self._memory is not None:
            self._memory.leave()
        self._asking.end()

    def stop(self) -> None:
        """Ask the body to stop."""
        self._asked = True
        for call in self._calls:
            with suppress(RuntimeError):  # its loop has ended meanwhile
                call()


class Child:
    """Bodies run on the main thread, as programs expect, which takes them from the box by itself.

    A second thread listens to the worker.
    """

    def __init__(self, ours: socket.socket, box: socket.socket, app: App) -> None:
        self._ours = ours
        self._box = box
        self._pipe = Pipe(ours)
        self._app = app
        self._large: SimpleQueue[Frame | None] = SimpleQueue()
        # What the worker has asked of a run that is taken and has not begun: to stop.
        self._early_stop = 0
        self._is_spoiled = False
        self._visit: Visit | None = None
        self._numbers = count(1)
        self._main = threading.get_ident()
        self._kept = Kept()
        self._first = self._kept.now()

    def live(self) -> None:
        """Run what comes until the worker closes the box, or until no other body should run here."""
        threading.Thread(target=self._listen, name="beltline-pipe", daemon=True).start()
        while not self._is_spoiled and (data := self._box.recv(LARGEST)):
            (frame,) = Frames().take(data)
            job = frame if frame.head else self._large.get()
            if job is None:
                return
            self._run(job)

    def _run(self, frame: Frame) -> None:
        job = job_of(frame)
        definition = self._app.registry.get(job.definition)
        if definition is None:
            outcome = released(Reason.NO_HANDLER)
        else:
            most_bytes: int = frame.head["most_bytes"]
            asking = Asking(self._pipe, self._numbers)
            number: int = frame.head["number"]
            visit = self._visit = Visit(number, self._pipe, asking, (job.id, job.fence), most_bytes)
            if self._early_stop == number:
                visit.stop()
            outcome = run_body(definition, job, visit, app=self._app, most_bytes=most_bytes)
            visit.leave()
            self._visit = None
        self._is_spoiled = outcome.reason is Reason.OUT_OF_MEMORY
        held = self._kept.now() - self._first
        self._pipe.send(ended_frame(outcome, is_spoiled=self._is_spoiled, held=held))

    def _listen(self) -> None:
        frames = Frames()
        with suppress(OSError):
            while data := self._ours.recv(_CHUNK):
                for frame in frames.take(data):
                    self._hear(frame)
        if self._visit is not None:
            # Nobody waits for this body any more: its worker has ended.
            os._exit(1)
        self._large.put(None)

    def _hear(self, frame: Frame) -> None:
        if frame.kind is Kind.JOB:
            self._large.put(frame)
        elif frame.kind is Kind.STOP:
            number = self._early_stop = frame.head["number"]
            if (visit := self._visit) is not None and visit.number == number:
                visit.stop()
        elif frame.kind is Kind.ANSWER:
            if (visit := self._visit) is not None:
                visit.hear(frame)
        elif frame.kind is Kind.STACK:
            self._pipe.send(Frame(Kind.STACKED, frame.head, thread_stack(self._main).encode()))


def _submitted(answer: list[list[Any]]) -> list[tuple[str, bool]]:
    return [(job_id, was_there) for job_id, was_there in answer]
