"""Prerequisites: what is stored with a job, and the release of dependents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set as AbstractSet
from typing import Final, NamedTuple

from beltline.core.job import Change
from beltline.core.order import HEAD_START
from beltline.core.prerequisites import Edge, Ended, are_simple, asked, release, standings
from beltline.core.states import FINAL, JobState
from beltline.store.edges import RELEASE_EDGES, Kind, first_told
from beltline.store.hints import Hint, hints_of
from beltline.store.postgres.changes import parts_of, written
from beltline.store.postgres.connection import Pool, Statements
from beltline.store.postgres.wakeups import PostgresWakeups
from beltline.store.rows import job_of


class Told(NamedTuple):
    """What became of dependents: whether some were simply ready, and how others were changed."""

    is_ready: bool
    changes: list[Change]


NOBODY: Final = Told(is_ready=False, changes=[])


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
    rows = await statements.rows("release_take", namespace, limit, RELEASE_EDGES + 1, now)
    found = [(row[5], row[2]) for row in rows if row[0] == "ended"]
    kinds = [
        Kind(row[5], row[2], row[6], row[7], row[8], row[1], row[10]) for row in rows if row[0] == "kind"
    ]
    overdue = [Ended(Edge._make(row[3:10]), None) for row in rows if row[0] == "overdue"]
    told, count = NOBODY, 0
    if kinds:
        count, told = await _tell_of(statements, namespace, found, kinds, now)
    if overdue:
        late = await _tell(statements, namespace, overdue, now)
        told = Told(told.is_ready or late.is_ready, told.changes + late.changes)
    return len(found) + count + len(overdue), told


async def _tell_of(
    statements: Statements, namespace: str, found: Sequence[tuple[str, str]], kinds: Sequence[Kind], now: int
) -> tuple[int, Told]:
    """Tell dependents of these (id, state); return of how many edges, and what became of the dependents."""
    few = found[: first_told([job_id for job_id, _ in found], kinds)]
    states = {job_id: JobState(state) for job_id, state in few}
    edges = (namespace, sorted(states), RELEASE_EDGES)
    if all(kind.is_simple for kind in kinds if kind.prerequisite in states):
        count, told = await _pass(statements, edges, now)
    else:
        ended = [
            Ended(edge, states[edge.prerequisite])
            for edge in map(Edge._make, await statements.rows("edge_from", *edges))
        ]
        count, told = len(ended), await _tell(statements, namespace, ended, now)
    # Those of whom there may be more, or of whom nobody was told, are seen to in the next transaction.
    again = found if count >= RELEASE_EDGES else found[len(few) :]
    if again:
        await statements.run("settled_append", namespace, *map(list, zip(*again, strict=True)))
    return count, told


async def _pass(statements: Statements, edges: tuple[str, list[str], int], now: int) -> tuple[int, Told]:
    """Tell dependents of edges that are all met, without a delay: most of them are simply ready then."""
    namespace, prerequisites, _ = edges
    # Whoever comes second waits here, and then sees what the first one removed.
    dependents: list[str] = await statements.value("edge_dependents", *edges)
    count: int = await statements.value("edge_pass", namespace, prerequisites, dependents)
    [(ready, left)] = await statements.rows("release_ready", namespace, dependents, now, HEAD_START)
    changes = await _decide(statements, namespace, set(left), (), now) if left else []
    return count, Told(bool(ready), changes)


async def _tell(statements: Statements, namespace: str, ended: Sequence[Ended], now: int) -> Told:
    await statements.value("lock_jobs", namespace, sorted({edge.dependent for edge, _ in ended}))
    rows = [(*edge[:3], each.is_met) for each in ended for edge in (each.edge,)]
    removed = await statements.rows("edge_remove", namespace, *map(list, zip(*rows, strict=True)))
    mine = {tuple(row) for row in removed}
    ended = [each for each in ended if each.edge[:3] in mine]
    if not ended:
        return NOBODY
    simple, others = are_simple(ended)
    ready, left = 0, set(others)
    if simple:
        [(ready, rest)] = await statements.rows("release_ready", namespace, simple, now, HEAD_START)
        left.update(rest)
    ended = [each for each in ended if each.edge.dependent in left]
    changes = await _decide(statements, namespace, left, ended, now) if left else []
    return Told(bool(ready), changes)


async def _decide(
    statements: Statements, namespace: str, dependents: AbstractSet[str], ended: Sequence[Ended], now: int
) -> list[Change]:
    """Write what becomes of dependents that are not simply ready."""
    parts = asked(ended, dependents)
    left: Mapping[tuple[str, int], tuple[bool, bool]] = {}
    if parts:
        found = await statements.rows("edge_left", namespace, *map(list, zip(*parts, strict=True)))
        left = {(row[0], row[1]): (row[2], row[3]) for row in found}
    jobs = [job_of(row) for row in await statements.rows("get", namespace, sorted(dependents))]
    changes = [change for standing in standings(jobs, ended, left) if (change := release(standing, now))]
    gone = [change.id for change in changes] + [job.id for job in jobs if job.state in FINAL]
    await statements.run("edge_clear", namespace, gone)
    if changes:
        await written(statements, namespace, parts_of(changes), now)
    return changes
