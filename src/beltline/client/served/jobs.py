"""Claiming, settling and progress over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Sequence
from typing import Any, Final

from beltline.client.served.line import Line, chunks
from beltline.core.codec import dump_json
from beltline.core.durations import moment
from beltline.core.errors import InvalidInput, LeaseLost, NotFound
from beltline.core.failure import MESSAGE_LIMIT, read_failure
from beltline.core.ids import Random
from beltline.core.job import ClaimedJob
from beltline.core.outcome import Ending
from beltline.core.reasons import Reason
from beltline.engine.settle import Settled, Settlement
from beltline.store.params import ClaimJobs, Progress
from beltline.wire.reading import backoff_of

# A claim that waits at the service is left to itself so long where the worker has ended meanwhile.
POLL_S: Final = 10
_LONGEST_NOTE: Final = 1_000


class ServedJobs:
    """Claims of one worker. At most one of them waits at the service.

    While it does the worker goes on: what the service then hands out is taken by the next claim.
    """

    def __init__(self, line: Line) -> None:
        self._line = line
        self._waiting: asyncio.Task[list[ClaimedJob]] | None = None
        # The fences of the runs that are not reported yet, by job.
        self.fences: dict[str, int] = {}

    async def claim(self, params: ClaimJobs) -> list[ClaimedJob]:
        """See JobStore."""
        waiting = self._waiting
        if waiting is None:
            return await self._claim(params.limit, 0)
        if not waiting.done():
            return []
        self._waiting = None
        return await waiting

    async def claim_next(self, params: ClaimJobs, until: asyncio.Event) -> list[ClaimedJob]:
        """See JobStore."""
        waiting = self._waiting = self._waiting or asyncio.create_task(self._claim(params.limit, POLL_S))
        over = asyncio.create_task(until.wait())
        try:
            await asyncio.wait([waiting, over], return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await self.leave()
            raise
        finally:
            over.cancel()
        if not waiting.done():
            return []
        self._waiting = None
        return await waiting

    async def held(self, namespace: str, session: str) -> list[ClaimedJob]:
        """See JobStore."""
        del namespace, session
        path = f"/workers/{self._line.standing.worker_id}/jobs"
        return [_job(item) for item in (await self._line.call("GET", path))["items"]]

    async def progress(self, namespace: str, reports: Sequence[Progress]) -> None:
        """See JobStore."""
        del namespace
        items = [{**report._asdict(), "note": report.note[:_LONGEST_NOTE]} for report in reports if report.id]
        for chunk in chunks(items):
            await self._line.work("progress", {"items": chunk})

    async def leave(self) -> None:
        """Give up a claim that waits. The service gives back what it would have handed out."""
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            waiting.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await waiting

    async def _claim(self, limit: int, wait_s: int) -> list[ClaimedJob]:
        try:
            found = await self._line.work(
                "claim", {"limit": limit, "wait": f"{wait_s}s"}, wait_s=float(wait_s)
            )
        except NotFound as error:
            raise LeaseLost(str(error)) from error
        jobs = [_job(item) for item in found["items"]]
        self.fences.update({job.id: job.fence for job in jobs})
        return jobs


async def reported(line: Line, batch: Sequence[Settlement], *, random: Random) -> Settled:
    """Report how runs ended; the service decides what becomes of their jobs.

    An outcome that it refuses must not hold back the others, nor stay for ever: its job fails for good.
    """
    items = [_ended(item, random) for item in batch]
    try:
        lost = [name for chunk in chunks(items) for name in await _settled(line, chunk)]
    except InvalidInput:
        lost = []
        for item in items:
            try:
                lost += await _settled(line, [item])
            except InvalidInput as error:
                lost += await _settled(line, [_refused(item, error)])
    return Settled([], lost)


async def _settled(line: Line, items: Sequence[dict[str, Any]]) -> list[str]:
    found: list[str] = (await line.work("settle", {"items": items}))["lost"]
    return found


def _refused(item: dict[str, Any], error: InvalidInput) -> dict[str, Any]:
    told = {"type": type(error).__name__, "message": f"the service refused how the run ended: {error}"}
    told["message"] = told["message"][:MESSAGE_LIMIT]
    reason = Reason.NOT_RETRYABLE.value
    return {
        "id": item["id"],
        "fence": item["fence"],
        "outcome": "failed",
        "reason": reason,
        "error": told,
    }


def _ended(item: Settlement, random: Random) -> dict[str, Any]:
    job, outcome, policy = item
    found: dict[str, Any] = {"id": job.id, "fence": job.fence, "outcome": outcome.ending.value}
    delay_us, retry = outcome.delay_us, policy.retry
    if (
        delay_us is None
        and job.backoff is None
        and callable(retry.backoff)
        and outcome.ending in {Ending.FAILED, Ending.TIMED_OUT}
    ):
        # A function that says how long to wait is code, which only the worker has.
        delay_us = retry.delay_us(job.attempts_used + 1, random)
    if delay_us is not None:
        found["delay"] = f"{delay_us / 1_000_000:.6f}s"
    if outcome.reason is not None:
        found["reason"] = outcome.reason.value
    error = read_failure(outcome.error)
    if error is not None:
        found["error"] = {**error, "type": error["type"][:256], "where": error["where"][:MESSAGE_LIMIT]}
    if outcome.result is not None and outcome.ending is Ending.SUCCEEDED:
        found["result"] = json.loads(outcome.result)
    return found


def _job(item: dict[str, Any]) -> ClaimedJob:
    timeout = item["timeout_s"]
    return ClaimedJob(
        id=item["id"],
        fence=item["fence"],
        definition=item["definition"],
        version=item["version"],
        queue=item["queue"],
        payload=dump_json(item["payload"]),
        priority=item["priority"],
        run=item["run"],
        attempts_used=item["attempts_used"],
        crashes=item["crashes"],
        max_attempts=item["max_attempts"],
        timeout_us=None if timeout is None else round(timeout * 1_000_000),
        deadline_at=None if item["deadline_at"] is None else moment(item["deadline_at"]),
        queued_at=moment(item["queued_at"]),
        started_at=moment(item["started_at"]),
        labels=item["labels"] or None,
        correlation_id=item["correlation_id"],
        traceparent=item["traceparent"],
        idempotency_key=item["idempotency_key"],
        request=item["request"],
        backoff=backoff_of(item["retry"]),
    )
