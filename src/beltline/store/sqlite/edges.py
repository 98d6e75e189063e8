"""Prerequisites: what is stored with a job, what a settlement notes, and the release of dependents."""

from __future__ import annotations

from collections.abc import Sequence

from beltline.core.order import HEAD_START
from beltline.core.prerequisites import Edge, Ended, are_simple, asked, release, standings
from beltline.core.states import FINAL, JobState
from beltline.store.edges import RELEASE_EDGES
from beltline.store.hints import Hint
from beltline.store.params import ApplyChanges
from beltline.store.sqlite.apply import apply_verb
from beltline.store.sqlite.packing import packed
from beltline.store.sqlite.reads import jobs_by_id
from beltline.store.sqlite.transaction import Gate, Transaction


class SqliteEdges:
    """The verbs of prerequisites."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def release(self, namespace: str, now: int, limit: int) -> int:
        return await self._gate.write(lambda transaction: _release(transaction, namespace, now, limit))

    async def page(
        self, namespace: str, dependent: str, limit: int = 100, *, after: tuple[int, str] = (-1, "")
    ) -> list[Edge]:
        place = {"dependent": dependent, "part": after[0], "prerequisite": after[1]}
        return await self._listed("edge_page", {"namespace": namespace, "limit": limit, **place})

    async def dependents(
        self, namespace: str, prerequisite: str, limit: int = 100, *, after: tuple[str, int] = ("", -1)
    ) -> list[Edge]:
        place = {"prerequisite": prerequisite, "dependent": after[0], "part": after[1]}
        return await self._listed("dependent_page", {"namespace": namespace, "limit": limit, **place})

    async def _listed(self, name: str, parameters: dict[str, object]) -> list[Edge]:
        return await self._gate.read(lambda transaction: _edges(transaction, name, parameters))


def _release(transaction: Transaction, namespace: str, now: int, limit: int) -> int:
    found = transaction.listed("release_find", {"namespace": namespace, "limit": limit})
    states = {job_id: JobState(state) for job_id, state, _ in found}
    shared = {"namespace": namespace, "limit": RELEASE_EDGES}
    edges: list[Edge] = []
    if found:
        edges = _edges(transaction, "edge_from", shared | {"ids": packed(sorted(states))})
    if len(edges) < RELEASE_EDGES:
        transaction.run("release_forget", {"numbers": packed([number for _, _, number in found])})
    ended = [Ended(edge, states[edge.prerequisite]) for edge in edges]
    overdue = _edges(transaction, "edge_overdue", shared | {"now": now})
    ended += [Ended(edge, None) for edge in overdue if edge not in edges]
    if ended:
        _tell(transaction, namespace, ended, now)
    return len(found) + len(ended)


def _edges(transaction: Transaction, name: str, parameters: dict[str, object]) -> list[Edge]:
    return [Edge._make(row) for row in transaction.listed(name, parameters)]


def _tell(transaction: Transaction, namespace: str, ended: Sequence[Ended], now: int) -> None:
    rows = [(*each.edge[:3], each.is_met) for each in ended]
    transaction.run("edge_remove", {"namespace": namespace, "rows": packed(rows)})
    simple, others = are_simple(ended)
    ready = {"namespace": namespace, "ids": packed(simple), "now": now, "head_start": HEAD_START}
    if simple and transaction.changed("release_ready", ready):
        transaction.hint(namespace, Hint.QUEUED)
    left_over = {*others, *transaction.listed("release_left", ready)}
    rest = [each for each in ended if each.edge.dependent in left_over]
    if rest:
        _decide(transaction, namespace, rest, now)


def _decide(transaction: Transaction, namespace: str, ended: Sequence[Ended], now: int) -> None:
    """Write what becomes of dependents that are not simply ready."""
    dependents = {each.edge.dependent for each in ended}
    rows = packed(asked(ended, dependents))
    left = {
        (dependent, part): (bool(waits), bool(more))
        for dependent, part, waits, more in transaction.listed(
            "edge_left", {"namespace": namespace, "rows": rows}
        )
    }
    jobs = jobs_by_id(transaction, namespace, sorted(dependents))
    changes = [
        change for standing in standings(jobs.values(), ended, left) if (change := release(standing, now))
    ]
    gone = [change.id for change in changes] + [job.id for job in jobs.values() if job.state in FINAL]
    transaction.run("edge_clear", {"namespace": namespace, "ids": packed(gone)})
    if changes:
        apply_verb(ApplyChanges(namespace=namespace, changes=changes, now=now))(transaction)
