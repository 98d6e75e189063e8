"""Workers over HTTP: a session, beats, claims and settlements, guarded by fences as those of any worker."""

from __future__ import annotations

from typing import Any, Final

from starlette.responses import Response
from typing_extensions import TypedDict

from beltline.api.answering import answer, nothing, tagged
from beltline.api.claiming import claimed_jobs, had_run, held_jobs, opened_session, session_of
from beltline.api.operation import Answered, Call, Operation, Query
from beltline.api.settling import outcome_of, require_covered, settled_shape
from beltline.core.durations import micros
from beltline.core.errors import InvalidInput
from beltline.core.ids import new_id
from beltline.core.job import ClaimedJob
from beltline.core.needs import amounts_of, resource_faults, tag_faults
from beltline.core.offers import Offer
from beltline.core.reasons import Reason
from beltline.core.roles import Right
from beltline.engine.capacity import versions_of
from beltline.engine.objects import kept_result, whole_bytes
from beltline.engine.rescue import give_back
from beltline.engine.settle import Settlement, settle
from beltline.store.log_lines import NewLogLine
from beltline.store.params import NewSession, Progress
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
    WriteLog,
    WriteLogs,
)


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
    return tagged(call.request, worker_shape(await session_of(call), call.desk.store.now()))


async def open_worker(call: Call[Query, OpenWorker]) -> Response:
    """Open a session."""
    given, store = call.body, call.desk.store
    definitions = given.definitions if given.versions is None else list(given.versions)
    for name in definitions or ():
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
        definitions=None if definitions is None else tuple(definitions),
        versions=None if given.versions is None else tuple(given.versions.values()),
        offer=_offer(given).text(),
    )
    await store.sessions.open(params)
    [session] = [each for each in await store.sessions.page(call.namespace) if each.id == params.id]
    return answer(worker_shape(session, now), 201)


def _offer(given: OpenWorker) -> Offer:
    """Return what a worker offers. Raises InvalidInput that lists every fault."""
    faults = [*resource_faults(given.resources, most=100), *tag_faults(given.tags, most=100)]
    if faults:
        raise InvalidInput("; ".join(faults))
    amounts = amounts_of(given.resources or {})
    return Offer(amounts, frozenset(given.tags or ()), everything=given.everything)


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
    jobs = await claimed_jobs(call, await opened_session(call), limit=call.body.limit, wait=call.body.wait)
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
    held = await held_jobs(call)
    opened = await opened_session(call) if held else None
    versions = versions_of(opened.session) if opened else {}
    batch: list[Settlement] = []
    lost: list[str] = []
    for item in call.body.items:
        job = held.pop(item.id, None)
        if job is None or job.fence != item.fence:
            lost.append(item.id)
            continue
        outcome = await kept_result(store, call.namespace, job.id, outcome_of(item, store))
        policy = await desk.templates.policy_of(call.namespace, job.definition)
        version = versions.get(job.definition)
        batch.append(Settlement(job, outcome, policy._replace(version=version)))
    done = await settle(store, call.namespace, batch, random=desk.random) if batch else None
    if opened is not None:
        opened.note_ended(item.job for item in batch)
    changes = done.changes if done is not None else []
    lost += done.lost if done is not None else []
    shape: SettledBody = {"settled": [settled_shape(change) for change in changes], "lost": lost}
    return answer(shape)


async def report_progress(call: Call[Query, ReportProgress]) -> Response:
    """Say how far running jobs are; what is not this worker's any more is dropped."""
    held = await held_jobs(call)
    reports = [
        Progress(item.id, item.fence, item.fraction, item.note) for item in call.body.items if item.id in held
    ]
    await call.desk.store.jobs.progress(call.namespace, reports)
    return nothing()


async def write_logs(call: Call[Query, WriteLogs]) -> Response:
    """Append lines to the logs of jobs that this worker runs or, where the line says which run, ran."""
    held, store = await held_jobs(call), call.desk.store
    now = store.now()
    lines = []
    for item in call.body.items:
        run = await _run_of(call, item, held.get(item.id))
        if run is not None:
            lines.append(NewLogLine(item.id, run, now, item.level, item.message, item.fields_text()))
    if lines:
        await store.logs.append(call.namespace, lines)
    return nothing()


async def _run_of(call: Call[Query, WriteLogs], item: WriteLog, job: ClaimedJob | None) -> int | None:
    """Return the run that a line belongs to; None where it is none of this worker's."""
    if job is not None and item.run in {None, job.run}:
        return job.run
    if item.run is None:
        return None
    return item.run if await had_run(call, item.id, item.run) else None


async def close_worker(call: Call[Query, None]) -> Response:
    """End a session; the jobs it holds go back to their queues, uncharged."""
    store = call.desk.store
    session = await session_of(call)
    held = await store.jobs.held(call.namespace, session.id)
    await give_back(store, call.namespace, held, Reason.DRAINED, random=call.desk.random)
    await store.sessions.close(call.namespace, session.id, store.now())
    return answer(worker_shape(await session_of(call), store.now()))


async def _compare(call: Call[Query, BeatWorker], holds: set[str], now: int) -> list[str]:
    """Return what the worker lost; give back what it does not know of.

    Such a job was claimed by a call whose answer was lost. The answer of a young claim may still be on its
    way, so only what is older than a lease counts.
    """
    session = (await opened_session(call)).session
    held = await call.desk.store.jobs.held(call.namespace, session.id)
    unknown = [job for job in held if job.id not in holds and now - job.started_at > session.lease_us]
    await give_back(call.desk.store, call.namespace, unknown, Reason.CLAIM_LOST, random=call.desk.random)
    return sorted(holds - {job.id for job in held})


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
