"""Why a job is not running, or how it ended: answered from reason codes and what is stored beside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from beltline.core.batch import Batch
from beltline.core.clock import MICROS
from beltline.core.failure import read_failure
from beltline.core.job import Job
from beltline.core.prerequisites import Edge
from beltline.core.reasons import WORDS
from beltline.core.states import FINAL, JobState
from beltline.engine import capacity, control, trigger_waits
from beltline.engine.workflows import SIGNAL, json_of
from beltline.store.contract import Store
from beltline.store.params import QueueInfo, Session

MOST_NAMED: Final = 100


class Waiting(NamedTuple):
    """One thing that a job waits for: what it is, how it stands, and what must become of it.

    Of a job that has ended: an `event`, its outcome, that a trigger holds for its window.
    """

    what: str
    id: str
    stands: str
    until: str


class Explanation(NamedTuple):
    """Why a job stands as it does. `hints`: what could be done about it."""

    job: Job
    summary: str
    waits: list[Waiting]
    hints: list[str]


async def explain(store: Store, namespace: str, job_id: str) -> Explanation:
    """Explain a job. Raises NotFound."""
    job = await control.fetch(store, namespace, job_id)
    text = WORDS[job.reason]
    if job.state in FINAL:
        return await _ended(store, namespace, job, f"it ended {job.state.value}: {text}{_error(job)}")
    if job.state is JobState.WAITING:
        return await _waiting(store, namespace, job, text)
    if job.state is JobState.QUEUED:
        return await _queued(store, namespace, job)
    if job.state is JobState.RUNNING:
        return await _running(store, namespace, job)
    hints = ["`beltline jobs resume` lets it go on"] if job.state is JobState.PAUSED else []
    if job.state in {JobState.SCHEDULED, JobState.RETRYING} and job.run_at is not None:
        text += f"; it is due {_when(job.run_at, store.now())}{_error(job)}"
        hints = ["`beltline jobs retry` runs it now"]
    return Explanation(job, f"it is {job.state.value}: {text}", [], hints)


async def _ended(store: Store, namespace: str, job: Job, summary: str) -> Explanation:
    now = store.now()
    waits = [
        Waiting(
            "event",
            f"trigger/{name}",
            f"held for {_seconds(now - wait.at)}",
            "never: it is throttled" if wait.job_at is None else f"its job comes {_when(wait.job_at, now)}",
        )
        for name, wait in await trigger_waits.holding(store, namespace, job)
    ]
    hints = [
        f"`beltline triggers explain {each.id.removeprefix('trigger/')}` shows all that waits"
        for each in waits
    ]
    return Explanation(job, summary, waits, hints[:3])


async def _waiting(store: Store, namespace: str, job: Job, text: str) -> Explanation:
    edges = await store.edges.page(namespace, job.id, MOST_NAMED)
    found = await store.reads.get(namespace, sorted({edge.prerequisite for edge in edges}))
    jobs = {each.id: each for each in found}
    now = store.now()
    waits = [_edge(edge, jobs.get(edge.prerequisite), now) for edge in edges]
    batches = await store.batches.get(namespace, [job.id])
    waits += [_batch(batch) for batch in batches]
    if job.definition == SIGNAL:
        name = json_of(job.payload)["signal"]
        until = "it is sent" if job.deadline_at is None else f"it is sent, or {_when(job.deadline_at, now)}"
        waits.append(Waiting("signal", name, "not sent", until))
    hints = [f"look at {each.id}: `beltline explain {each.id}`" for each in waits if each.what == "job"][:3]
    if job.definition == SIGNAL and job.parent:
        hints.append(f"`beltline signal {job.parent} {waits[-1].id}` sends it")
    if not waits:
        text = "what it waited for has ended; it goes on in a moment"
    return Explanation(job, f"it is waiting: {text}", waits, hints)


def _edge(edge: Edge, job: Job | None, now: int) -> Waiting:
    until = f"it is {edge.condition.replace(',', ' or ')}"
    if job is None:
        limit = "" if edge.unknown_at is None else f", or {_when(edge.unknown_at, now)}"
        return Waiting("job", edge.prerequisite, "not there yet", f"it comes{limit}, and {until}")
    return Waiting("job", job.id, f"{job.state.value} ({job.reason.value})", until)


def _batch(batch: Batch) -> Waiting:
    stands = f"{batch.open:,} of {batch.total:,} open, {batch.failed:,} failed"
    return Waiting("children", batch.job_id, stands, "all have ended")


async def _queued(store: Store, namespace: str, job: Job) -> Explanation:
    queues = {queue.name: queue for queue in await store.queues.page(namespace)}
    sessions = await store.sessions.page(namespace)
    now = store.now()
    alive = [each for each in sessions if capacity.is_alive(each, now)]
    summary, hints = _queue_story(job, queues.get(job.queue), alive)
    blocked = (await capacity.blocked(store, namespace, [job])).get(job.id) if alive else None
    if blocked is not None:
        summary = f"{WORDS[blocked.reason]}: {blocked.asked}, and there is {blocked.offered}"
        hints = ["start a worker that has it: `beltline work APP --resources … --tags …`"]
    return Explanation(job, f"it is queued in {job.queue}: {summary}", [], hints)


def _queue_story(job: Job, queue: QueueInfo | None, alive: Sequence[Session]) -> tuple[str, list[str]]:
    if queue is not None and queue.paused:
        return "the queue is paused", [f"`beltline queues resume {job.queue}`"]
    if not alive:
        return "no worker is alive", ["start one: `beltline work APP`"]
    mine = [each for each in alive if each.queues is None or job.queue in each.queues]
    if not mine:
        return "no live worker takes jobs of this queue", [f"`beltline work APP --queues {job.queue}`"]
    able = [each for each in mine if each.definitions is None or job.definition in each.definitions]
    if not able:
        return f"no live worker has code for {job.definition}", ["start a worker whose app defines it"]
    before = 0 if queue is None else queue.queued
    slots = sum(each.concurrency for each in able)
    return f"{before:,} jobs are queued there for {slots:,} slots of {len(able)} workers", [
        "add workers, or raise its priority, where it waits for long"
    ]


async def _running(store: Store, namespace: str, job: Job) -> Explanation:
    sessions = {each.id: each for each in await store.sessions.page(namespace, ended=True)}
    session = sessions.get(job.session or "")
    where = "" if session is None else f" on worker {session.name} of {session.host}"
    since = f" since {_seconds(store.now() - (job.started_at or 0))}"
    asked = f"; {job.request} was requested, and its worker will obey" if job.request else ""
    return Explanation(
        job, f"it runs{where}{since}{asked}", [], [f"`beltline jobs stack {job.id}` shows where"]
    )


def _error(job: Job) -> str:
    found = read_failure(job.error)
    return f" ({found['type']}: {found['message'].splitlines()[0]})" if found and found["message"] else ""


def _when(at: int, now: int) -> str:
    return f"in {_seconds(at - now)}" if at > now else "now"


def _seconds(micros: int) -> str:
    return f"{micros / MICROS:,.1f} s"
