"""The verbs that write jobs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from beltline.core.batch import Batch
from beltline.core.clock import Clock
from beltline.core.errors import LeaseLost, StoreError
from beltline.core.job import Change, ClaimedJob
from beltline.core.order import HEAD_START
from beltline.core.states import FINAL, JobState
from beltline.store.batches import outgrown
from beltline.store.hints import Hint, hints_of
from beltline.store.params import (
    ApplyChanges,
    AuditEntry,
    ClaimJobs,
    DiscardDead,
    Inserted,
    Insertion,
    InsertJobs,
    Miss,
    NoteRequests,
    Progress,
    ReplayDead,
)
from beltline.store.postgres.audit import append_audit
from beltline.store.postgres.callers import insert_with
from beltline.store.postgres.changes import Written, is_return, parts_of, written
from beltline.store.postgres.claims import Claims
from beltline.store.postgres.connection import Pool, Row, Statements
from beltline.store.postgres.failures import Duplicate
from beltline.store.postgres.inserts import MOST_IN_STATEMENT, insert_known, insert_new, statement_of
from beltline.store.postgres.linked_callers import Texts, insert_linked_with
from beltline.store.postgres.wakeups import PostgresWakeups
from beltline.store.rows import ID_TAKEN, job_of, labels_of

_LABELS: Final = ClaimedJob._fields.index("labels")
_WIDTH: Final = len(ClaimedJob._fields)


class PostgresJobs:
    """The verbs that write jobs."""

    def __init__(self, pool: Pool, wakeups: PostgresWakeups, clock: Clock) -> None:
        self._pool = pool
        self._wakeups = wakeups
        self._claims = Claims(pool, wakeups.floors, clock)

    async def insert(self, params: InsertJobs) -> list[Inserted]:
        if not params.jobs:
            return []
        try:
            answers = await self._inserted(params)
        except Duplicate as error:
            raise StoreError(ID_TAKEN) from error
        for hint in hints_of({job.state for job in params.jobs}):
            self._wakeups.fire(params.namespace, hint, params.jobs)
        if is_linked(params):
            self._wakeups.fire(params.namespace, Hint.LINKED)
        return answers

    async def _inserted(self, params: InsertJobs) -> list[Inserted]:
        if is_linked(params) or any(job.idempotency_key is not None or job.chosen_id for job in params.jobs):
            address = self._pool.address
            return await self._pool.transaction(lambda statements: insert_known(statements, address, params))
        new = (params.namespace, params.jobs, params.now)
        if len(params.jobs) <= MOST_IN_STATEMENT:
            name, values = statement_of(*new)
            await self._pool.run(name, *values)
        else:
            await self._pool.transaction(lambda statements: insert_new(statements, *new))
        return [Inserted(job.id, Insertion.CREATED) for job in params.jobs]

    async def insert_with(self, conn: object, params: InsertJobs) -> list[Inserted]:
        if not params.jobs:
            return []
        address, text = self._pool.address, self._pool.text("insert_with")
        if params.waits.edges or params.family is not None:
            texts = Texts(text, self._pool.text("link_look"), self._pool.text("link_store"))
            return await insert_linked_with(conn, address, texts, params)
        return await insert_with(conn, address, text, params)

    async def claim(self, params: ClaimJobs) -> list[ClaimedJob]:
        if params.ids is not None:
            rows = await self._claims.chosen(params)
        else:
            rows = await self._claims.front(params)
        if not rows and not await self._pool.value("session_able", params.namespace, params.session):
            raise LeaseLost(f"session {params.session} is not open any more; open a new one")
        return [_claimed(row) for row in rows]

    async def claim_next(self, params: ClaimJobs, until: asyncio.Event) -> list[ClaimedJob]:  # noqa: ARG002
        await until.wait()
        return []

    async def apply(self, params: ApplyChanges) -> list[Miss]:
        missed, is_linked = await self._write(params, params.changes, params.audit)
        misses = await self._misses(params, missed)
        # A change that met another writer at its row, of progress say, has missed it though it fits.
        current = {miss.id: miss for miss in misses}
        again = [change for change in params.changes if _fits(change, current.get(change.id))]
        if again:
            fit = {change.id for change in again}
            missed, is_too = await self._write(params, again, (), locked=True)
            is_linked = is_linked or is_too
            misses = [miss for miss in misses if miss.id not in fit] + await self._misses(params, missed)
        if len(misses) < len(params.changes):
            self._hint(params)
        if is_linked:
            self._wakeups.fire(params.namespace, Hint.LINKED)
        return misses

    async def _write(
        self,
        params: ApplyChanges,
        changes: Sequence[Change],
        audit: Sequence[AuditEntry],
        *,
        locked: bool = False,
    ) -> Written:
        """Write changes in one transaction."""
        namespace, now = params.namespace, params.now
        parts = parts_of(changes)
        is_awaiting = any(change.state is JobState.WAITING for change in changes)
        if len(parts) == 1 and not (audit or locked or is_awaiting or params.children):
            return await self._pool.use(lambda statements: written(statements, namespace, parts, now))

        async def work(statements: Statements) -> Written:
            await statements.value("lock_jobs", namespace, [change.id for change in changes])
            # Whoever adds children holds the same locks.
            late = await _late(statements, params) if params.children else set()
            fit = parts_of([change for change in changes if change.id not in late]) if late else parts
            done = await written(statements, namespace, fit, now)
            missed = done.missed + [change for change in changes if change.id in late]
            entries = audit if len(missed) < len(changes) else ()
            await append_audit(statements, namespace=namespace, entries=entries, now=now)
            return Written(missed, done.is_linked)

        return await self._pool.transaction(work)

    async def _misses(self, params: ApplyChanges, missed: Sequence[Change]) -> list[Miss]:
        if not missed:
            return []
        rows = await self._pool.rows("get", params.namespace, [change.id for change in missed])
        current = {job.id: job for job in map(job_of, rows)}
        returned = [change.id for change in missed if is_return(change)]
        parents: set[str] = set()
        if returned:
            parents = {row[0] for row in await self._pool.rows("batch_get", params.namespace, returned)}
        return [Miss(change.id, current.get(change.id), change.id in parents) for change in missed]

    def _hint(self, params: ApplyChanges) -> None:
        for hint in hints_of({change.state for change in params.changes}):
            self._wakeups.fire(params.namespace, hint)

    async def held(self, namespace: str, session: str) -> list[ClaimedJob]:
        return [_claimed(row) for row in await self._pool.rows("held", namespace, session)]

    async def note_requests(self, params: NoteRequests) -> list[str]:
        pairs = sorted(params.jobs)
        ids, fences = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        noted = await self._audited("note_requests", params, ids, [fences, params.request], lock=True)
        if noted:
            self._wakeups.fire(params.namespace, Hint.REQUESTED)
        return noted

    async def replay(self, params: ReplayDead) -> list[str]:
        values = [params.now, HEAD_START, params.waiting]
        moved = await self._audited("replay", params, sorted(params.ids), values)
        if moved:
            self._wakeups.fire(params.namespace, Hint.QUEUED)
            self._wakeups.fire(params.namespace, Hint.LINKED)
        return moved

    async def discard(self, params: DiscardDead) -> list[str]:
        return await self._audited("discard", params, sorted(params.ids), [params.now])

    async def progress(self, namespace: str, reports: Sequence[Progress]) -> None:
        # Of two reports of one job the later one counts: one statement writes a row once.
        latest = sorted({report.id: report for report in reports}.values())
        if not latest:
            return
        columns: list[list[object]] = [list(column) for column in zip(*latest, strict=True)]

        async def work(statements: Statements) -> None:
            await statements.value("lock_jobs", namespace, columns[0])
            await statements.run("progress", namespace, *columns)

        await self._pool.transaction(work)

    async def _audited(
        self,
        name: str,
        params: NoteRequests | ReplayDead | DiscardDead,
        ids: Sequence[str],
        values: Sequence[object],
        *,
        lock: bool = False,
    ) -> list[str]:
        """Run a statement that returns ids, in one transaction with the audit entries."""

        async def work(statements: Statements) -> list[str]:
            if lock:
                await statements.value("lock_jobs", params.namespace, ids)
            done = [row[0] for row in await statements.rows(name, params.namespace, ids, *values)]
            await append_audit(
                statements, namespace=params.namespace, entries=params.audit if done else (), now=params.now
            )
            return done

        return await self._pool.transaction(work)


def is_linked(params: InsertJobs) -> bool:
    """Say whether these jobs wait for others or have a parent."""
    return bool(params.waits.edges) or params.family is not None or params.opens is not None


async def _late(statements: Statements, params: ApplyChanges) -> set[str]:
    """Return the jobs that have another number of children than their change was decided for."""
    children = params.children or {}
    rows = await statements.rows("batch_get", params.namespace, list(children))
    return outgrown(children, map(Batch._make, rows))


def _claimed(row: Row) -> ClaimedJob:
    job = ClaimedJob._make(row[:_WIDTH])
    return job if job.labels is None else job._replace(labels=labels_of(row[_LABELS]))


def _fits(change: Change, miss: Miss | None) -> bool:
    job = None if miss is None or miss.has_children else miss.current
    if job is None or (job.fence, job.state) != (change.fence, change.from_state):
        return False
    return change.state in FINAL or job.request == change.request
