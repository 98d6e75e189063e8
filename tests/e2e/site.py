"""A place of work for one test: a store, the worker processes on it, and what their bodies told."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from beltline.core.clock import MICROS
from beltline.core.job import Job
from beltline.store.contract import Store
from beltline.store.params import Session
from tests.architecture.source import REPOSITORY
from tests.waiting import PATIENCE_S, eventually_async

NAMESPACE: Final = "default"
LEASE_US: Final = MICROS
APP: Final = Path(__file__).with_name("app.py")


class Effect(NamedTuple):
    """A line that a body told: `start` or `end`, of which job, under which fence, in which process."""

    what: str
    job_id: str
    fence: int
    pid: int


class WorkerProcess:
    """A worker process. Its log is a file."""

    def __init__(self, command: Sequence[str], log: Path, environment: dict[str, str], name: str) -> None:
        self.name = name
        self._log = log
        with log.open("ab") as stderr:
            self.process = subprocess.Popen(
                command,
                cwd=REPOSITORY,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=stderr,
                stderr=stderr,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self.process.pid

    @property
    def log(self) -> str:
        """What it has logged so far."""
        return self._log.read_text("utf-8", "replace")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    def freeze(self, lock: Path) -> None:
        """Stop it as a debugger would, at a moment when it does not hold the lock of an SQLite file."""
        while True:
            self.signal(signal.SIGSTOP)
            os.waitid(os.P_PID, self.pid, os.WSTOPPED | os.WNOWAIT)
            if _is_free(lock):
                return
            self.signal(signal.SIGCONT)

    def thaw(self) -> None:
        """Let it go on."""
        self.signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it as a pulled plug would, and wait for that."""
        self.process.kill()
        self.process.wait()

    def kill_tree(self) -> None:
        """End it and its children at the same moment, and wait for it."""
        os.killpg(self.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> int:
        """Ask it to drain; return its exit code."""
        self.process.terminate()
        return self.wait()

    def wait(self) -> int:
        """Return its exit code, once it has ended."""
        return self.process.wait(PATIENCE_S)


class Site:
    """`store` is open in the test; workers are started on the same one by `worker` or by the command line."""

    def __init__(self, folder: Path, url: str, store: Store) -> None:
        self.folder = folder
        self.url = url
        self.store = store
        self.workers: list[WorkerProcess] = []
        self._effects = folder / "effects"
        self._read = 0
        self._told: list[Effect] = []

    @property
    def lock(self) -> Path:
        """The lock file of the store, where it is an SQLite file."""
        return self.folder / "beltline.db.lock"

    @property
    def environment(self) -> dict[str, str]:
        """What the worker processes find in their environment."""
        return {**os.environ, "EFFECTS": str(self._effects), "BELTLINE_STORE": self.url}

    def worker(self, **settings: object) -> WorkerProcess:
        """Start a worker without supervisor; settings are those of WorkerConfig."""
        name = str(settings.get("name") or f"worker-{len(self.workers)}")
        chosen = {
            "url": self.url,
            "lease_us": LEASE_US,
            "concurrency": 8,
            "threads": 4,
            "name": name,
            **settings,
        }
        return self._start([sys.executable, "-m", "tests.e2e.work", json.dumps(chosen)], name)

    def work_command(self, *arguments: str, app: Path | str = APP) -> WorkerProcess:
        """Start `beltline work`."""
        command = [sys.executable, "-m", "beltline.cli", "work", str(app), "--store", self.url, *arguments]
        return self._start(command, f"command-{len(self.workers)}")

    def effects(self) -> list[Effect]:
        """What the bodies have told so far."""
        if self._effects.exists():
            with self._effects.open("rb") as file:
                file.seek(self._read)
                # What a reader sees of the last line may be a part of it.
                whole, _, _ = file.read().rpartition(b"\n")
            self._read += len(whole) + bool(whole)
            for line in whole.decode().splitlines():
                what, job_id, fence, pid = line.split()
                self._told.append(Effect(what, job_id, int(fence), int(pid)))
        return self._told

    async def started(self, job_id: str, *, times: int = 1) -> Effect:
        """Wait until the body of a job has begun so many times; return the latest begin."""

        async def begun() -> list[Effect]:
            found = [each for each in self.effects() if (each.what, each.job_id) == ("start", job_id)]
            return found if len(found) >= times else []

        return (await eventually_async(begun, what=f"start {times} of {job_id}"))[-1]

    async def ended(self, job_id: str, fence: int) -> None:
        """Wait until the body of one run has come to its end."""

        async def told() -> bool:
            return any(
                (each.what, each.job_id, each.fence) == ("end", job_id, fence) for each in self.effects()
            )

        await eventually_async(told, what=f"the end of {job_id}/{fence}")

    async def busy(self, worker: WorkerProcess) -> None:
        """Wait until a body has begun in this process."""

        async def begun() -> bool:
            return any(each.pid == worker.pid for each in self.effects())

        await eventually_async(begun, what=f"a body in {worker.name}")

    async def logged(self, worker: WorkerProcess, text: str) -> None:
        """Wait until a worker has logged this."""

        async def told() -> bool:
            return text in worker.log

        await eventually_async(told, what=f"{text!r} in {worker.log}")

    async def job(self, job_id: str) -> Job:
        """The job as the store has it."""
        [found] = await self.store.reads.get(NAMESPACE, [job_id])
        return found

    async def until(self, job_id: str, holds: Callable[[Job], bool], *, within: float = PATIENCE_S) -> Job:
        """Wait until something holds of a job; return it."""

        async def look() -> Job | None:
            job = await self.job(job_id)
            return job if holds(job) else None

        found = await eventually_async(look, within=within, what=f"{job_id} as expected")
        assert found is not None
        return found

    async def final(self, job_id: str, *, within: float = PATIENCE_S) -> Job:
        """Wait until a job is final; return it."""
        return await self.until(job_id, lambda job: job.finished_at is not None, within=within)

    async def sessions(self) -> list[Session]:
        """Every session there was, newest first."""
        return await self.store.sessions.page(NAMESPACE, ended=True)

    def close(self) -> None:
        """End every process that is left, and show the logs (pytest prints them where the test failed)."""
        for worker in self.workers:
            sys.stdout.write(f"---- the log of {worker.name} ({worker.pid})\n{worker.log[-3_000:]}\n")
            if worker.process.poll() is None:
                worker.signal(signal.SIGCONT)
                worker.kill()

    def _start(self, command: Sequence[str], name: str) -> WorkerProcess:
        log = self.folder / f"log-{len(self.workers)}"
        worker = WorkerProcess(command, log, self.environment, name)
        self.workers.append(worker)
        return worker


def _is_free(lock: Path) -> bool:
    if not lock.exists():
        return True
    with lock.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
