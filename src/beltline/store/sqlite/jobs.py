"""The verbs that write jobs."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from beltline.core.clock import Clock
from beltline.core.job import ClaimedJob
from beltline.store.hints import Hint
from beltline.store.params import (
    ApplyChanges,
    ClaimJobs,
    DiscardDead,
    Inserted,
    InsertJobs,
    Miss,
    NoteRequests,
    Progress,
    ReplayDead,
)
from beltline.store.sqlite.audit import append_audit
from beltline.store.sqlite.callers import run_with
from beltline.store.sqlite.claim import NOTHING, claim_verb, held_jobs, later_claim_verb
from beltline.store.sqlite.edges import settle_verb
from beltline.store.sqlite.insert import insert_verb
from beltline.store.sqlite.packing import packed
from beltline.store.sqlite.replaying import discarded, replayed
from beltline.store.sqlite.transaction import Gate, Transaction


class SqliteJobs:
    """The verbs that write jobs.

    Batches are packed by the caller, so that the write lock is held for SQLite's work alone.
    """

    def __init__(self, gate: Gate, path: str | None, clock: Clock) -> None:
        self._gate = gate
        self._path = path
        self._clock = clock

    async def insert(self, params: InsertJobs) -> list[Inserted]:
        return await self._gate.write(insert_verb(params)) if params.jobs else []

    async def insert_with(self, conn: object, params: InsertJobs) -> list[Inserted]:
        return await run_with(conn, self._path, insert_verb(params)) if params.jobs else []

    async def claim(self, params: ClaimJobs) -> list[ClaimedJob]:
        rows = await self._gate.write(claim_verb(params))
        return rows.jobs()

    async def claim_next(self, params: ClaimJobs, until: asyncio.Event) -> list[ClaimedJob]:
        verb = later_claim_verb(params, self._clock.now)
        rows = await self._gate.park(params.namespace, verb, until=until, empty=NOTHING)
        return rows.jobs()

    async def apply(self, params: ApplyChanges) -> list[Miss]:
        return await self._gate.write(settle_verb(params)) if params.changes else []

    async def held(self, namespace: str, session: str) -> list[ClaimedJob]:
        parameters = {"namespace": namespace, "session": session}
        return held_jobs(await self._gate.read(lambda transaction: transaction.listed("held", parameters)))

    async def note_requests(self, params: NoteRequests) -> list[str]:
        parameters = {"namespace": params.namespace, "request": params.request, "rows": packed(params.jobs)}

        def verb(transaction: Transaction) -> list[str]:
            noted = [job_id for (job_id,) in transaction.run("note_requests", parameters).fetchall()]
            if noted:
                append_audit(transaction, namespace=params.namespace, entries=params.audit, now=params.now)
                transaction.hint(params.namespace, Hint.REQUESTED)
            return noted

        return await self._gate.write(verb)

    async def replay(self, params: ReplayDead) -> list[str]:
        def verb(transaction: Transaction) -> list[str]:
            moved = replayed(transaction, params.namespace, params.ids, params.now, waiting=params.waiting)
            if moved:
                append_audit(transaction, namespace=params.namespace, entries=params.audit, now=params.now)
            return moved

        return await self._gate.write(verb)

    async def discard(self, params: DiscardDead) -> list[str]:
        def verb(transaction: Transaction) -> list[str]:
            marked = discarded(transaction, params.namespace, params.ids, params.now)
            if marked:
                append_audit(transaction, namespace=params.namespace, entries=params.audit, now=params.now)
            return marked

        return await self._gate.write(verb)

    async def progress(self, namespace: str, reports: Sequence[Progress]) -> None:
        newest = {report.id: (report.id, report.fence, report.fraction, report.note) for report in reports}
        if newest:
            parameters = {"namespace": namespace, "rows": packed(list(newest.values()))}
            await self._gate.write(lambda transaction: transaction.run("progress", parameters).close())
