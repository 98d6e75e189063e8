"""Batches: what becomes of jobs with children, how far they are, and what an operator may do to a tree."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Final, NamedTuple

from beltline.core.batch import Batch, Progress, Verdict, judge, progress
from beltline.core.errors import InvalidInput, InvalidTransition, NotFound, ParentEnded
from beltline.core.failure import failure, failure_of, read_failure
from beltline.core.job import Change, Job
from beltline.core.reasons import Reason
from beltline.core.states import DEAD, FINAL, JobState
from beltline.engine import control, runs, workflows
from beltline.engine.template import stored_children
from beltline.store.batches import KIND, ListChildren, Seen
from beltline.store.contract import Store
from beltline.store.params import ApplyChanges, AuditEntry, Definition, NoteRequests, ReplayDead

FOLD_BATCH: Final = 5_000
LOOK_BATCH: Final = 200
PAGE: Final = 1_000
MOST_CAUSES: Final = 20
MOST_READ: Final = 10_000

_UNSPLIT: Final = frozenset({JobState.WAITING, JobState.SCHEDULED, JobState.QUEUED, JobState.RETRYING})


class Cause(NamedTuple):
    """Children that failed alike."""

    error: str
    reason: str
    jobs: int
    example: str


class Tree(NamedTuple):
    """A batch with all that is below it. `causes`: why jobs of it failed, the most frequent first."""

    job: Job
    batch: Batch
    progress: Progress
    causes: list[Cause]


async def look(store: Store, namespace: str) -> int:
    """Fold what ended and see to the batches that are due; return how much was done, 0 for nothing left."""
    has_counts, has_due = await store.batches.pending(namespace)
    if not has_counts and not has_due:
        return 0
    done = await store.batches.fold(namespace, FOLD_BATCH) if has_counts else 0
    due = await store.batches.due(namespace, LOOK_BATCH)
    if not due:
        return done
    jobs = {job.id: job for job in await store.reads.get(namespace, [batch.job_id for batch in due])}
    names = sorted({job.definition for job in jobs.values()})
    definitions = {name: await store.definitions.get(namespace, name) for name in names}
    looks = []
    for batch in due:
        job = jobs.get(batch.job_id)
        definition = None if job is None else definitions[job.definition]
        looks.append(await _look(store, namespace, batch, job, definition))
    await store.batches.seen(namespace, [seen for seen in looks if seen is not None])
    return done + len(due)


async def _look(
    store: Store, namespace: str, batch: Batch, job: Job | None, definition: Definition | None
) -> Seen | None:
    """See to one batch; None where there is more to do at once."""
    if job is not None and batch.kind in workflows.KINDS and job.state not in FINAL:
        return await _look_at_run(store, namespace, batch, job)
    verdict = judge(batch, None if job is None else job.state, stored_children(definition))
    if verdict.stop and batch.open and await _cancel_children(store, namespace, batch.job_id) == PAGE:
        return None
    if job is not None and verdict.state is not None:
        now = store.now()
        change = _ended(job, batch, verdict, now)
        # More may have come since the batch was read, also from a body that has returned meanwhile.
        known = {batch.job_id: batch.total}
        params = ApplyChanges(namespace=namespace, changes=[change], now=now, children=known)
        misses = await store.jobs.apply(params)
        return None if misses else Seen(batch.job_id, batch.turn, verdict.stop, now)
    is_over = (job is None or job.state in FINAL) and not batch.open
    ended_at = store.now() if is_over and batch.ended_at is None else None
    return Seen(batch.job_id, batch.turn, verdict.stop, ended_at)


async def _look_at_run(store: Store, namespace: str, batch: Batch, job: Job) -> Seen | None:
    """Bring a run of a workflow on; one that cannot go on fails, and says why."""
    if job.state is not JobState.WAITING:
        return Seen(batch.job_id, batch.turn)
    try:
        return await workflows.KINDS[batch.kind](store, namespace, batch, job)
    except ParentEnded:
        # Cancelled since it was read: the next look sees that.
        return None
    except (InvalidInput, NotFound) as error:
        now = store.now()
        change = control.same(job, JobState.FAILED, Reason.CHILDREN_FAILED, now)
        change = change._replace(error=failure_of(error))
        await store.jobs.apply(ApplyChanges(namespace=namespace, changes=[change], now=now))
        return None


def _ended(job: Job, batch: Batch, verdict: Verdict, now: int) -> Change:
    error = None
    if verdict.state is JobState.FAILED:
        what = f"{batch.failed:,} of {batch.total:,} children failed, more than this job tolerates"
        error = failure("ChildrenFailed", what)
    return control.same(job, verdict.state or job.state, verdict.reason or job.reason, now)._replace(
        result=job.result, error=error
    )


async def _cancel_children(store: Store, namespace: str, parent: str) -> int:
    """Cancel a page of the live children of a job: those that run are asked; return how many there were."""
    children = await store.batches.children(ListChildren(namespace=namespace, parents=[parent], limit=PAGE))
    await _act_on(store, namespace, children, state=JobState.CANCELLED, request="cancel")
    return len([child for child in children if child.request != "cancel"])


async def _act_on(
    store: Store,
    namespace: str,
    jobs: Sequence[Job],
    *,
    state: JobState,
    request: str,
) -> None:
    """Move jobs that do not run, and note a request on those that do. What moved meanwhile is left alone."""
    now = store.now()
    reason = Reason.PAUSE_REQUESTED if state is JobState.PAUSED else Reason.CANCEL_REQUESTED
    still = [job for job in jobs if job.state is not JobState.RUNNING and job.state is not state]
    changes = [
        control.same(job, state, reason, now)._replace(
            paused_from=job.state if state is JobState.PAUSED else None
        )
        for job in still
    ]
    if changes:
        await store.jobs.apply(ApplyChanges(namespace=namespace, changes=changes, now=now))
    running = [
        (job.id, job.fence) for job in jobs if job.state is JobState.RUNNING and job.request != request
    ]
    if running:
        await store.jobs.note_requests(
            NoteRequests(namespace=namespace, jobs=running, request=request, now=now)
        )


async def tree_of(store: Store, namespace: str, job_id: str) -> Tree:
    """Return how a batch and all below it stand. Raises NotFound where the job has no children."""
    job, batch, batches = await _tree(store, namespace, job_id)
    parents = [each.job_id for each in batches]
    dead = await store.batches.children(
        ListChildren(namespace=namespace, parents=parents, where="dead", limit=PAGE)
    )
    splitting = await _splitting(store, namespace, job, batches)
    over = [each.job_id for each in batches if each.ended_at is not None and each.job_id != job.id]
    ended = await store.reads.finished(namespace, over)
    found = progress(job.id, batches, splitting, job.state, {each.id: each.state for each in ended})
    return Tree(job, batch, found, _causes([each for each in dead if each.id not in set(parents)]))


async def _tree(store: Store, namespace: str, job_id: str) -> tuple[Job, Batch, list[Batch]]:
    job = await control.fetch(store, namespace, job_id)
    await store.batches.fold(namespace, FOLD_BATCH)
    own = await store.batches.get(namespace, [job_id])
    if not own:
        raise NotFound("batch", job_id, "this job has no children; `beltline jobs show` shows it")
    found = await store.batches.tree(namespace, own[0].root, MOST_READ)
    return job, own[0], _below(job_id, found)


def _below(job_id: str, batches: Sequence[Batch]) -> list[Batch]:
    """Return the batches of a tree that are the job's own or below it, parents first."""
    by_parent: dict[str | None, list[Batch]] = {}
    for batch in batches:
        by_parent.setdefault(batch.parent, []).append(batch)
    found = [batch for batch in batches if batch.job_id == job_id]
    for batch in found:
        found.extend(by_parent.get(batch.job_id, ()))
    return found


async def _splitting(store: Store, namespace: str, job: Job, batches: Sequence[Batch]) -> int:
    """Count live jobs of the tree that are of its root's definition and have no children yet."""
    split = {batch.job_id for batch in batches}
    params = ListChildren(namespace=namespace, parents=sorted(split), limit=PAGE)
    children = await store.batches.children(params)
    return sum(
        child.definition == job.definition and child.id not in split and child.state in _UNSPLIT
        for child in children
    ) + (job.state is JobState.RUNNING)


def _causes(dead: Sequence[Job]) -> list[Cause]:
    grouped: dict[tuple[str, str], list[Job]] = {}
    for job in dead:
        found = read_failure(job.error)
        what = f"{found['type']}: {found['message']}" if found else job.reason.value
        fingerprint = found["fingerprint"] if found else what
        grouped.setdefault((fingerprint, job.reason.value), []).append(job)
    causes = []
    for (_, reason), jobs in grouped.items():
        found = read_failure(jobs[0].error)
        text = f"{found['type']}: {found['message']}" if found else reason
        causes.append(Cause(text, reason, len(jobs), jobs[0].id))
    return sorted(causes, key=lambda cause: (-cause.jobs, cause.example))[:MOST_CAUSES]


async def cancel(store: Store, namespace: str, job_id: str, *, actor: str, why: str = "") -> Job:
    """Cancel a job and all below it: at once what does not run, by request what does.

    The job itself is cancelled here, and audited; its children follow, level by level, by `look`.
    """
    return await control.cancel(store, namespace, job_id, actor=actor, why=why)


async def pause(store: Store, namespace: str, job_id: str, *, actor: str, why: str = "") -> int:
    """Pause a job and all below it; return how many jobs. What a running body still submits is not paused."""
    job, _, batches = await _tree(store, namespace, job_id)
    if job.state in FINAL:
        raise InvalidTransition(job_id, job.state.value, "pause")
    if job.state is not JobState.PAUSED:
        await control.pause(store, namespace, job_id, actor=actor, why=why)

    async def act(jobs: Sequence[Job]) -> int:
        mine = [each for each in jobs if each.state is not JobState.PAUSED]
        await _act_on(store, namespace, mine, state=JobState.PAUSED, request="pause")
        return len(mine)

    return 1 + await _walk(store, namespace, batches, "live", act)


async def resume(store: Store, namespace: str, job_id: str, *, actor: str, why: str = "") -> int:
    """Resume a job and all below it; return how many jobs."""
    job, _, batches = await _tree(store, namespace, job_id)
    resumed = int(job.state is JobState.PAUSED or job.request == "pause")
    if resumed:
        await control.resume(store, namespace, job_id, actor=actor, why=why)

    async def act(jobs: Sequence[Job]) -> int:
        now = store.now()
        parked = [each for each in jobs if each.state is JobState.PAUSED]
        changes = [control.resumed(each, now) for each in parked]
        if changes:
            await store.jobs.apply(ApplyChanges(namespace=namespace, changes=changes, now=now))
        asked = [(each.id, each.fence) for each in jobs if each.request == "pause"]
        if asked:
            await store.jobs.note_requests(
                NoteRequests(namespace=namespace, jobs=asked, request=None, now=now)
            )
        return len(parked) + len(asked)

    return resumed + await _walk(store, namespace, batches, "live", act)


async def retry_failed(store: Store, namespace: str, job_id: str, *, actor: str, why: str = "") -> int:
    """Run the failed jobs of a tree again, and the batches above them that failed; return how many jobs.

    A batch that ended `succeeded` (with failures) stays so; its counts follow.
    """
    job, _, batches = await _tree(store, namespace, job_id)
    kinds = {each.job_id: each.kind for each in batches}
    if kinds[job_id] == workflows.WORKFLOW:
        await runs.require_rerun(store, namespace, job)
    await store.batches.reopen(namespace, sorted(kinds))

    async def act(jobs: Sequence[Job]) -> int:
        moved = 0
        for waiting in (False, True):
            ids = [each.id for each in jobs if _waits(each, kinds) is waiting]
            if ids:
                params = ReplayDead(namespace=namespace, ids=ids, now=store.now(), waiting=waiting)
                moved += len(await store.jobs.replay(params))
        return moved

    count = await _walk(store, namespace, batches, "dead", act)
    if job.state in DEAD:
        entry = AuditEntry(actor=actor, action="job.retry_failed", target=f"job/{job_id}", reason=why)
        await store.audit.append(namespace, [entry], store.now())
        count += await act([job])
    await store.batches.reopen(namespace, sorted(kinds))
    return count


def _waits(job: Job, kinds: Mapping[str, str]) -> bool:
    """Say whether no body runs a job: it waits for what it stands for."""
    return kinds.get(job.id, KIND) in workflows.KINDS or job.definition == workflows.SIGNAL


async def _walk(
    store: Store,
    namespace: str,
    batches: Sequence[Batch],
    where: str,
    act: Callable[[Sequence[Job]], Awaitable[int]],
) -> int:
    """Act on all children of these batches, page by page; return how many jobs it was done to."""
    done = 0
    for batch in batches:
        after = ""
        while True:
            params = ListChildren(
                namespace=namespace, parents=[batch.job_id], where=where, after=after, limit=PAGE
            )
            page = await store.batches.children(params)
            if page:
                done += await act(page)
            if len(page) < PAGE:
                break
            after = page[-1].id
    return done
