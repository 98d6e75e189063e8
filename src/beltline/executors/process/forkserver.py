"""The process that makes the processes for bodies: it has loaded the app and has no threads.

It hears requests on its control socket, one JSON object a line, and tells what became of each process. It
ends, and every process of its with it, when the other end is closed.
"""

from __future__ import annotations

import faulthandler
import gc
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import traceback
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final, NoReturn

from beltline.core.errors import BeltlineError
from beltline.executors.process.body import App
from beltline.executors.process.child import Child
from beltline.executors.process.memory import go_first_where_memory_runs_out
from beltline.executors.process.orphan import end_with, leave_stopping_to_the_worker

_CHUNK: Final = 65_536
_MOST_FDS: Final = 64
_TRACE_LIMIT: Final = 16_384


@dataclass(slots=True)
class _Made:
    """A process that was made. `trace` is where it writes its last words."""

    serial: int
    trace: IO[bytes]
    program: subprocess.Popen[bytes] | None


class Forkserver:
    """Makes processes on request. `begin_anew` is the command of a process that loads the app by itself."""

    def __init__(self, control: socket.socket, app: App, begin_anew: Sequence[str]) -> None:
        self._control = control
        self._app = app
        self._begin_anew = begin_anew
        self._made: dict[int, _Made] = {}
        self._fds: deque[int] = deque()
        self._heard = b""
        self._selector = selectors.DefaultSelector()

    def serve(self) -> None:
        """Serve until the control socket is closed."""
        wake, woken = socket.socketpair()
        for end in (wake, woken):
            end.settimeout(0)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
        self._selector.register(self._control, selectors.EVENT_READ, self._hear)
        self._selector.register(wake, selectors.EVENT_READ, lambda: bool(wake.recv(_CHUNK)))
        self._tell(ready=sorted(self._app.registry.names()), forks=not _has_threads())
        is_open = True
        while is_open:
            for found, _ in self._selector.select():
                is_open = found.data() and is_open
            self._reap()
        signal.set_wakeup_fd(-1)
        for pid in self._made:
            _kill(pid)

    def _hear(self) -> bool:
        data, fds, _, _ = socket.recv_fds(self._control, _CHUNK, _MOST_FDS)
        self._fds.extend(fds)
        *lines, self._heard = (self._heard + data).split(b"\n")
        for line in lines:
            request = json.loads(line)
            if "start" in request:
                self._start(request["start"], self._fds.popleft(), self._fds.popleft())
            else:
                self._end(request["kill"])
        return bool(data)

    def _start(self, serial: int, pipe: int, box: int) -> None:
        trace = tempfile.TemporaryFile()  # noqa: SIM115 - closed when its process is reaped
        program = None
        try:
            if _has_threads():
                # A fork would copy locks that another thread holds: the process loads the app by itself.
                program = subprocess.Popen(
                    [*self._begin_anew, str(pipe), str(box), str(trace.fileno())],
                    pass_fds=(pipe, box, trace.fileno()),
                    start_new_session=True,
                )
                pid = program.pid
            else:
                pid = self._fork(pipe, box, trace)
        except OSError as error:
            trace.close()
            self._tell(refused=serial, why=str(error))
            return
        finally:
            os.close(pipe)
            os.close(box)
        self._made[pid] = _Made(serial, trace, program)
        self._tell(started=serial, pid=pid)

    def _fork(self, pipe: int, box: int, trace: IO[bytes]) -> int:
        server = os.getpid()
        _flush()
        pid = os.fork()
        if pid:
            return pid
        code = 70
        try:
            os.setsid()
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._selector.close()
            self._control.close()
            live(os.dup(pipe), os.dup(box), trace.fileno(), server, load=lambda: self._app)
            code = 0
        finally:
            _leave(code)

    def _end(self, serial: int) -> None:
        for pid, made in self._made.items():
            if made.serial == serial:
                _kill(pid)

    def _reap(self) -> None:
        for pid in list(self._made):
            # Looked at before it is reaped: while it is a zombie, its number and its group's are no other's.
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                continue
            _kill(pid)
            _, status = os.waitpid(pid, 0)
            made = self._made.pop(pid)
            code = os.waitstatus_to_exitcode(status)
            if made.program is not None:
                made.program.returncode = code
            made.trace.seek(0)
            trace = made.trace.read(_TRACE_LIMIT).decode("utf-8", "replace")
            made.trace.close()
            self._tell(ended=made.serial, code=code, trace=trace)

    def _tell(self, **facts: Any) -> None:
        with suppress(OSError):  # the worker is gone; the next read says so
            self._control.sendall(json.dumps(facts).encode() + b"\n")


def serve(control: int, load: Callable[[], App], begin_anew: Sequence[str], parent: int) -> None:
    """Load the app and serve on this file descriptor; tell the worker where the app cannot be loaded."""
    end_with(parent)
    leave_stopping_to_the_worker()
    with socket.socket(fileno=control) as ours:
        try:
            app = load()
        except BeltlineError as error:
            ours.sendall(json.dumps({"failed": str(error)}).encode() + b"\n")
            return
        # What is loaded stays: looked at by no collection, its pages are shared with every process made here.
        gc.collect()
        gc.freeze()
        Forkserver(ours, app, begin_anew).serve()


def live(pipe: int, box: int, trace: int, parent: int, *, load: Callable[[], App]) -> None:
    """Be a process for bodies until its worker closes the box."""
    end_with(parent)
    leave_stopping_to_the_worker()
    faulthandler.enable(trace, all_threads=False)
    go_first_where_memory_runs_out()
    with socket.socket(fileno=pipe) as ours, socket.socket(fileno=box) as jobs:
        child = Child(ours, jobs, load())
        with suppress(BrokenPipeError, ConnectionResetError):
            child.live()


def _leave(code: int) -> NoReturn:
    """End a forked process here: what its parent does at its exit is not for it to do."""
    if sys.exc_info()[0] is not None:
        traceback.print_exc()
    _flush()
    os._exit(code)


def _flush() -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(Exception):
            stream.flush()


def _has_threads() -> bool:
    """Return whether this process has threads besides this one, of Python or of a library."""
    tasks = Path("/proc/self/task")
    if tasks.exists():
        return len(list(tasks.iterdir())) > 1
    return threading.active_count() > 1


def _kill(pid: int) -> None:
    """Kill a process and what it has started in its own group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)
    # It may not have made its group yet.
    with suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)
