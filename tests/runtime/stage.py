"""A runner with nothing around it: jobs are handed in, and outcomes are looked at."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import count
from typing import Any, Final, NamedTuple

from beltline.core.clock import SystemClock
from beltline.core.failure import Failure, read_failure
from beltline.core.job import ClaimedJob
from beltline.core.outcome import Outcome
from beltline.definitions.definition import define
from beltline.definitions.options import DefinitionOptions
from beltline.definitions.registry import Registry
from beltline.engine.settle import Settlement
from beltline.executors.inline import InlineExecutor
from beltline.executors.thread import ThreadExecutor
from beltline.runtime.run import Run, RunMemory
from beltline.runtime.runner import Runner

GRACE_US: Final = 30_000
THREADS: Final = 2
CONCURRENCY: Final = 4


class Line(NamedTuple):
    """A log line of a run."""

    job_id: str
    level: str
    message: str
    fields: str


class Told:
    """What runs reported."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.artifacts: list[tuple[str, str, bytes]] = []
        self.progress_of: dict[str, tuple[float, str]] = {}

    def log(self, run: Run, level: str, message: str, fields: str) -> None:
        self.lines.append(Line(run.job.id, level, message, fields))

    def progress(self, run: Run, fraction: float, note: str) -> None:
        self.progress_of[run.job.id] = (fraction, note)

    def artifact(self, run: Run, name: str, kind: str, data: bytes) -> None:
        self.artifacts.append((name, kind, data))


class Stage:
    """The runner, its executors, and what came of the jobs."""

    def __init__(self) -> None:
        self.registry = Registry()
        self.told = Told()
        self.settled: list[Settlement] = []
        self.freed = 0
        self.clock = SystemClock()
        self.threads = ThreadExecutor(THREADS, grace_us=GRACE_US)
        self.runner = Runner(
            self.registry,
            {"async": InlineExecutor(), "thread": self.threads},
            concurrency=CONCURRENCY,
            grace_us=GRACE_US,
            reports=self.told,
            remember=no_memory,
            settle=self.settled.append,
            freed=self._free,
            now=self.clock.now,
        )
        self._numbers = count(1)

    def claimed(self, body: Callable[..., Any] | str, payload: bytes = b"{}", **fields: Any) -> ClaimedJob:
        """Return a claimed job of a body, which is defined when it is first met; a text names one."""
        name = body if isinstance(body, str) else self._defined(body, fields.pop("options", {}))
        definition = self.registry.get(name)
        now = self.clock.now()
        job = ClaimedJob(
            id=f"job-{next(self._numbers)}",
            fence=1,
            definition=name,
            version="1",
            queue="default",
            payload=payload,
            priority=0,
            run=1,
            attempts_used=0,
            crashes=0,
            max_attempts=5,
            timeout_us=definition.timeout_us if definition else None,
            deadline_at=None,
            queued_at=now,
            started_at=now,
            labels=None,
            correlation_id=None,
            traceparent=None,
            idempotency_key=None,
            request=None,
        )
        return job._replace(**fields)

    def start(self, body: Callable[..., Any] | str, payload: bytes = b"{}", **fields: Any) -> Run:
        """Start a job and return its run."""
        job = self.claimed(body, payload, **fields)
        self.runner.start(job)
        return self.runner.runs[job.id, job.fence]

    async def run(self, body: Callable[..., Any] | str, payload: bytes = b"{}", **fields: Any) -> Outcome:
        """Run a job to its end and return its outcome."""
        run = self.start(body, payload, **fields)
        await self.end(run)
        return self.outcome(run)

    async def end(self, run: Run) -> None:
        assert run.task is not None
        await asyncio.wait([run.task])

    def outcome(self, run: Run) -> Outcome:
        """The only outcome of a run."""
        [found] = [item.outcome for item in self.settled if item.job is run.job]
        return found

    def _defined(self, body: Callable[..., Any], options: DefinitionOptions) -> str:
        for definition in self.registry:
            if definition.handler == body:
                return definition.name
        options["name"] = f"{body.__name__}-{len(self.registry)}"
        self.registry.add(define(body, **options))
        return options["name"]

    def _free(self) -> None:
        self.freed += 1


def no_memory(run: Run) -> RunMemory:
    """Stand for the memory of runs that do not use any."""
    raise AssertionError(f"{run.key} asked for its memory")


def error_of(outcome: Outcome) -> Failure:
    found = read_failure(outcome.error)
    assert found is not None
    return found
