"""Worker processes: real ones, supervised by `beltline work`, and ways to take one of them away."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Any, Final, Self, TypeVar

from beltline import Beltline, JobReference
from beltline.core.job import Job
from beltline.core.states import JobState
from beltline.store.contract import Store
from beltline.store.pages import JobFilter, ListJobs

T = TypeVar("T")

PATIENCE_S: Final = 120.0
_LOOK_S: Final = 0.01
_STOPPING_S: Final = 20.0
_SETTLING_S: Final = 0.3


class TooSlow(Exception):
    """What was waited for did not come in time."""


class WorkersEnded(Exception):
    """The workers ended by themselves."""


@dataclass(frozen=True, slots=True)
class Kill:
    """A killed worker process and what it ran at that moment, by job id."""

    pid: int
    name: str
    in_flight: frozenset[str]


class Workers:
    """`beltline work APP` as a context: started on entry, drained on exit.

    `belt` says which store they work on, `options` are those of `beltline work`, `settings` are variables of
    its environment, and `log` is what they say.
    """

    def __init__(
        self,
        app: Path,
        belt: Beltline,
        log: Path,
        *options: str,
        settings: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._command = (sys.executable, "-m", "beltline.cli", "work", str(app), *options)
        where = {"BELTLINE_STORE": belt.url, "BELTLINE_NAMESPACE": belt.namespace}
        self._environment = {**os.environ, **where, **settings}
        self._log = log
        self._supervisor: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        with self._log.open("wb") as log:
            self._supervisor = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._supervisor is not None and self._supervisor.poll() is None:
            self.stop()

    def stop(self) -> int:
        """Ask the workers to drain, wait for their end and return the exit code."""
        supervisor = self._started()
        supervisor.terminate()
        try:
            return supervisor.wait(_STOPPING_S)
        except subprocess.TimeoutExpired:
            supervisor.kill()
            return supervisor.wait()

    def require_alive(self) -> None:
        """Raise WorkersEnded, with their last words, where no worker is left."""
        code = self._started().poll()
        if code is not None:
            words = self._log.read_text("utf-8", "replace").strip().splitlines()[-20:]
            raise WorkersEnded(f"the workers ended with exit code {code}:\n" + "\n".join(words))

    async def until(self, ask: Callable[[], Awaitable[T | None]], what: str, *, job: JobReference[Any]) -> T:
        """Ask again and again and return the first answer there is, while the job is not final.

        Raises TooSlow, WorkersEnded.
        """
        give_up_at = time.monotonic() + PATIENCE_S
        while time.monotonic() < give_up_at:
            self.require_alive()
            if answer := await ask():
                return answer
            if (await job.job()).finished_at is not None:
                raise TooSlow(
                    f"job {job.id} was done before {what} was seen: this machine is quick, try again"
                )
            await asyncio.sleep(_LOOK_S)
        raise TooSlow(f"after {PATIENCE_S:g} s still waiting for {what}")

    def _started(self) -> subprocess.Popen[bytes]:
        if self._supervisor is None:
            raise WorkersEnded("the workers were not started")
        return self._supervisor


async def kill_busy_worker(store: Store, namespace: str) -> Kill | None:
    """Kill (SIGKILL) a worker process that runs jobs at this moment; None where none does.

    It is stopped first, looked at, and killed only where it is in the middle of jobs.
    """
    for session in await store.sessions.page(namespace):
        with _stopped(session.pid):
            held = await _running(store, namespace, session.id)
            if not held:
                continue
            os.kill(session.pid, signal.SIGKILL)
        # A statement that the process had sent before it died may still be at work in a database server.
        await asyncio.sleep(_SETTLING_S)
        # What it held may be rescued by now, and is in flight all the same.
        held += await _running(store, namespace, session.id)
        return Kill(session.pid, session.name, frozenset(job.id for job in held))
    return None


async def stop_busy_worker(store: Store, namespace: str) -> int | None:
    """Ask a worker process that runs jobs to end (SIGTERM), and return its number; None where none does."""
    for session in await store.sessions.page(namespace):
        if await _running(store, namespace, session.id):
            os.kill(session.pid, signal.SIGTERM)
            return session.pid
    return None


async def outcomes(belt: Beltline, job_id: str) -> list[str]:
    """Return how each run of a job ended, in order."""
    runs = await belt.store.reads.attempts(belt.namespace, job_id)
    return [run.outcome or "running" for run in runs]


@contextmanager
def _stopped(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        # Killed and reaped meanwhile, it is beyond being continued.
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


async def _running(store: Store, namespace: str, session: str) -> list[Job]:
    where = JobFilter(states=frozenset({JobState.RUNNING}))
    page = await store.reads.page(ListJobs(namespace=namespace, where=where, limit=1_000))
    return [job for job in page.items if job.session == session]
