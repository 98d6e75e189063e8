"""What a worker does to jobs, told to whoever looks on: jobs begun, jobs ended, lines logged."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from typing import Any, Protocol, cast

from beltline.core.clock import MICROS
from beltline.core.failure import read_failure
from beltline.core.job import Change, ClaimedJob
from beltline.store.contract import JobStore, LogStore, Store
from beltline.store.log_limit import DEFAULT_LIMIT, LogLimit
from beltline.store.log_lines import NewLogLine
from beltline.store.params import ApplyChanges, ClaimJobs, Miss


class Tell(Protocol):
    """Is told of events by name, with facts that are JSON."""

    def __call__(self, event: str, /, **facts: object) -> None:
        """Be told."""
        ...


def telling(store: Store, tell: Tell) -> Store:
    """Let a store tell what is claimed, settled and logged through it; return it."""
    store.jobs = cast("JobStore", _TellingJobs(store.jobs, tell))
    store.logs = cast("LogStore", _TellingLogs(store.logs, tell))
    return store


class _TellingJobs:
    def __init__(self, jobs: JobStore, tell: Tell) -> None:
        self._jobs = jobs
        self._tell = tell
        self._running: dict[str, ClaimedJob] = {}

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the other verbs as they are
        return getattr(self._jobs, name)

    async def claim(self, params: ClaimJobs) -> list[ClaimedJob]:
        return self._told(await self._jobs.claim(params))

    async def claim_next(self, params: ClaimJobs, until: asyncio.Event) -> list[ClaimedJob]:
        return self._told(await self._jobs.claim_next(params, until))

    def _told(self, found: list[ClaimedJob]) -> list[ClaimedJob]:
        for job in found:
            self._running[job.id] = job
            self._tell(
                "started", id=job.id, definition=job.definition, run=job.run, running=len(self._running)
            )
        return found

    async def apply(self, params: ApplyChanges) -> list[Miss]:
        misses = await self._jobs.apply(params)
        missed = {miss.id for miss in misses}
        for change in params.changes:
            job = self._running.pop(change.id, None) if change.id not in missed else None
            if job is not None:
                self._tell("ended", **_ended(job, change), running=len(self._running))
        return misses


class _TellingLogs:
    def __init__(self, logs: LogStore, tell: Tell) -> None:
        self._logs = logs
        self._tell = tell

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - the other verbs as they are
        return getattr(self._logs, name)

    async def append(
        self, namespace: str, lines: Sequence[NewLogLine], *, keep: LogLimit = DEFAULT_LIMIT
    ) -> None:
        await self._logs.append(namespace, lines, keep=keep)
        for line in lines:
            fields = json.loads(line.fields) if line.fields else {}
            self._tell("log", id=line.job_id, level=line.level, message=line.message, fields=fields)


def _ended(job: ClaimedJob, change: Change) -> dict[str, object]:
    error = read_failure(change.error)
    return {
        "id": job.id,
        "definition": job.definition,
        "run": job.run,
        "state": change.state.value,
        "reason": change.reason.value,
        "took_s": (change.at - job.started_at) / MICROS,
        "again_in_s": None if change.run_at is None else (change.run_at - change.at) / MICROS,
        "error": f"{error['type']}: {error['message']}" if error else None,
        "where": error["where"] if error else None,
    }
