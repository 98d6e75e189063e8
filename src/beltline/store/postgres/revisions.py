"""Changing and removing jobs by hand."""

from __future__ import annotations

from beltline.store.postgres.audit import append_audit
from beltline.store.postgres.connection import Pool, Statements
from beltline.store.revisions import RemoveJobs, ReviseJob
from beltline.store.rows import labels_text


class PostgresRevisions:
    """The verbs of revisions."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def revise(self, params: ReviseJob) -> bool:
        labels = None if params.labels is None else labels_text(params.labels) or "{}"
        guard = (params.namespace, params.id, params.fence, params.state.value)
        fields = (params.priority, params.order_key, params.run_at, labels, params.payload)
        return bool(await self._audited(params, "revise", *guard, *fields))

    async def remove(self, params: RemoveJobs) -> list[str]:
        return await self._audited(params, "remove", params.namespace, list(params.ids))

    async def _audited(self, params: ReviseJob | RemoveJobs, name: str, *values: object) -> list[str]:
        async def work(statements: Statements) -> list[str]:
            done = [row[0] for row in await statements.rows(name, *values)]
            entries = params.audit if done else ()
            await append_audit(statements, namespace=params.namespace, entries=entries, now=params.now)
            return done

        return await self._pool.transaction(work)
