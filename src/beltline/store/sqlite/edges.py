"""Prerequisites: their release, with the settlement that ended them or after it."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set as AbstractSet
from typing import Any

from beltline.core.order import HEAD_START
from beltline.core.prerequisites import Edge, Ended, are_simple, asked, release, standings
from beltline.core.states import FINAL, JobState
from beltline.store.edges import RELEASE_EDGES, RELEASE_JOBS, Kind, first_told
from beltline.store.hints import Hint
from beltline.store.params import ApplyChanges, Miss
from beltline.store.sqlite.apply import apply_verb
from beltline.store.sqlite.packing import packed
from beltline.store.sqlite.reads import jobs_by_id
from beltline.store.sqlite.transaction import Gate, Transaction


class SqliteEdges:
    """The verbs of prerequisites."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    async def release(self, namespace: str, now: int, limit: int) -> int:
        def verb(transaction: Transaction) -> int:
            done, _ = _release(transaction, namespace, now, limit)
            shared = {"namespace": namespace, "now": now, "limit": RELEASE_EDGES}
            overdue = _edges(transaction, "edge_overdue", shared)
            if overdue:
                _tell(transaction, namespace, [Ended(edge, None) for edge in overdue], now)
            if transaction.settled:
                transaction.hint(namespace, Hint.LINKED)
            return done + len(overdue)

        return await self._gate.write(verb)

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


def settle_verb(params: ApplyChanges) -> Callable[[Transaction], list[Miss]]:
    """Return the verb that writes these changes and lets go on what waited for the jobs that end by them.

    Where there is one writer nobody else can be about to do the same, so it needs no transaction of its own.
    What is too much for this one, and what the released ones bring about in turn, is hinted and done later.
    """
    write = apply_verb(params)

    def verb(transaction: Transaction) -> list[Miss]:
        misses = write(transaction)
        if transaction.settled:
            transaction.settled = False
            _, is_all = _release(transaction, params.namespace, params.now, RELEASE_JOBS)
            if transaction.settled or not is_all:
                transaction.hint(params.namespace, Hint.LINKED)
        return misses

    return verb


def _release(transaction: Transaction, namespace: str, now: int, limit: int) -> tuple[int, bool]:
    """Tell dependents of what has ended; return how much was done, and whether that was all."""
    found = transaction.listed("release_find", {"namespace": namespace, "limit": limit})
    is_all, told = len(found) < limit, 0
    if found:
        told, is_told = _tell_of(transaction, namespace, found, now)
        is_all = is_all and is_told
    return len(found) + told, is_all


def _tell_of(
    transaction: Transaction, namespace: str, found: Sequence[Sequence[Any]], now: int
) -> tuple[int, bool]:
    """Tell dependents of these [id, state, number]; return of how many edges, and whether that was all."""
    shared = {"namespace": namespace, "until": found[-1][2], "limit": RELEASE_EDGES + 1}
    kinds = [Kind._make(row) for row in transaction.listed("edge_kinds", shared)]
    few = found[: first_told([job_id for job_id, _, _ in found], kinds)]
    states = {job_id: JobState(state) for job_id, state, _ in few}
    mine = {"namespace": namespace, "until": few[-1][2], "limit": RELEASE_EDGES}
    kinds = [kind for kind in kinds if kind.prerequisite in states]
    count = 0
    if not all(kind.is_simple for kind in kinds):
        edges = _edges(transaction, "edge_from", mine | {"ids": packed(sorted(states))})
        count = len(edges)
        _tell(transaction, namespace, [Ended(edge, states[edge.prerequisite]) for edge in edges], now)
    elif kinds:
        count = _pass(transaction, mine, now)
    if count < RELEASE_EDGES:
        transaction.run("release_forget", mine)
    return count, count < RELEASE_EDGES and len(few) == len(found)


def _pass(transaction: Transaction, edges: dict[str, Any], now: int) -> int:
    """Tell dependents of edges that are all met, without a delay: most of them are simply ready then."""
    dependents = transaction.value("edge_dependents", edges)
    count = transaction.changed("edge_pass", edges | {"dependents": dependents})
    left = _queue(transaction, edges["namespace"], dependents, now)
    if left:
        _decide(transaction, edges["namespace"], left, (), now)
    return count


def _queue(transaction: Transaction, namespace: str, dependents: str, now: int) -> set[str]:
    """Queue those that wait for nothing more and are simply ready; return those that are to be decided."""
    ready = {"namespace": namespace, "ids": dependents, "now": now, "head_start": HEAD_START}
    if transaction.changed("release_ready", ready):
        transaction.hint(namespace, Hint.QUEUED)
    return set(transaction.listed("release_left", ready))


def _edges(transaction: Transaction, name: str, parameters: dict[str, object]) -> list[Edge]:
    return [Edge._make(row) for row in transaction.listed(name, parameters)]


def _tell(transaction: Transaction, namespace: str, ended: Sequence[Ended], now: int) -> None:
    rows = [(*each.edge[:3], each.is_met) for each in ended]
    transaction.run("edge_remove", {"namespace": namespace, "rows": packed(rows)})
    simple, others = are_simple(ended)
    left = {*others, *(_queue(transaction, namespace, packed(simple), now) if simple else ())}
    if left:
        _decide(transaction, namespace, left, [each for each in ended if each.edge.dependent in left], now)


def _decide(
    transaction: Transaction, namespace: str, dependents: AbstractSet[str], ended: Sequence[Ended], now: int
) -> None:
    """Write what becomes of dependents that are not simply ready."""
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
