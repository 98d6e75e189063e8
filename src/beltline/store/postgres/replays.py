"""Replay runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final

from beltline.core.order import HEAD_START
from beltline.store.hints import Hint
from beltline.store.postgres.audit import append_audit
from beltline.store.postgres.connection import Pool, Statements
from beltline.store.postgres.wakeups import PostgresWakeups
from beltline.store.replays import (
    AdvanceRun,
    MarkOutcome,
    News,
    NoteRun,
    ReplayRun,
    StartRun,
)
from beltline.store.rows import labels_text, replay_run_of

# Where what is replayed goes: at once to the queue.
_WAITS: Final = False


class PostgresReplays:
    """The verbs of replay runs."""

    def __init__(self, pool: Pool, wakeups: PostgresWakeups) -> None:
        self._pool = pool
        self._wakeups = wakeups

    async def start(self, params: StartRun) -> bool:
        values = params.run._replace(labels=None)._asdict() | {"labels": labels_text(params.run.labels)}

        async def work(statements: Statements) -> bool:
            is_begun = await statements.value("run_start", params.namespace, *values.values()) is not None
            await append_audit(
                statements,
                namespace=params.namespace,
                entries=params.audit if is_begun else (),
                now=params.now,
            )
            return is_begun

        return await self._pool.transaction(work)

    async def get(self, namespace: str, run_id: str) -> ReplayRun | None:
        rows = await self._pool.rows("run_get", namespace, run_id)
        return replay_run_of(rows[0]) if rows else None

    async def page(
        self, namespace: str, *, ended: bool = False, before: str | None = None, limit: int = 50
    ) -> list[ReplayRun]:
        name = "run_page" if ended else "run_open_page"
        return [replay_run_of(row) for row in await self._pool.rows(name, namespace, before, limit)]

    async def advance(self, params: AdvanceRun) -> list[str] | None:
        async def work(statements: Statements) -> list[str] | None:
            here, run_id = params.namespace, params.run_id
            if await statements.value("run_advance", here, run_id, params.next_at, params.then_at) is None:
                return None
            marked = await statements.rows("mark_add", here, run_id, sorted(params.ids), params.now)
            ids = sorted(row[0] for row in marked)
            given = (params.now, HEAD_START, _WAITS)
            rows = await statements.rows("replay", here, ids, *given)
            moved = [row[0] for row in rows]
            await _count(statements, here, run_id, len(moved), {})
            return moved

        moved = await self._pool.transaction(work)
        if moved:
            self._wakeups.fire(params.namespace, Hint.QUEUED)
            self._wakeups.fire(params.namespace, Hint.LINKED)
        return moved

    async def news(self, namespace: str, run_id: str, limit: int) -> list[News]:
        return [News._make(row) for row in await self._pool.rows("mark_news", namespace, run_id, limit)]

    async def watched(self, namespace: str, run_id: str) -> bool:
        return bool(await self._pool.value("mark_watched", namespace, run_id))

    async def note(self, params: NoteRun) -> bool:
        here, run_id = params.namespace, params.run_id
        move = (params.from_state.value, params.state.value, params.now, params.ended_by)
        ids = [job_id for job_id, _ in params.outcomes]
        outcomes = [outcome.value for _, outcome in params.outcomes]

        async def work(statements: Statements) -> bool:
            if await statements.value("run_move", here, run_id, *move) is None:
                return False
            closed = await statements.rows("mark_close", here, run_id, ids, outcomes)
            await _count(statements, here, run_id, 0, Counter(MarkOutcome(row[0]) for row in closed))
            await append_audit(statements, namespace=here, entries=params.audit, now=params.now)
            return True

        return await self._pool.transaction(work)


async def _count(
    statements: Statements, namespace: str, run_id: str, moved: int, outcomes: Mapping[MarkOutcome, int]
) -> None:
    counts = (outcomes.get(outcome, 0) for outcome in MarkOutcome)
    await statements.run("run_count", namespace, run_id, moved, *counts)
