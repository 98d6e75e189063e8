"""Workflows: apply a graph, start a run, bring it on step by step, from what its steps left in the store.

Nothing of a run is in anybody's memory. `advance` reads how the steps stand, asks the core what comes next,
and stores that; ids of steps follow from the run's, so it may be repeated, and done by several processes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, cast

from beltline.core.batch import Batch, Children
from beltline.core.codec import dump_json, parse_json, payload_hash
from beltline.core.durations import micros
from beltline.core.errors import InvalidInput, NotFound, PayloadTooLarge
from beltline.core.failure import failure
from beltline.core.ids import Random, new_id
from beltline.core.job import Change, Job, NewJob
from beltline.core.reasons import Reason
from beltline.core.states import JobState
from beltline.core.workflow import Begin, End, Plan, Stand, Step, Workflow, plan
from beltline.engine import control
from beltline.engine.graphs import require_parts, stored_workflow
from beltline.engine.objects import kept, payload_limit, whole
from beltline.engine.submit import JobOptions, accepted, new_job, require_options
from beltline.engine.template import stored_template
from beltline.store.batches import Family, ListChildren, Seen
from beltline.store.contract import Store
from beltline.store.params import ApplyChanges, Inserted, InsertJobs

WORKFLOW: Final = "workflow"
EACH: Final = "each"
SIGNAL: Final = "signal"
CHUNK: Final = 1_000
MOST_ITEMS: Final = 100_000
MOST_GATHERED: Final = 10_000
_ENDS: Final[Mapping[JobState, End]] = MappingProxyType(
    {
        JobState.SUCCEEDED: End.SUCCEEDED,
        JobState.FAILED: End.FAILED,
        JobState.TIMED_OUT: End.FAILED,
        JobState.CANCELLED: End.CANCELLED,
    }
)


async def start(
    store: Store,
    namespace: str,
    name: str,
    given: object,
    *,
    random: Random,
    options: JobOptions = JobOptions(),  # noqa: B008 - frozen
) -> str:
    """Store a run of a workflow and return its id. Does and raises what `begin` does."""
    return (await begin(store, namespace, name, given, random=random, options=options)).id


async def begin(
    store: Store,
    namespace: str,
    name: str,
    given: object,
    *,
    random: Random,
    options: JobOptions = JobOptions(),  # noqa: B008 - frozen
) -> Inserted:
    """Store a run of a workflow; nothing is stored where a step could never begin.

    Of the options `id`, `labels`, `owner`, `correlation_id` and `actor` count. The same `id` with the same
    input is the same run.

    Raises NotFound, InvalidInput that lists every fault of the options, IdReused, InvalidWorkflow that names
    every job definition and workflow that is missing.
    """
    require_options(options)
    workflow = await stored_workflow(store, namespace, name)
    await require_parts(store, namespace, workflow)
    now = store.now()
    payload, limit = dump_json(given), payload_limit(store)
    if len(payload) > limit:
        raise PayloadTooLarge("the input", len(payload), limit)
    job = _run(workflow, payload, options.id or new_id(now, random), now)
    job = job._replace(
        labels=options.labels,
        owner=options.owner,
        correlation_id=options.correlation_id,
        actor=options.actor,
        chosen_id=options.id is not None,
    )
    [answer] = await _insert(store, namespace, [job], opens=WORKFLOW)
    accepted(job, answer)
    return answer


def _run(workflow: Workflow, payload: bytes, job_id: str, now: int) -> NewJob:
    return NewJob(
        id=job_id,
        definition=workflow.name,
        version=workflow.version,
        queue="workflows",
        state=JobState.WAITING,
        reason=Reason.CHILDREN,
        payload=payload,
        payload_hash=payload_hash(payload),
        created_at=now,
        max_attempts=1,
        chosen_id=True,
    )


async def _insert(
    store: Store,
    namespace: str,
    jobs: Sequence[NewJob],
    *,
    family: str | None = None,
    opens: str | None = None,
) -> list[Inserted]:
    jobs = await kept(store, namespace, jobs)
    return await store.jobs.insert(
        InsertJobs(
            namespace=namespace,
            jobs=jobs,
            now=store.now(),
            family=None if family is None else Family(parent=family, kind=WORKFLOW),
            opens=opens,
        )
    )


async def steps_of(store: Store, namespace: str, job: Job, workflow: Workflow) -> dict[str, Job]:
    """Return the jobs of a run's steps that have begun, and of undos, by the step's name."""
    names = [*workflow.steps, *(f"{name}.undo" for name, step in workflow.steps.items() if step.undo)]
    ids = {f"{job.id}.{name}": name for name in names}
    return {ids[found.id]: found for found in await store.reads.get(namespace, list(ids))}


async def stands_of(store: Store, jobs: Mapping[str, Job]) -> dict[str, Stand]:
    """Return how these jobs stand, with their results."""
    return {name: await _stand(store, job) for name, job in jobs.items()}


async def _stand(store: Store, job: Job) -> Stand:
    if job.state is not JobState.SUCCEEDED:
        return Stand(_ENDS.get(job.state, End.OPEN))
    return Stand(End.SUCCEEDED, json_of((await whole(store, job)).result))


def json_of(data: bytes | None) -> Any:  # noqa: ANN401 - any JSON value
    """Return the value of JSON bytes, None where there are none."""
    return None if not data else parse_json(data.decode())


async def advance(store: Store, namespace: str, batch: Batch, job: Job) -> Seen | None:
    """Bring a run on: deliver signals, begin what can begin, end it when all is done.

    Return None where there is more to do at once.
    """
    workflow = await stored_workflow(store, namespace, job.definition, job.version)
    jobs = await steps_of(store, namespace, job, workflow)
    if await _deliver(store, namespace, job, workflow, jobs):
        return None
    given = json_of((await whole(store, job)).payload)
    coming = plan(workflow, given, await stands_of(store, jobs))
    for begin in coming.begin:
        await _begin(store, namespace, job, begin)
    if any(begin.step.wait for begin in coming.begin):
        # Its signal may have come already.
        return None
    if coming.is_over:
        now = store.now()
        change = _ended(job, coming, now)
        # Steps that another look has begun since are seen by the next one.
        known = {job.id: batch.total}
        params = ApplyChanges(namespace=namespace, changes=[change], now=now, children=known)
        return None if await store.jobs.apply(params) else Seen(batch.job_id, batch.turn, ended_at=now)
    return Seen(batch.job_id, batch.turn)


def _ended(job: Job, coming: Plan, now: int) -> Change:
    if coming.failed:
        error = failure("StepsFailed", f"steps failed: {', '.join(coming.failed)}")
        return control.same(job, JobState.FAILED, Reason.CHILDREN_FAILED, now)._replace(error=error)
    clean = all(stand.end in {End.SUCCEEDED, End.SKIPPED} for stand in coming.stands.values())
    reason = Reason.RETURNED if clean else Reason.WITH_FAILURES
    return control.same(job, JobState.SUCCEEDED, reason, now)._replace(
        result=dump_json(coming.result), error=None
    )


async def _deliver(
    store: Store, namespace: str, job: Job, workflow: Workflow, jobs: Mapping[str, Job]
) -> bool:
    """End the waits whose signals have come; return whether there were some."""
    waiting = {
        step.wait: jobs[name]
        for name, step in workflow.steps.items()
        if step.wait and name in jobs and jobs[name].state is JobState.WAITING
    }
    if not waiting:
        return False
    now = store.now()
    changes = [
        control.same(waiting[signal.name], JobState.SUCCEEDED, Reason.EVENT, now)._replace(
            result=signal.payload
        )
        for signal in await store.workflows.signals(namespace, job.id)
        if signal.name in waiting
    ]
    if changes:
        await store.jobs.apply(ApplyChanges(namespace=namespace, changes=changes, now=now))
    return bool(changes)


async def _begin(store: Store, namespace: str, job: Job, begin: Begin) -> None:
    step, now = begin.step, store.now()
    step_id = f"{job.id}.{step.name}" + (".undo" if begin.is_undo else "")
    if step.wait is not None:
        await _insert(store, namespace, [_wait(job, step, step_id, now)], family=job.id)
    elif step.workflow is not None:
        sub = await stored_workflow(store, namespace, step.workflow)
        run = _run(sub, dump_json(begin.payload), step_id, now)
        await _insert(store, namespace, [run], family=job.id, opens=WORKFLOW)
    elif begin.items is not None:
        await _begin_each(store, namespace, job, step_id, begin)
    else:
        made = await _job(store, namespace, step, step_id, begin.payload, is_undo=begin.is_undo)
        await _insert(store, namespace, [made], family=job.id)


async def _begin_each(store: Store, namespace: str, job: Job, step_id: str, begin: Begin) -> None:
    """Store the job that gathers, then a job for each item, a thousand at a time."""
    items = begin.items or ()
    if len(items) > MOST_ITEMS:
        raise InvalidInput(
            f"step {begin.step.name!r}: {len(items):,} items; at most {MOST_ITEMS:,} are taken"
        )
    now = store.now()
    payload = dump_json({"items": len(items), "tolerate": begin.step.tolerate})
    gather = _run(Workflow(name=EACH, version="1", steps={}), payload, step_id, now)
    await _insert(store, namespace, [gather], family=job.id, opens=EACH)
    await fill_each(store, namespace, begin, step_id)


async def fill_each(store: Store, namespace: str, begin: Begin, step_id: str) -> None:
    """Store the items of an `each` that are not there yet."""
    for first in range(0, len(begin.items or ()), CHUNK):
        chunk = (begin.items or ())[first : first + CHUNK]
        made = [
            await _job(store, namespace, begin.step, f"{step_id}.{first + place}", payload)
            for place, payload in enumerate(chunk)
        ]
        await _insert(store, namespace, made, family=step_id)


async def _job(
    store: Store,
    namespace: str,
    step: Step,
    job_id: str,
    payload: object,
    *,
    is_undo: bool = False,
) -> NewJob:
    name = cast("str", step.undo if is_undo else step.job)
    definition = await store.definitions.get(namespace, name)
    if definition is None:
        raise NotFound("job definition", name, "register it with `beltline definitions apply APP`")
    options = JobOptions(id=job_id, **({} if is_undo else dict(step.options)))
    return new_job(
        stored_template(definition), dump_json(payload), options, now=store.now(), random=_NoRandom()
    )


class _NoRandom:
    """Ids of steps follow from their run's: what is drawn here is thrown away."""

    def getrandbits(self, k: int, /) -> int:  # noqa: ARG002
        return 0

    def random(self) -> float:
        return 0.0


def _wait(job: Job, step: Step, step_id: str, now: int) -> NewJob:
    payload = dump_json({"signal": step.wait})
    made = _run(Workflow(name=SIGNAL, version="1", steps={}), payload, step_id, now)
    deadline = None if step.timeout is None else now + micros(step.timeout, what="timeout")
    return made._replace(reason=Reason.EVENT, deadline_at=deadline, owner=job.owner)


async def gather(store: Store, namespace: str, batch: Batch, job: Job) -> Seen | None:
    """End an `each` whose items have all ended: its result is the list of theirs, in their order."""
    given = json_of(job.payload)
    if batch.total < given["items"]:
        await _refill(store, namespace, job)
        return None
    if batch.open:
        return Seen(batch.job_id, batch.turn)
    now = store.now()
    if Children(given["tolerate"]).exceeds(batch):
        what = f"{batch.failed:,} of {batch.total:,} items failed, more than this step tolerates"
        change = control.same(job, JobState.FAILED, Reason.CHILDREN_FAILED, now)
        change = change._replace(error=failure("ItemsFailed", what))
    else:
        results = await _results(store, namespace, batch)
        clean = batch.failed == 0 and batch.cancelled == 0
        reason = Reason.RETURNED if clean else Reason.WITH_FAILURES
        change = control.same(job, JobState.SUCCEEDED, reason, now)._replace(result=dump_json(results))
    misses = await store.jobs.apply(ApplyChanges(namespace=namespace, changes=[change], now=now))
    return None if misses else Seen(batch.job_id, batch.turn, ended_at=now)


async def _refill(store: Store, namespace: str, job: Job) -> None:
    """Store the items that are missing: whoever began this step came no further."""
    run = await control.fetch(store, namespace, job.parent or "")
    workflow = await stored_workflow(store, namespace, run.definition, run.version)
    stands = await stands_of(store, await steps_of(store, namespace, run, workflow))
    stands.pop(job.id.removeprefix(f"{run.id}."), None)
    coming = plan(workflow, json_of((await whole(store, run)).payload), stands)
    for begin in coming.begin:
        if f"{run.id}.{begin.step.name}" == job.id:
            await fill_each(store, namespace, begin, job.id)


async def _results(store: Store, namespace: str, batch: Batch) -> list[Any]:
    """Return the results of the items in order, None for one that failed; of very many only the first."""
    found: dict[int, Any] = {}
    after = ""
    while len(found) < MOST_GATHERED:
        params = ListChildren(
            namespace=namespace, parents=[batch.job_id], where="history", after=after, limit=CHUNK
        )
        page = await store.batches.children(params)
        for child in page:
            if child.state is JobState.SUCCEEDED:
                found[int(child.id.rpartition(".")[2])] = json_of((await whole(store, child)).result)
        if len(page) < CHUNK:
            break
        after = page[-1].id
    return [found.get(place) for place in range(min(batch.total, MOST_GATHERED))]


Look = Callable[[Store, str, Batch, Job], Awaitable[Seen | None]]
# How batches are seen to that no body has.
KINDS: Final[Mapping[str, Look]] = MappingProxyType({WORKFLOW: advance, EACH: gather})
