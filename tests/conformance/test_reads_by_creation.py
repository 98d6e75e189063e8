"""Lists of jobs by when they were created, whatever their ids: in pages that nothing moves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from beltline.core.clock import DAY, HOUR
from beltline.core.outcome import Ending
from beltline.core.states import JobState
from beltline.store.pages import JobFilter, ListJobs, Sort
from tests.conformance.builders import change_to, ended
from tests.conformance.world import World


async def listed_by_creation(world: World, **where: Any) -> list[str]:
    """Return what the pages of a list hold, three jobs each."""
    found: list[str] = []
    params = ListJobs(namespace=world.namespace, where=JobFilter(**where), limit=3, sort=Sort.CREATED)
    while True:
        page = await world.store.reads.page(params)
        found += [job.id for job in page.items]
        if page.next is None:
            return found
        params = replace(params, before=page.next)


async def test_jobs_in_every_place_are_listed_by_creation_the_last_first(world: World) -> None:
    made: list[str] = []
    # What is queued comes last: a claim of the others would take it.
    for place, state in enumerate(sorted((*JobState, *JobState), key=JobState.QUEUED.__eq__)):
        # Ids that run against the time.
        job = await world.bring(state, id=f"{90 - place:02}-{state}")
        made.insert(0, job.id)
        world.clock.advance(DAY if place % 5 == 0 else HOUR)

    assert await listed_by_creation(world) == made
    for state in JobState:
        assert await listed_by_creation(world, states=frozenset({state})) == [
            job_id for job_id in made if job_id.endswith(f"-{state}")
        ]
    some = frozenset({JobState.PAUSED, JobState.SUCCEEDED, JobState.FAILED})
    assert await listed_by_creation(world, states=some) == [
        job_id for job_id in made if job_id[3:] in {state.value for state in some}
    ]


async def test_jobs_of_one_moment_are_listed_by_id(world: World) -> None:
    await world.insert(*(world.new(id=job_id) for job_id in ("b", "e", "a", "d", "c")))

    assert await listed_by_creation(world) == ["e", "d", "c", "b", "a"]


async def test_a_page_by_creation_is_not_moved_by_what_comes_and_ends_meanwhile(world: World) -> None:
    jobs = []
    for _ in range(4):
        world.clock.advance(5)
        jobs.append(await world.running())
    params = ListJobs(namespace=world.namespace, where=JobFilter(), limit=2, sort=Sort.CREATED)

    first = await world.store.reads.page(params)
    world.clock.advance(5)
    await world.insert(world.new(id="000"), world.new(id="zzz"))
    await world.apply(ended(jobs[0], Ending.SUCCEEDED, world.now))
    await world.apply(change_to(jobs[1], JobState.FAILED, world.now))
    second = await world.store.reads.page(replace(params, before=first.next))

    assert [job.id for job in (*first.items, *second.items)] == [job.id for job in reversed(jobs)]
    assert (first.total, second.next) == (4, None)
