"""Large batches go in whole, and what is bounded says so."""

from __future__ import annotations

from beltline.core.states import JobState
from beltline.store.log_lines import NewLogLine
from beltline.store.pages import JobFilter, ListJobs
from tests.conformance.builders import change_to
from tests.conformance.world import World


async def test_ten_thousand_jobs_go_the_whole_way_in_one_batch_each(world: World) -> None:
    jobs = [world.new() for _ in range(10_000)]
    answers = await world.insert(*jobs)
    claimed = await world.claim(limit=10_000)

    misses = await world.apply(*(change_to(job, JobState.SUCCEEDED, world.now) for job in claimed))

    assert [answer.id for answer in answers] == [job.id for job in jobs]
    assert len({job.id for job in claimed}) == 10_000
    assert misses == []
    (done,) = [
        each
        for each in await world.store.upkeep.tallies(world.namespace, 0, 2**62)
        if each.event == "succeeded"
    ]
    assert done.jobs == 10_000


async def test_a_total_is_counted_up_to_ten_thousand(world: World) -> None:
    for _ in range(3):
        await world.insert(*(world.new() for _ in range(4_000)))

    found = await world.store.reads.page(ListJobs(namespace=world.namespace, where=JobFilter(), limit=1_000))

    assert (found.total, len(found.items)) == (10_000, 1_000)


async def test_a_read_of_the_log_is_bounded(world: World) -> None:
    await world.store.logs.append(
        world.namespace, [NewLogLine("job", 1, world.now, "info", str(n), "") for n in range(1_500)]
    )

    assert len(await world.store.logs.read(world.namespace, "job")) == 1_000


async def test_every_job_of_a_large_batch_may_be_a_miss(world: World) -> None:
    await world.insert(*(world.new() for _ in range(2_000)))
    claimed = await world.claim(limit=2_000)
    changes = [change_to(job, JobState.SUCCEEDED, world.now) for job in claimed]
    assert await world.apply(*changes) == []

    assert {miss.id for miss in await world.apply(*changes)} == {job.id for job in claimed}
