"""An executor of process bodies with nothing around it: jobs are handed in, and outcomes come back."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from beltline.client.handle import JobHandle
from beltline.config import WorkerConfig
from beltline.core.clock import Clock, SystemClock
from beltline.core.errors import PayloadTooLarge, Unsupported
from beltline.core.job import ClaimedJob
from beltline.core.outcome import Outcome
from beltline.definitions.port import MemoryPort
from beltline.executors.process.command import command
from beltline.executors.process.executor import ProcessExecutor
from tests.executors import app
from tests.waiting import eventually_async

APP: Final = str(Path(app.__file__))
STORE: Final = "sqlite:///tests-have-none.db"
GRACE_US: Final = 100_000


class Port:
    """Where the Context of a body leads: what it told is kept."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, Any]]] = []
        self.reports: list[tuple[float, str]] = []
        self.artifacts: list[tuple[str, str, bytes]] = []

    @property
    def memory(self) -> MemoryPort:
        raise Unsupported("this port remembers nothing")

    def append_log(self, level: str, message: str, fields: str) -> None:
        self.lines.append((level, message, json.loads(fields) if fields else {}))

    def report_progress(self, fraction: float, note: str) -> None:
        self.reports.append((fraction, note))

    def is_cancelled(self) -> bool:
        return False

    def submit(
        self, definition: str, options: str, payloads: Sequence[bytes]
    ) -> Future[list[tuple[str, bool]]]:
        raise NotImplementedError

    def keep_artifact(self, name: str, kind: str, data: bytes) -> None:
        if name == "large":
            raise PayloadTooLarge("the artifact 'large'", len(data), 3)
        self.artifacts.append((name, kind, data))

    async def begun(self) -> dict[str, Any]:
        """Wait until the body says that it has begun; return what it said."""

        async def told() -> bool:
            return any(message == "begun" for _, message, _ in self.lines)

        await eventually_async(told, what="a body that has begun")
        return self.lines[0][2]


class House:
    """The executor, open; `settings` are those of WorkerConfig."""

    def __init__(self, *, target: str = APP, clock: Clock | None = None, **settings: Any) -> None:
        config = WorkerConfig(**{"body_processes": 2, "grace_us": GRACE_US, **settings})
        self.executor = ProcessExecutor(
            command(target),
            config,
            clock=clock or SystemClock(),
            environment={**os.environ, "BELTLINE_STORE": STORE},
        )
        self._numbers = count(1)

    async def __aenter__(self) -> Self:
        await self.executor.open(app.belt.registry)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.executor.close()

    @property
    def lies_ready(self) -> bool:
        """Whether a job lies in the box of a process."""
        return bool(self.executor._pool._boxes)

    def start(
        self,
        body: JobHandle[Any],
        arguments: dict[str, Any] | None = None,
        *,
        crashes: int = 0,
        begun: Callable[[], None] | None = None,
        **fields: Any,
    ) -> tuple[asyncio.Task[Outcome], Port]:
        """Start a body; return its task and its port."""
        port = Port()
        job = _claimed(body.definition.name, next(self._numbers), arguments or {}, crashes)._replace(**fields)
        running = self.executor.run(job, body.definition, port, begun=begun, most_bytes=1_000_000)
        return asyncio.create_task(running), port

    async def run(self, body: JobHandle[Any], crashes: int = 0, **arguments: Any) -> Outcome:
        """Run a body to its end."""
        task, _ = self.start(body, arguments, crashes=crashes)
        return await task

    async def process_of(self, *, crashes: int = 0) -> int:
        """Run a body; return the number of the process it ran in."""
        return int(json.loads((await self.run(app.names_its_process, crashes)).result or b""))


def _claimed(name: str, number: int, arguments: dict[str, Any], crashes: int) -> ClaimedJob:
    return ClaimedJob(
        id=f"job-{number}",
        fence=number,
        definition=name,
        version="7",
        queue="default",
        payload=json.dumps(arguments).encode(),
        priority=0,
        run=crashes + 1,
        attempts_used=0,
        crashes=crashes,
        max_attempts=5,
        timeout_us=None,
        deadline_at=None,
        queued_at=0,
        started_at=0,
        labels=None,
        correlation_id=None,
        traceparent=None,
        idempotency_key=None,
        request=None,
    )


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that has ended and waits to be reaped does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    if sys.platform != "linux":
        return True
    try:
        return Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def parent_of(pid: int) -> int:
    """The process that made a process."""
    return int(Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split()[1])


async def ends(pid: int) -> None:
    """Wait until a process has ended."""

    async def gone() -> bool:
        return not is_alive(pid)

    await eventually_async(gone, what=f"the end of process {pid}")
