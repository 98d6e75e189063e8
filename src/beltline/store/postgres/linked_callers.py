"""Jobs that are tied to others, stored inside the caller's own transaction: look, store, decide, tie."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

from beltline.core.errors import ParentEnded
from beltline.core.job import NewJob
from beltline.core.prerequisites import Edge, Known, require_acyclic, stored_edges
from beltline.core.states import FINAL, JobState
from beltline.store.batches import KIND
from beltline.store.hints import Hint
from beltline.store.params import Inserted, Insertion, InsertJobs
from beltline.store.postgres.address import Address
from beltline.store.postgres.callers import execute, insert_with, run_with
from beltline.store.postgres.inserts import REFUSED, locks_of

_BEGIN: Final = "SAVEPOINT beltline"
_UNDO: Final = "ROLLBACK TO SAVEPOINT beltline"
_END: Final = "RELEASE SAVEPOINT beltline"


class Texts(NamedTuple):
    """The statements that run on a caller's connection."""

    insert: str
    look: str
    store: str


async def insert_linked_with(
    conn: object, address: Address, texts: Texts, params: InsertJobs
) -> list[Inserted]:
    """Store jobs with what ties them to others, whole or not at all, without ending the caller's transaction.

    The locks of prerequisites and parent are held until that ends. Raises PrerequisiteCycle,
    PrerequisiteUnknown, ParentEnded.
    """
    await execute(conn, address, _BEGIN)
    try:
        answers = await _inserted(conn, address, texts, params)
    except BaseException:
        await execute(conn, address, _UNDO)
        await execute(conn, address, _END)
        raise
    await execute(conn, address, _END)
    return answers


async def _inserted(conn: object, address: Address, texts: Texts, params: InsertJobs) -> list[Inserted]:
    parent = None if params.family is None else params.family.parent
    wanted = sorted({edge.prerequisite for edge in params.waits.edges})
    asked = {
        "namespace": params.namespace,
        "locks": locks_of(address, params.namespace, params.jobs, params.waits.edges),
        "prerequisites": wanted,
        "parent": parent,
    }
    seen = json.loads(await run_with(conn, address, texts.look, json.dumps(asked)))
    if parent is not None:
        if seen["root"] is None:
            raise ParentEnded(parent)
        jobs = [job._replace(parent=parent, root=seen["root"]) for job in params.jobs]
        params = replace(params, jobs=jobs)
    answers = await insert_with(conn, address, texts.insert, params)
    created = [
        job for job, answer in zip(params.jobs, answers, strict=True) if answer.outcome is Insertion.CREATED
    ]
    if not created or (params.all_or_none and any(answer.outcome in REFUSED for answer in answers)):
        return answers
    tied = _tied(params, created, seen)
    await run_with(
        conn,
        address,
        texts.store,
        json.dumps({**tied, "channel": address.channel(params.namespace), "hint": Hint.LINKED.value}),
    )
    return answers


def _tied(params: InsertJobs, created: Sequence[NewJob], seen: Mapping[str, Any]) -> dict[str, object]:
    """Decide what to store for the jobs that are new. Raises PrerequisiteCycle, PrerequisiteUnknown."""
    chosen = [job.id for job in created if job.chosen_id]
    ids = {job.id for job in created}
    states = {job_id: JobState(state) for job_id, state in seen["states"]}
    edges: list[Edge] = [edge for edge in params.waits.edges if edge.dependent in ids]
    edges = stored_edges(edges, params.waits.unknown, Known(states, params.now))
    pairs = [(edge.dependent, edge.prerequisite) for edge in edges]
    if chosen:
        # Only a job whose id was chosen can be waited for before it is stored.
        pairs += [(dependent, prerequisite) for dependent, prerequisite in seen["reach"]]
    require_acyclic(pairs, sorted(ids))
    return {
        "namespace": params.namespace,
        "now": params.now,
        "chosen": chosen,
        "parent": None if params.family is None else params.family.parent,
        "kind": KIND if params.family is None else params.family.kind,
        "children": 0 if params.family is None else len(created),
        "edges": edges,
        "settled": [(job_id, state.value) for job_id, state in states.items() if state in FINAL],
    }
