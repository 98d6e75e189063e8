"""Event streams, resumable by state: a snapshot first, then what changed, at most four times a second.

A stream holds no place in any queue: it looks at the state now and again, and a client that comes back with
the last id it saw goes on from there. Hints only make it look sooner.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import re
from collections.abc import AsyncIterator, Callable
from http import HTTPStatus
from typing import Annotated, Any, Final

from pydantic import Field
from starlette.responses import Response, StreamingResponse

from beltline.api.desk import Desk
from beltline.api.operation import Answered, Call, Operation, Query
from beltline.core.errors import NotFound, StoreError
from beltline.core.job import Job
from beltline.core.roles import Right
from beltline.core.states import FINAL, JobState
from beltline.engine import control
from beltline.store.hints import Hint
from beltline.wire.problems import Refused
from beltline.wire.shapes import job_shape, log_shape, queue_shape

MEDIA: Final = "text/event-stream"
SOONEST_S: Final = 0.25
LATEST_S: Final = 1.0
# So often a quiet stream says that it lives: proxies cut what is silent.
QUIET_LOOKS: Final = 15
LINES: Final = 1_000
_JOB_CURSOR: Final = re.compile(r"(\d{1,18})\.(\d{1,18})")


class StreamQuery(Query):
    """Where to go on."""

    cursor: Annotated[str, Field(max_length=64)] | None = Field(
        None, description="The id of the last event seen; the header Last-Event-ID says the same."
    )


async def watch_job(call: Call[StreamQuery, None]) -> Response:
    """Stream the states, the progress and the log of a job until it is final."""
    job_id = call.parts["job_id"]
    job = await control.fetch(call.desk.store, call.namespace, job_id)
    found = _JOB_CURSOR.fullmatch(_cursor(call))
    after = int(found[2]) if found else 0
    seen = int(found[1]) if found else None
    return await _stream(call, lambda look: _job_events(call, job, look, seen=seen, after=after))


async def watch_namespace(call: Call[StreamQuery, None]) -> Response:
    """Stream how many jobs of each queue are in which state, whenever that changes."""
    return await _stream(call, lambda look: _queue_events(call, look, _cursor(call)))


class _Look:
    """Waits until it is worth looking again."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._woken = asyncio.Event()

    def hinted(self, hint: Hint) -> None:
        """Look soon."""
        del hint
        self._woken.set()

    async def again(self) -> bool:
        """Wait; return False where the service stops."""
        self._woken.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(SOONEST_S):
                await self._desk.stopping.wait()
        if not self._desk.is_stopping:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LATEST_S - SOONEST_S):
                    await self._woken.wait()
        return not self._desk.is_stopping


async def _stream(call: Call[StreamQuery, None], events: Callable[[_Look], AsyncIterator[bytes]]) -> Response:
    desk = call.desk
    if desk.streams >= desk.settings.most_streams:
        raise Refused(
            HTTPStatus.TOO_MANY_REQUESTS,
            "too_many_streams",
            f"{desk.settings.most_streams:,} streams are open; come again, or share one",
            retry_after=5,
        )
    look = _Look(desk)

    async def body() -> AsyncIterator[bytes]:
        desk.streams += 1
        unsubscribe = await desk.store.wakeups.subscribe(call.namespace, look.hinted)
        try:
            async for event in events(look):
                yield event
        finally:
            desk.streams -= 1
            unsubscribe()

    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(body(), headers=headers, media_type=MEDIA)


async def _job_events(
    call: Call[StreamQuery, None], job: Job, look: _Look, *, seen: int | None, after: int
) -> AsyncIterator[bytes]:
    store = call.desk.store
    state = _mark(job) if seen is not None and seen == _number(job) else None
    progress: tuple[float | None, str | None] = (None, None)
    quiet = 0
    while True:
        events = []
        if _mark(job) != state:
            state = _mark(job)
            shape = job_shape(job, with_values=False)
            events.append(_event("state", f"{_number(job)}.{after}", shape))
        if (job.progress, job.progress_note) not in {progress, (None, None)}:
            progress = (job.progress, job.progress_note)
            shown = {"fraction": job.progress, "note": job.progress_note}
            events.append(_event("progress", f"{_number(job)}.{after}", shown))
        lines = await store.logs.read(call.namespace, job.id, after=after, limit=LINES)
        for line in lines:
            after = line.seq
            events.append(_event("log", f"{_number(job)}.{after}", log_shape(line)))
        for event in events:
            yield event
        if job.state in FINAL and len(lines) < LINES:
            yield _event("end", f"{_number(job)}.{after}", {"state": job.state.value})
            return
        quiet = 0 if events else quiet + 1
        if quiet % QUIET_LOOKS == QUIET_LOOKS - 1:
            yield b": still here\n\n"
        if not await look.again():
            return
        with contextlib.suppress(StoreError):
            try:
                job = await control.fetch(store, call.namespace, job.id)
            except NotFound:
                yield _event("end", f"{_number(job)}.{after}", {"state": "removed"})
                return


async def _queue_events(call: Call[StreamQuery, None], look: _Look, cursor: str) -> AsyncIterator[bytes]:
    quiet = 0
    while True:
        with contextlib.suppress(StoreError):
            data = await call.desk.board(call.namespace, _queues)
            mark = hashlib.blake2b(data.encode(), digest_size=12).hexdigest()
            quiet += 1
            if mark != cursor:
                cursor, quiet = mark, 0
                yield f"id: {mark}\nevent: queues\ndata: {data}\n\n".encode()
            elif quiet % QUIET_LOOKS == 0:
                yield b": still here\n\n"
        if not await look.again():
            return


async def _queues(desk: Desk, namespace: str) -> str:
    counts = await desk.store.reads.counts(namespace)
    queues = await desk.store.queues.page(namespace)
    return _json({"items": [queue_shape(queue, counts) for queue in queues]})


def _cursor(call: Call[StreamQuery, None]) -> str:
    return call.query.cursor or call.request.headers.get("last-event-id", "")


def _mark(job: Job) -> tuple[Any, ...]:
    return (job.state, job.reason, job.fence, job.request, job.priority, job.run_at, job.discarded_at)


def _number(job: Job) -> int:
    """What of a job's state a cursor holds: its fence, and whether it is running, waiting or over."""
    return job.fence * len(JobState) + list(JobState).index(job.state)


def _event(kind: str, cursor: str, data: object) -> bytes:
    return f"id: {cursor}\nevent: {kind}\ndata: {_json(data)}\n\n".encode()


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, separators=(",", ":"))


OPERATIONS: Final = (
    Operation(
        name="watch_job",
        method="GET",
        path="/jobs/{job_id}/events",
        tag="events",
        summary="Stream the states, the progress and the log of a job until it is final.",
        right=Right.READ,
        handler=watch_job,
        query=StreamQuery,
        answered=Answered(media=MEDIA, what="Events `state`, `progress`, `log` and, at last, `end`."),
        refusals=(404,),
    ),
    Operation(
        name="watch_namespace",
        method="GET",
        path="/events",
        tag="events",
        summary="Stream how many jobs of each queue are in which state, whenever that changes.",
        right=Right.READ,
        handler=watch_namespace,
        query=StreamQuery,
        answered=Answered(media=MEDIA, what="Events `queues`."),
    ),
)
