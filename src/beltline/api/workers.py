"""Workers over HTTP: a session, beats, claims and settlements, guarded by fences as those of any worker."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any, Final

from starlette.responses import Response
from typing_extensions import TypedDict

from beltline.api.answering import answer, nothing, tagged
from beltline.api.operation import Answered, Call, Operation, Query
from beltline.api.settling import outcome_of, require_covered, settled_shape
from beltline.core.clock import MICROS
from beltline.core.decide import Policy
from beltline.core.durations import micros
from beltline.core.errors import NotFound
from beltline.core.ids import new_id
from beltline.core.job import ClaimedJob
from beltline.core.outcome import released
from beltline.core.reasons import Reason
from beltline.core.roles import Right
from beltline.engine.objects import kept_result, whole_bytes
from beltline.engine.rescue import give_back
from beltline.engine.settle import Settlement, claim, settle
from beltline.store.hints import Hint
from beltline.store.log_lines import NewLogLine
from beltline.store.params import NewSession, Progress, Session
from beltline.wire.bodies import WorkerBody
from beltline.wire.shapes import claimed_shape, worker_shape
from beltline.wire.work import (
    BeatWorker,
    ClaimedBody,
    ClaimJobs,
    OpenWorker,
    ReportProgress,
    SettledBody,
    SettleJobs,
    WriteLogs,
)

# Hints may be lost: a claim that waits looks so often all the same.
LOOK_S: Final = 1.0
MOST_REMEMBERED: Final = 10_000
# How long a job rests that this key may not have, before any worker may take it.
REST_US: Final = 5 * MICROS


class WorkerList(TypedDict):
    """The workers whose session is open, and those that still hold jobs, newest first."""

    items: list[WorkerBody]
    next: None
    total: int


class ClaimedList(TypedDict):
    """The jobs that are this worker's now."""

    items: list[ClaimedBody]
    next: None
    total: int


class BeatBody(TypedDict):
    """What a worker must know. Not `alive`: its session has ended; it drops its jobs and opens another.

    `requests` are jobs to cancel or pause; `lost` are jobs of `holds` that are not this worker's any more.
    """

    alive: bool
    requests: list[dict[str, Any]]
    lost: list[str]


async def list_workers(call: Call[Query, None]) -> Response:
    """List the workers."""
    now = call.desk.store.now()
    found = [worker_shape(each, now) for each in await call.desk.store.sessions.page(call.namespace)]
    return answer({"items": found, "next": None, "total": len(found)})


async def get_worker(call: Call[Query, None]) -> Response:
    """Show a worker, also one that has ended."""
    return tagged(call.request, worker_shape(await _session(call), call.desk.store.now()))


async def open_worker(call: Call[Query, OpenWorker]) -> Response:
    """Open a session."""
    given, store = call.body, call.desk.store
    for name in given.definitions or ():
        require_covered(call.caller, name)
    now = store.now()
    params = NewSession(
        namespace=call.namespace,
        id=new_id(now, call.desk.random),
        name=given.name,
        host=given.host,
        pid=given.pid,
        lease_us=micros(given.lease, what="lease"),
        queues=None if given.queues is None else tuple(given.queues),
        concurrency=given.concurrency,
        now=now,
        definitions=None if given.definitions is None else tuple(given.definitions),
    )
    await store.sessions.open(params)
    [session] = [each for each in await store.sessions.page(call.namespace) if each.id == params.id]
    return answer(worker_shape(session, now), 201)


async def beat_worker(call: Call[Query, BeatWorker]) -> Response:
    """Renew the lease of all jobs of a session."""
    store, session_id = call.desk.store, call.parts["worker_id"]
    now = store.now()
    reply = await store.sessions.beat(call.namespace, session_id, now)
    lost: list[str] = []
    if reply.alive and call.body.holds is not None:
        lost = await _compare(call, set(call.body.holds), now)
    shape: BeatBody = {
        "alive": reply.alive,
        "requests": [
            {"id": job_id, "fence": fence, "request": request} for job_id, fence, request in reply.requests
        ],
        "lost": lost if reply.alive else list(call.body.holds or ()),
    }
    return answer(shape)


async def claim_jobs(call: Call[Query, ClaimJobs]) -> Response:
    """Take jobs, waiting for some where there are none."""
    jobs = await _claimed(call, await _opened(call))
    if jobs and await call.request.is_disconnected():
        await give_back(call.desk.store, call.namespace, jobs, Reason.CLAIM_LOST, random=call.desk.random)
        jobs = []
    items: list[ClaimedBody] = [
        claimed_shape(job, await whole_bytes(call.desk.store, job.payload)) for job in jobs
    ]
    return answer({"items": items, "next": None, "total": len(items)})


async def settle_jobs(call: Call[Query, SettleJobs]) -> Response:
    """Say how runs ended. What is not this worker's any more is reported lost, and left alone."""
    store, desk = call.desk.store, call.desk
    held = await _held(call)
    batch: list[Settlement] = []
    lost: list[str] = []
    for item in call.body.items:
        job = held.pop(item.id, None)
        if job is None or job.fence != item.fence:
            lost.append(item.id)
            continue
        outcome = await kept_result(store, call.namespace, job.id, outcome_of(item, store))
        policy = await desk.templates.policy_of(call.namespace, job.definition)
        batch.append(Settlement(job, outcome, policy))
    done = await settle(store, call.namespace, batch, random=desk.random) if batch else None
    changes = done.changes if done is not None else []
    lost += done.lost if done is not None else []
    shape: SettledBody = {"settled": [settled_shape(change) for change in changes], "lost": lost}
    return answer(shape)


async def report_progress(call: Call[Query, ReportProgress]) -> Response:
    """Say how far running jobs are; what is not this worker's any more is dropped."""
    held = await _held(call)
    reports = [
        Progress(item.id, item.fence, item.fraction, item.note) for item in call.body.items if item.id in held
    ]
    await call.desk.store.jobs.progress(call.namespace, reports)
    return nothing()


async def write_logs(call: Call[Query, WriteLogs]) -> Response:
    """Append lines to the logs of running jobs; those of jobs that are not this worker's are dropped."""
    held = await _held(call)
    now = call.desk.store.now()
    lines = [
        NewLogLine(item.id, held[item.id].run, now, item.level, item.message, item.fields_text())
        for item in call.body.items
        if item.id in held
    ]
    if lines:
        await call.desk.store.logs.append(call.namespace, lines)
    return nothing()


async def close_worker(call: Call[Query, None]) -> Response:
    """End a session; the jobs it holds go back to their queues, uncharged."""
    store = call.desk.store
    session = await _session(call)
    held = await store.jobs.held(call.namespace, session.id)
    await give_back(store, call.namespace, held, Reason.DRAINED, random=call.desk.random)
    await store.sessions.close(call.namespace, session.id, store.now())
    return answer(worker_shape(await _session(call), store.now()))


async def _opened(call: Call[Any, Any]) -> Session:
    """Return the session as it was opened, remembered: a claim must not read the sessions of all workers.

    Whether it is still open the store says at each claim.
    """
    known, name = call.desk.sessions, (call.namespace, call.parts["worker_id"])
    found = known.get(name)
    if found is None:
        found = known[name] = await _session(call)
        if len(known) > MOST_REMEMBERED:
            known.popitem(last=False)
    return found


async def _session(call: Call[Any, Any]) -> Session:
    worker_id = call.parts["worker_id"]
    for ended in (False, True):
        for session in await call.desk.store.sessions.page(call.namespace, ended=ended):
            if session.id == worker_id:
                return session
    raise NotFound("worker", worker_id, "open a session: POST …/workers")


async def _held(call: Call[Any, Any]) -> dict[str, ClaimedJob]:
    held = await call.desk.store.jobs.held(call.namespace, call.parts["worker_id"])
    return {job.id: job for job in held if call.caller.covers(job.definition)}


async def _compare(call: Call[Query, BeatWorker], holds: set[str], now: int) -> list[str]:
    """Return what the worker lost; give back what it does not know of.

    Such a job was claimed by a call whose answer was lost. The answer of a young claim may still be on its
    way, so only what is older than a lease counts.
    """
    session = await _opened(call)
    held = await call.desk.store.jobs.held(call.namespace, session.id)
    unknown = [job for job in held if job.id not in holds and now - job.started_at > session.lease_us]
    await give_back(call.desk.store, call.namespace, unknown, Reason.CLAIM_LOST, random=call.desk.random)
    return sorted(holds - {job.id for job in held})


async def _claimed(call: Call[Query, ClaimJobs], session: Session) -> list[ClaimedJob]:
    store, desk = call.desk.store, call.desk
    jobs = await _ours(call, session)
    wait_s = micros(call.body.wait, what="wait") / MICROS
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
                async with asyncio.timeout(LOOK_S):
                    await woken.wait()
            woken.clear()
            jobs = await _ours(call, session)
    finally:
        timer.cancel()
        unsubscribe()
    return jobs


async def _ours(call: Call[Query, ClaimJobs], session: Session) -> list[ClaimedJob]:
    """Claim; what this key is not for goes back uncharged and rests a little, for others to take."""
    store = call.desk.store
    jobs = await claim(store, call.namespace, session.id, queues=session.queues, limit=call.body.limit)
    foreign = [job for job in jobs if not call.caller.covers(job.definition)]
    if foreign:
        outcome = released(Reason.NO_HANDLER, REST_US)
        batch = [Settlement(job, outcome, Policy()) for job in foreign]
        await settle(store, call.namespace, batch, random=call.desk.random)
    return [job for job in jobs if call.caller.covers(job.definition)]


def _work(name: str, path: str, summary: str, **rest: Any) -> Operation:
    return Operation(
        name=name,
        method="POST",
        path=f"/workers{path}",
        tag="workers",
        summary=summary,
        right=Right.WORK,
        **rest,
    )


OPERATIONS: Final = (
    Operation(
        name="list_workers",
        method="GET",
        path="/workers",
        tag="workers",
        summary="List the workers whose session is open.",
        right=Right.READ,
        handler=list_workers,
        answered=Answered(type=WorkerList, what="The workers."),
    ),
    Operation(
        name="get_worker",
        method="GET",
        path="/workers/{worker_id}",
        tag="workers",
        summary="Show a worker, also one that has ended.",
        right=Right.READ,
        handler=get_worker,
        answered=Answered(type=WorkerBody, what="The worker."),
        refusals=(304, 404),
    ),
    _work(
        "open_worker",
        "",
        "Open a session, under which jobs are claimed.",
        handler=open_worker,
        body=OpenWorker,
        example={"name": "node-1", "concurrency": 10, "lease": "30s", "queues": ["default"]},
        answered=Answered(type=WorkerBody, status=201, what="The session; its id is the worker's."),
    ),
    _work(
        "beat_worker",
        "/{worker_id}/beat",
        "Renew the lease of all jobs of a session: three times in a lease.",
        handler=beat_worker,
        body=BeatWorker,
        example={"holds": []},
        answered=Answered(type=BeatBody, what="What the worker must know."),
        refusals=(404,),
    ),
    _work(
        "claim_jobs",
        "/{worker_id}/claim",
        "Take up to `limit` jobs; where there are none, wait for some.",
        handler=claim_jobs,
        body=ClaimJobs,
        example={"limit": 10, "wait": "30s"},
        answered=Answered(type=ClaimedList, what="The jobs, perhaps none."),
        refusals=(404, 409),
    ),
    _work(
        "settle_jobs",
        "/{worker_id}/settle",
        "Say how runs ended. A job whose fence has moved on is reported lost and left alone.",
        handler=settle_jobs,
        body=SettleJobs,
        example={"items": [{"id": "06f2k9", "fence": 1, "outcome": "succeeded", "result": {"width": 5}}]},
        answered=Answered(type=SettledBody, what="What became of the jobs."),
        refusals=(413,),
    ),
    _work(
        "report_progress",
        "/{worker_id}/progress",
        "Say how far running jobs are.",
        handler=report_progress,
        body=ReportProgress,
        example={"items": [{"id": "06f2k9", "fence": 1, "fraction": 0.5, "note": "half"}]},
        answered=Answered(status=204, what="Noted."),
    ),
    _work(
        "write_logs",
        "/{worker_id}/logs",
        "Append lines to the logs of running jobs.",
        handler=write_logs,
        body=WriteLogs,
        example={"items": [{"id": "06f2k9", "level": "info", "message": "begun"}]},
        answered=Answered(status=204, what="Written."),
    ),
    Operation(
        name="close_worker",
        method="DELETE",
        path="/workers/{worker_id}",
        tag="workers",
        summary="End a session; the jobs it holds go back to their queues, uncharged.",
        right=Right.WORK,
        handler=close_worker,
        answered=Answered(type=WorkerBody, what="The worker as it stands now."),
        refusals=(404,),
    ),
)
