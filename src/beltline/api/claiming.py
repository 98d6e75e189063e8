"""The sessions of remote workers, and claims that wait."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Final

from beltline.api.operation import Call
from beltline.api.picking import Opened
from beltline.core.clock import MICROS
from beltline.core.decide import Policy
from beltline.core.durations import micros
from beltline.core.errors import NotFound
from beltline.core.job import ClaimedJob
from beltline.core.outcome import released
from beltline.core.reasons import Reason
from beltline.engine.settle import Settlement, settle
from beltline.store.hints import Hint
from beltline.store.params import Session

MOST_REMEMBERED: Final = 10_000
# How long a job rests that this worker cannot or may not run, before any worker may take it.
REST_US: Final = 5 * MICROS


async def opened_session(call: Call[Any, Any]) -> Opened:
    """Return the session as it was opened, remembered: a claim must not read the sessions of all workers.

    Whether it is still open the store says at each claim. Raises NotFound.
    """
    known, name = call.desk.sessions, (call.namespace, call.parts["worker_id"])
    found = known.get(name)
    if found is None:
        found = known[name] = Opened(await session_of(call), clock=call.desk.clock)
        if len(known) > MOST_REMEMBERED:
            known.popitem(last=False)
    return found


async def session_of(call: Call[Any, Any]) -> Session:
    """Return the session that a path names, also one that has ended. Raises NotFound."""
    worker_id = call.parts["worker_id"]
    for ended in (False, True):
        for session in await call.desk.store.sessions.page(call.namespace, ended=ended):
            if session.id == worker_id:
                return session
    raise NotFound("worker", worker_id, "open a session: POST …/workers")


async def held_jobs(call: Call[Any, Any]) -> dict[str, ClaimedJob]:
    """Return the jobs that the session of a path holds and that this key is for, by id."""
    held = await call.desk.store.jobs.held(call.namespace, call.parts["worker_id"])
    return {job.id: job for job in held if call.caller.covers(job.definition)}


async def had_run(call: Call[Any, Any], job_id: str, run: int) -> bool:
    """Return whether the session of a path had this run of a job, however it ended."""
    worker_id = call.parts["worker_id"]
    opened = call.desk.sessions.get((call.namespace, worker_id))
    if opened is not None and opened.ended(job_id) == run:
        return True
    attempts = await call.desk.store.reads.attempts(call.namespace, job_id)
    return any(attempt.run == run and attempt.session == worker_id for attempt in attempts)


async def claimed_jobs(call: Call[Any, Any], opened: Opened, *, limit: int, wait: str) -> list[ClaimedJob]:
    """Claim up to `limit` jobs; where there are none, wait so long for some. Raises LeaseLost."""
    store, desk = call.desk.store, call.desk
    jobs = await _ours(call, opened, limit)
    wait_s = micros(wait, what="wait") / MICROS
    if jobs or not wait_s:
        return jobs
    woken, over = asyncio.Event(), asyncio.Event()

    def end() -> None:
        over.set()
        woken.set()

    def hinted(hint: Hint) -> None:
        if hint is Hint.QUEUED:
            woken.set()

    # No time-out around the claim itself: one that is cut off would lose what it took.
    timer = asyncio.get_running_loop().call_later(wait_s, end)
    unsubscribe = await store.wakeups.subscribe(call.namespace, hinted)
    try:
        while not jobs and not over.is_set() and not desk.is_stopping:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(opened.rest_s):
                    await woken.wait()
            woken.clear()
            if await call.request.is_disconnected():
                break
            jobs = await _ours(call, opened, limit)
    finally:
        timer.cancel()
        unsubscribe()
    return jobs


async def _ours(call: Call[Any, Any], opened: Opened, limit: int) -> list[ClaimedJob]:
    """Claim; what this worker cannot or may not run goes back uncharged and rests, for others to take."""
    store = call.desk.store
    jobs = await opened.claim(store, call.namespace, limit)
    can_run = opened.session.definitions
    ours = [
        job
        for job in jobs
        if call.caller.covers(job.definition) and (can_run is None or job.definition in can_run)
    ]
    if len(ours) < len(jobs):
        outcome, kept = released(Reason.NO_HANDLER, REST_US), {job.id for job in ours}
        batch = [Settlement(job, outcome, Policy()) for job in jobs if job.id not in kept]
        await settle(store, call.namespace, batch, random=call.desk.random)
    return ours
