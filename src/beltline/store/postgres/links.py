"""What ties a new job to others: those it waits for, and those that wait for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from beltline.core.errors import ParentEnded
from beltline.core.job import NewJob
from beltline.core.prerequisites import Known, require_acyclic, stored_edges
from beltline.core.states import FINAL, JobState
from beltline.store.batches import KIND, Family, children_of
from beltline.store.params import InsertJobs
from beltline.store.postgres.connection import Statements


async def insert_links(statements: Statements, params: InsertJobs, created: Sequence[NewJob]) -> None:
    """Store what jobs that were just stored wait for, and note that they exist for those that wait for them.

    Raises PrerequisiteCycle, PrerequisiteUnknown.

    The caller holds the advisory locks of all prerequisites: none comes to be meanwhile.
    """
    chosen = [job.id for job in created if job.chosen_id]
    if chosen:
        await statements.run("edge_known", params.namespace, chosen)
    if params.family is not None and created:
        await _grow(statements, params, params.family, len(created))
    for job in created if params.opens else ():
        await _grow(statements, params, Family(parent=job.id, kind=params.opens or KIND), 0)
    ids = {job.id for job in created}
    edges = [edge for edge in params.waits.edges if edge.dependent in ids]
    if not edges:
        return
    namespace = params.namespace
    wanted = sorted({edge.prerequisite for edge in edges})
    await statements.value("lock_jobs", namespace, wanted)
    await statements.run("edge_touch", namespace, wanted)
    rows = await statements.rows("edge_states", namespace, wanted)
    states = {job_id: JobState(state) for job_id, state in rows}
    edges = stored_edges(edges, params.waits.unknown, Known(states, params.now))
    pairs = [(edge.dependent, edge.prerequisite) for edge in edges]
    if chosen:
        # Only a job whose id was chosen can be waited for before it is stored.
        pairs += [(row[0], row[1]) for row in await statements.rows("edge_reach", namespace, wanted)]
    require_acyclic(pairs, sorted(ids))
    if edges:
        await statements.run("edge_insert", namespace, *map(list, zip(*edges, strict=True)))
    ended = [(job_id, state.value) for job_id, state in states.items() if state in FINAL]
    if ended:
        await statements.run("settled_append", namespace, *map(list, zip(*ended, strict=True)))


async def of_family(statements: Statements, params: InsertJobs) -> InsertJobs:
    """Return the insert with the jobs as children of their parent, which is locked. Raises ParentEnded."""
    family = params.family
    if family is None:
        return params
    root = await statements.value("batch_root", params.namespace, family.parent)
    if root is None:
        raise ParentEnded(family.parent)
    return replace(params, jobs=children_of(params.jobs, family.parent, root))


async def _grow(statements: Statements, params: InsertJobs, family: Family, count: int) -> None:
    is_new = await statements.value(
        "batch_grow", params.namespace, family.parent, family.kind, params.now, count
    )
    if is_new:
        await statements.run("edge_touch", params.namespace, [family.parent])
