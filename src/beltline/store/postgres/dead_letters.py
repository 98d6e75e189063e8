"""Groups of dead letters, and the letters of a filter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from beltline.store.dead_letters import (
    DeadGroup,
    EditDead,
    FindLetters,
    GroupCursor,
    GroupPage,
    Letter,
    ListGroups,
    TriageGroup,
)
from beltline.store.params import AuditEntry
from beltline.store.postgres.audit import append_audit
from beltline.store.postgres.connection import Pool, Row, Statements
from beltline.store.rows import labels_text


class PostgresDeadLetters:
    """The verbs of dead letters as work."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def groups(self, params: ListGroups) -> GroupPage:
        before = params.before or (None, None)
        rows = await self._pool.scan(
            "group_page", params.namespace, params.definition, params.owner, *before, params.limit + 1
        )
        items = [_group(row[:-1]) for row in map(tuple, rows[: params.limit])]
        is_last = len(rows) <= params.limit
        cursor = None if is_last else GroupCursor(items[-1].last_at or 0, items[-1].fingerprint)
        return GroupPage(items, cursor, rows[0][-1] if rows else 0)

    async def group(self, namespace: str, fingerprint: str) -> DeadGroup | None:
        rows = await self._pool.rows("group_get", namespace, fingerprint)
        return _group(rows[0]) if rows else None

    async def triage(self, params: TriageGroup) -> bool:
        said = (params.owner, params.note, params.actor, params.now)
        values = (params.namespace, params.fingerprint, *said)
        return await self._audited("group_triage", values, params.namespace, params.audit, params.now)

    async def find(self, params: FindLetters) -> list[Letter]:
        where = params.where
        name = "letter_page" if where.fingerprint is None else "letter_group_page"
        filters = (where.fingerprint, where.definition, where.queue, labels_text(where.labels))
        rows = await self._pool.rows(
            name,
            params.namespace,
            *filters,
            params.until,
            *params.after,
            params.run,
            params.times,
            params.limit,
        )
        return [Letter._make(row) for row in rows]

    async def edit(self, params: EditDead) -> bool:
        values = (params.namespace, params.id, params.fence, params.payload)
        return await self._audited("letter_edit", values, params.namespace, params.audit, params.now)

    async def prune(self, namespace: str, before: int, limit: int) -> Mapping[str, int]:
        return {
            kind: await self._pool.value(f"prune_{kind}", namespace, before, limit)
            for kind in ("replays", "groups")
        }

    async def _audited(
        self, name: str, values: tuple[object, ...], namespace: str, audit: Sequence[AuditEntry], now: int
    ) -> bool:
        """Run a statement that returns what it wrote, in one transaction with the audit entries."""

        async def work(statements: Statements) -> bool:
            is_done = await statements.value(name, *values) is not None
            entries = audit if is_done else ()
            await append_audit(statements, namespace=namespace, entries=entries, now=now)
            return is_done

        return await self._pool.transaction(work)


def _group(row: Row) -> DeadGroup:
    group = DeadGroup._make(row)
    return group._replace(versions=tuple(group.versions), definitions=tuple(group.definitions))
