"""Prerequisites: their release, with the settlement that ended them or after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set as AbstractSet
from typing import Any, Final, NamedTuple

from beltline.core.order import HEAD_START
from beltline.core.prerequisites import Edge, Ended, are_simple, asked, release, standings
from beltline.core.states import FINAL, JobState
from beltline.store.edges import RELEASE_EDGES, Kind
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
            done = _release(transaction, namespace, now, limit)
            shared = {"namespace": namespace, "now": now, "limit": RELEASE_EDGES}
            overdue = _edges(transaction, "edge_overdue", shared)
            if overdue:
                _tell_each(transaction, namespace, [Ended(edge, None) for edge in overdue], now)
            _note(transaction, namespace)
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
    What is too much for this one, and what the released ones bring about in turn, is noted and done later.
    """
    write = apply_verb(params)

    def verb(transaction: Transaction) -> list[Miss]:
        misses = write(transaction)
        ended, transaction.ended = transaction.ended, {}
        if _tell_together(transaction, params.namespace, ended, params.now):
            ended = {}
        room = RELEASE_EDGES
        for state, ids in ended.items():
            told = _tell(transaction, params.namespace, state, ids, params.now) if room > 0 else NOBODY
            room -= told.edges
            transaction.ended.setdefault(state, []).extend(ids[told.jobs :])
        _note(transaction, params.namespace)
        return misses

    return verb


class Told(NamedTuple):
    """Of how many edges dependents were told, and of how many jobs, from the first, all of them were."""

    edges: int
    jobs: int


NOBODY: Final = Told(0, 0)


def _note(transaction: Transaction, namespace: str) -> None:
    """Note, for `release`, whose dependents were not told."""
    noted = 0
    for state, ids in transaction.ended.items():
        if ids:
            noted += transaction.changed(
                "apply_settled", {"namespace": namespace, "state": state.value, "ids": packed(ids)}
            )
    transaction.ended.clear()
    if noted:
        transaction.hint(namespace, Hint.LINKED)


def _release(transaction: Transaction, namespace: str, now: int, limit: int) -> int:
    """Tell dependents of what was noted, as much as one transaction may; return how much was done."""
    found = transaction.listed("release_find", {"namespace": namespace, "limit": limit})
    noted: dict[str, list[tuple[str, int]]] = {}
    for job_id, state, number in found:
        noted.setdefault(state, []).append((job_id, number))
    done: list[int] = []
    ended = {JobState(state): [job_id for job_id, _ in jobs] for state, jobs in noted.items()}
    edges = _tell_together(transaction, namespace, ended, now)
    if edges:
        done, noted = [number for _, _, number in found], {}
    for state, jobs in noted.items():
        if edges < RELEASE_EDGES:
            told = _tell(transaction, namespace, JobState(state), [job_id for job_id, _ in jobs], now)
            edges += told.edges
            done += [number for _, number in jobs[: told.jobs]]
    if done:
        transaction.run("release_forget", {"numbers": packed(done)})
    return edges + len(found)


def _tell_together(
    transaction: Transaction, namespace: str, ended: Mapping[JobState, Sequence[str]], now: int
) -> int:
    """Tell dependents of jobs that ended in different ways at once, where it matters which is told first.

    Return of how many edges; 0 where each state can be told by itself.
    """
    if len(ended) <= 1:
        return 0
    told: list[Ended] = []
    for state, ids in ended.items():
        shared: dict[str, object] = {"namespace": namespace, "ids": packed(ids), "limit": RELEASE_EDGES + 1}
        told += [Ended(edge, state) for edge in _edges(transaction, "edge_from", shared)]
    matters = any(each.edge.delay_us or not each.is_met for each in told)
    if not matters or len(told) > RELEASE_EDGES or len({each.state for each in told}) == 1:
        return 0
    _tell_each(transaction, namespace, told, now)
    return len(told)


def _tell(transaction: Transaction, namespace: str, state: JobState, ids: Sequence[str], now: int) -> Told:
    """Tell dependents of jobs that ended so: of all, of as many as can be at once, or of one in part."""
    shared: dict[str, object] = {"namespace": namespace, "state": state.value, "limit": RELEASE_EDGES + 1}
    while True:
        shared["ids"] = packed(ids)
        kinds = [Kind._make(row) for row in transaction.listed("edge_kinds", shared)]
        number = sum(kind.number for kind in kinds)
        if number <= RELEASE_EDGES or len(ids) == 1:
            break
        ids = ids[: len(ids) // 2]
    if not kinds:
        return Told(0, len(ids))
    whole = number <= RELEASE_EDGES
    if all(kind.is_simple for kind in kinds):
        count = _pass(transaction, shared | {"prerequisite": None if whole else ids[0]}, now)
    else:
        edges = _edges(transaction, "edge_from", shared | {"limit": RELEASE_EDGES})
        _tell_each(transaction, namespace, [Ended(edge, state) for edge in edges], now)
        count = len(edges)
    return Told(count, len(ids) if whole else 0)


def _pass(transaction: Transaction, edges: dict[str, Any], now: int) -> int:
    """Tell dependents of edges that are all met, without a delay: most of them are simply ready then.

    Of a `prerequisite` for which too many wait, the first are told.
    """
    name = "edge_dependents" if edges["prerequisite"] is None else "edge_front"
    dependents, number, last = transaction.row(name, edges) or ("[]", 0, "")
    count = transaction.changed("edge_pass", edges | {"last": last})
    left = _queue(transaction, edges["namespace"], dependents, number, now)
    if left:
        _decide(transaction, edges["namespace"], left, (), now)
    return count


def _queue(transaction: Transaction, namespace: str, dependents: str, number: int, now: int) -> set[str]:
    """Queue those that wait for nothing more and are simply ready; return those that are to be decided."""
    ready = {"namespace": namespace, "ids": dependents, "now": now, "head_start": HEAD_START}
    count = transaction.changed("release_ready", ready)
    if count:
        transaction.hint(namespace, Hint.QUEUED)
    return set() if count == number else set(transaction.listed("release_left", ready))


def _edges(transaction: Transaction, name: str, parameters: dict[str, object]) -> list[Edge]:
    return [Edge._make(row) for row in transaction.listed(name, parameters)]


def _tell_each(transaction: Transaction, namespace: str, ended: Sequence[Ended], now: int) -> None:
    """Tell dependents of edges whose prerequisites ended in different ways."""
    rows = [(*each.edge[:3], each.is_met) for each in ended]
    transaction.run("edge_remove", {"namespace": namespace, "rows": packed(rows)})
    simple, others = are_simple(ended)
    left = {*others, *(_queue(transaction, namespace, packed(simple), len(simple), now) if simple else ())}
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
