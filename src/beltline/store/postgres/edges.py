"""Prerequisites: what is stored with a job, and the release of dependents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from beltline.core.job import Change
from beltline.core.order import HEAD_START
from beltline.core.prerequisites import Edge, Ended, are_simple, asked, release, standings
from beltline.core.states import FINAL, JobState
from beltline.store.edges import RELEASE_EDGES
from beltline.store.hints import Hint, hints_of
from beltline.store.postgres.changes import parts_of, written
from beltline.store.postgres.connection import Pool, Statements
from beltline.store.postgres.wakeups import PostgresWakeups
from beltline.store.rows import job_of


class Told(NamedTuple):
    """What became of dependents: whether some were simply ready, and how others were changed."""

    is_ready: bool
    changes: list[Change]


class PostgresEdges:
    """The verbs of prerequisites."""

    def __init__(self, pool: Pool, wakeups: PostgresWakeups) -> None:
        self._pool = pool
        self._wakeups = wakeups

    async def release(self, namespace: str, now: int, limit: int) -> int:
        async def work(statements: Statements) -> tuple[int, Told]:
            return await _release(statements, namespace, now, limit)

        done, told = await self._pool.transaction(work)
        hints = {*hints_of({change.state for change in told.changes})}
        hints |= {Hint.QUEUED} if told.is_ready else set()
        hints |= {Hint.LINKED} if told.changes else set()
        for hint in sorted(hints):
            self._wakeups.fire(namespace, hint)
        return done

    async def page(
        self, namespace: str, dependent: str, limit: int = 100, *, after: tuple[int, str] = (-1, "")
    ) -> list[Edge]:
        rows = await self._pool.rows("edge_page", namespace, dependent, *after, limit)
        return [Edge._make(row) for row in rows]

    async def dependents(
        self, namespace: str, prerequisite: str, limit: int = 100, *, after: tuple[str, int] = ("", -1)
    ) -> list[Edge]:
        rows = await self._pool.rows("dependent_page", namespace, prerequisite, *after, limit)
        return [Edge._make(row) for row in rows]


async def _release(statements: Statements, namespace: str, now: int, limit: int) -> tuple[int, Told]:
    found = await statements.rows("release_take", namespace, limit)
    states = {job_id: JobState(state) for job_id, state in found}
    edges: list[Edge] = []
    if states:
        edges = [
            Edge._make(row)
            for row in await statements.rows("edge_from", namespace, sorted(states), RELEASE_EDGES)
        ]
    if len(edges) == RELEASE_EDGES:
        # There may be more: they are told in the next transaction.
        columns = [list(states), [state.value for state in states.values()]]
        await statements.run("settled_append", namespace, *columns)
    ended = [Ended(edge, states[edge.prerequisite]) for edge in edges]
    overdue = await statements.rows("edge_overdue", namespace, now, RELEASE_EDGES)
    ended += [Ended(edge, None) for row in overdue if (edge := Edge._make(row)) not in edges]
    told = await _tell(statements, namespace, ended, now) if ended else Told(is_ready=False, changes=[])
    return len(found) + len(ended), told


async def _tell(statements: Statements, namespace: str, ended: Sequence[Ended], now: int) -> Told:
    dependents = sorted({edge.dependent for edge, _ in ended})
    # Whoever comes second waits here, and then sees what the first one removed.
    await statements.value("lock_jobs", namespace, dependents)
    rows = [(*edge[:3], each.is_met) for each in ended for edge in (each.edge,)]
    removed = await statements.rows("edge_remove", namespace, *map(list, zip(*rows, strict=True)))
    mine = {tuple(row) for row in removed}
    ended = [each for each in ended if each.edge[:3] in mine]
    if not ended:
        return Told(is_ready=False, changes=[])
    simple, others = are_simple(ended)
    ready: set[str] = set()
    if simple:
        moved = await statements.rows("release_ready", namespace, simple, now, HEAD_START)
        ready = {row[0] for row in moved}
    left_over = {*others, *simple} - ready
    rest = [each for each in ended if each.edge.dependent in left_over]
    changes = await _decide(statements, namespace, rest, now) if rest else []
    return Told(bool(ready), changes)


async def _decide(statements: Statements, namespace: str, ended: Sequence[Ended], now: int) -> list[Change]:
    """Write what becomes of dependents that are not simply ready."""
    dependents = sorted({each.edge.dependent for each in ended})
    parts = asked(ended, dependents)
    left: Mapping[tuple[str, int], tuple[bool, bool]] = {
        (row[0], row[1]): (row[2], row[3])
        for row in await statements.rows("edge_left", namespace, *map(list, zip(*parts, strict=True)))
    }
    jobs = [job_of(row) for row in await statements.rows("get", namespace, dependents)]
    changes = [change for standing in standings(jobs, ended, left) if (change := release(standing, now))]
    gone = [change.id for change in changes] + [job.id for job in jobs if job.state in FINAL]
    await statements.run("edge_clear", namespace, gone)
    if changes:
        await written(statements, namespace, parts_of(changes), now)
    return changes
