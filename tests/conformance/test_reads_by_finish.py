"""Lists of final jobs by when they finished: in pages that nothing moves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from beltline.core.clock import HOUR
from beltline.core.errors import InvalidInput
from beltline.core.outcome import Ending
from beltline.core.states import JobState
from beltline.store.pages import JobFilter, ListJobs, Sort
from tests.conformance.builders import change_to, ended
from tests.conformance.world import World


async def listed_by_finish(world: World, **where: Any) -> list[list[str]]:
    """Return the pages of a list by finish, two jobs each."""
    pages, before = [], None
    while True:
        page = await world.store.reads.page(
            ListJobs(
                namespace=world.namespace,
                where=JobFilter(**where),
                before=before,
                limit=2,
                sort=Sort.FINISHED,
            )
        )
        pages.append([job.id for job in page.items])
        before = page.next
        if before is None:
            return pages


async def test_final_jobs_are_listed_by_finish_the_last_first(world: World) -> None:
    jobs = [await world.running() for _ in range(5)]
    await world.bring(JobState.SCHEDULED)
    for place, ending in ((3, Ending.SUCCEEDED), (0, Ending.CANCELLED), (4, Ending.SUCCEEDED)):
        world.clock.advance(HOUR)
        await world.apply(ended(jobs[place], ending, world.now))
    # Two at one time.
    world.clock.advance(HOUR)
    await world.apply(*(change_to(jobs[place], JobState.FAILED, world.now) for place in (1, 2)))
    last = sorted((jobs[1].id, jobs[2].id), reverse=True)

    assert await listed_by_finish(world) == [last, [jobs[4].id, jobs[0].id], [jobs[3].id]]
    assert await listed_by_finish(world, states=frozenset({JobState.SUCCEEDED, JobState.QUEUED})) == [
        [jobs[4].id, jobs[3].id]
    ]
    assert await listed_by_finish(world, states=frozenset({JobState.QUEUED})) == [[]]


async def test_a_page_by_finish_is_not_moved_by_what_finishes_meanwhile(world: World) -> None:
    jobs = [await world.running() for _ in range(4)]
    for job in jobs[:3]:
        world.clock.advance(5)
        await world.apply(ended(job, Ending.SUCCEEDED, world.now))
    params = ListJobs(namespace=world.namespace, where=JobFilter(), limit=2, sort=Sort.FINISHED)

    first = await world.store.reads.page(params)
    world.clock.advance(5)
    await world.apply(ended(jobs[3], Ending.SUCCEEDED, world.now))
    second = await world.store.reads.page(replace(params, before=first.next))

    assert [job.id for job in (*first.items, *second.items)] == [jobs[2].id, jobs[1].id, jobs[0].id]
    assert first.total == 3


@pytest.mark.parametrize("cursor", ["", "x", "5", "5:", "-5:x", "1" * 19 + ":x"])
async def test_what_is_no_cursor_is_refused(world: World, cursor: str) -> None:
    params = ListJobs(namespace=world.namespace, where=JobFilter(), before=cursor, sort=Sort.FINISHED)

    with pytest.raises(InvalidInput, match="cursor"):
        await world.store.reads.page(params)
