"""Jobs that wait for others: how tests store, end and release them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from beltline.core.errors import BeltlineError
from beltline.core.job import Job, NewJob
from beltline.core.prerequisites import Edge, Unknown
from beltline.core.reasons import Reason
from beltline.core.states import JobState
from beltline.store.edges import Waits
from beltline.store.params import Inserted, InsertJobs
from tests.conformance.builders import change_to
from tests.conformance.world import World

FIELDS: Final = {"condition": "succeeded", "otherwise": "cancel", "delay_us": 0}


def edge(dependent: NewJob | str, prerequisite: NewJob | str, part: int = 0, **fields: object) -> Edge:
    """Return an edge of the plainest kind, with what the test cares about given by name."""
    given = {**FIELDS, **fields}
    ids = [job if isinstance(job, str) else job.id for job in (dependent, prerequisite)]
    return Edge(ids[0], part, ids[1], **given)  # type: ignore[arg-type]


def waiting(world: World, **fields: object) -> NewJob:
    """Return a job that is to wait."""
    return world.new(state=JobState.WAITING, **fields)


async def store(
    world: World, jobs: Sequence[NewJob], edges: Sequence[Edge], unknown: Unknown = Unknown.WAIT
) -> list[Inserted]:
    """Store jobs with what they wait for."""
    waits = Waits(edges=edges, unknown={job.id: unknown for job in jobs})
    params = InsertJobs(namespace=world.namespace, jobs=jobs, now=world.now, waits=waits)
    return await world.store.jobs.insert(params)


async def dependent(world: World, *prerequisites: NewJob | str, **fields: object) -> NewJob:
    """Store a job that waits for all of these."""
    job = waiting(world)
    await store(world, [job], [edge(job, each, part, **fields) for part, each in enumerate(prerequisites)])
    return job


async def end(world: World, job: NewJob | Job, state: JobState) -> None:
    """End a live job from whatever state it is in."""
    found = await world.job(job.id)
    assert await world.apply(change_to(found, state, world.now)) == []


async def release(world: World, limit: int = 100) -> int:
    """Release until nothing is left to do; return in how many transactions."""
    turns = 0
    while await world.store.edges.release(world.namespace, world.now, limit):
        turns += 1
    return turns


async def standing(world: World, job: NewJob | str) -> tuple[JobState, Reason]:
    """Return how a job stands."""
    found = await world.job(job if isinstance(job, str) else job.id)
    return found.state, found.reason


async def refused(world: World, jobs: Sequence[NewJob], edges: Sequence[Edge], **fields: Unknown) -> str:
    """Return the message with which an insert is refused; nothing of it is stored."""
    try:
        await store(world, jobs, edges, **fields)
    except BeltlineError as error:
        assert await world.store.reads.get(world.namespace, [job.id for job in jobs]) == []
        return f"{error.code}: {error}"
    raise AssertionError("it was stored")
