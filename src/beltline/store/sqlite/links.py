"""What ties a new job to others: those it waits for, and those that wait for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from beltline.core.errors import ParentEnded
from beltline.core.job import NewJob
from beltline.core.prerequisites import Known, require_acyclic, stored_edges
from beltline.core.states import FINAL, JobState
from beltline.store.batches import KIND, Family
from beltline.store.hints import Hint
from beltline.store.params import InsertJobs
from beltline.store.sqlite.packing import packed
from beltline.store.sqlite.transaction import Transaction


def insert_links(transaction: Transaction, params: InsertJobs, created: Sequence[NewJob]) -> None:
    """Store what jobs that were just stored wait for, and note that they exist for those that wait for them.

    Raises PrerequisiteCycle, PrerequisiteUnknown.
    """
    if params.family is not None and created:
        _grow(transaction, params, params.family, len(created))
    for job in created if params.opens else ():
        _grow(transaction, params, Family(parent=job.id, kind=params.opens or KIND), 0)
    chosen = [job.id for job in created if job.chosen_id]
    if chosen:
        transaction.run("edge_known", {"namespace": params.namespace, "ids": packed(chosen)})
    ids = {job.id for job in created}
    edges = [edge for edge in params.waits.edges if edge.dependent in ids]
    if not edges:
        return
    namespace = params.namespace
    wanted = packed(sorted({edge.prerequisite for edge in edges}))
    rows = transaction.listed("edge_states", {"namespace": namespace, "ids": wanted})
    states = {job_id: JobState(state) for job_id, state in rows}
    edges = stored_edges(edges, params.waits.unknown, Known(states, params.now))
    pairs = [(edge.dependent, edge.prerequisite) for edge in edges]
    if chosen:
        # Only a job whose id was chosen can be waited for before it is stored.
        reached = transaction.listed("edge_reach", {"namespace": namespace, "ids": wanted})
        pairs += [(dependent, prerequisite) for dependent, prerequisite in reached]
    require_acyclic(pairs, sorted(ids))
    transaction.run("edge_insert", {"namespace": namespace, "rows": packed(edges)})
    ended = [(job_id, state) for job_id, state in states.items() if state in FINAL]
    if ended:
        transaction.run("settled_append", {"namespace": namespace, "rows": packed(ended)})
    if ended or any(edge.unknown_at is not None and edge.unknown_at <= params.now for edge in edges):
        # Decided already: the others are seen to when their prerequisites end.
        transaction.hint(namespace, Hint.LINKED)


class Lineage(NamedTuple):
    """The parent and the root that all jobs of an insert get; None where they have their own."""

    family_parent: str | None
    family_root: str | None


def lineage_of(transaction: Transaction, params: InsertJobs) -> Lineage:
    """Return what the jobs of this insert get. Raises ParentEnded."""
    family = params.family
    if family is None:
        return Lineage(None, None)
    root = transaction.row("batch_root", {"namespace": params.namespace, "parent": family.parent})
    if root is None:
        raise ParentEnded(family.parent)
    return Lineage(family.parent, root[0])


def _grow(transaction: Transaction, params: InsertJobs, family: Family, count: int) -> None:
    parameters = {"namespace": params.namespace, "parent": family.parent, "kind": family.kind}
    transaction.run("batch_grow", parameters | {"now": params.now, "count": count})
    transaction.hint(params.namespace, Hint.LINKED)
