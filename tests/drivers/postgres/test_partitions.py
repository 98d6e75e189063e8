"""History by day: partitions made ahead, dropped whole, and shared between namespaces without harm."""

from __future__ import annotations

import asyncpg  # type: ignore[import-untyped]

from beltline.core.clock import DAY
from beltline.core.states import JobState
from beltline.store.log_lines import NewLogLine
from beltline.store.params import Retention
from tests.conformance.builders import change_to
from tests.conformance.world import World


async def days(plain: asyncpg.Connection) -> list[int]:
    return [row[0] for row in await plain.fetch("SELECT day FROM history_days ORDER BY day")]


def retention(world: World, before: int) -> Retention:
    return Retention(
        namespace=world.namespace,
        history_before=before,
        dead_before=0,
        sessions_before=0,
        tallies_before=0,
        now=world.now,
    )


async def finish(world: World) -> str:
    job = await world.running()
    await world.store.logs.append(world.namespace, [NewLogLine(job.id, 1, world.now, "info", "hello", "")])
    assert await world.apply(change_to(job, JobState.SUCCEEDED, world.now)) == []
    return job.id


async def test_a_new_schema_has_today_and_a_week_ahead(world: World, plain: asyncpg.Connection) -> None:
    today = world.store.now() // DAY * DAY

    assert await days(plain) == [today + DAY * ahead for ahead in range(8)]


async def test_pruning_makes_the_coming_days(world: World, plain: asyncpg.Connection) -> None:
    await world.store.upkeep.prune(retention(world, 0))

    today = world.now // DAY * DAY
    assert (await days(plain))[-8:] == [today + DAY * ahead for ahead in range(8)]


async def test_jobs_go_into_the_partition_of_the_day_they_finish(
    world: World, plain: asyncpg.Connection
) -> None:
    await world.store.upkeep.prune(retention(world, 0))

    job_id = await finish(world)

    place = await plain.fetchval("SELECT tableoid::regclass::text FROM history WHERE id = $1", job_id)
    assert place == "history_20300101"


async def test_an_old_day_is_dropped_with_its_logs(world: World, plain: asyncpg.Connection) -> None:
    await world.store.upkeep.prune(retention(world, 0))
    first, second = await finish(world), await finish(world)
    world.clock.advance(DAY)
    kept = await finish(world)

    gone = await world.store.upkeep.prune(retention(world, world.now))

    assert gone["history"] == 2
    assert [job.id for job in await world.store.reads.get(world.namespace, [first, second, kept])] == [kept]
    assert await plain.fetchval("SELECT to_regclass('history_20300101')") is None
    assert await plain.fetchval("SELECT array_agg(DISTINCT job_id) FROM job_logs") == [kept]


async def test_a_day_that_other_namespaces_share_loses_only_ours(
    world: World, plain: asyncpg.Connection
) -> None:
    await world.store.upkeep.prune(retention(world, 0))
    ours = await finish(world)
    neighbour = World(world.place, world.store, world.clock, "neighbour")
    theirs = await finish(neighbour)
    world.clock.advance(DAY)

    gone = await world.store.upkeep.prune(retention(world, world.now))

    assert gone["history"] == 1
    assert await world.store.reads.get(world.namespace, [ours]) == []
    assert (await neighbour.job(theirs)).state is JobState.SUCCEEDED


async def test_a_day_begun_without_a_partition_stays_where_it_began(
    world: World, plain: asyncpg.Connection
) -> None:
    stray = await finish(world)

    await world.store.upkeep.prune(retention(world, 0))

    assert world.now // DAY * DAY not in await days(plain)
    world.clock.advance(DAY)
    assert (await world.store.upkeep.prune(retention(world, world.now)))["history"] == 1
    assert await world.store.reads.get(world.namespace, [stray]) == []


async def test_a_partition_in_use_is_left_to_the_next_call(world: World, plain: asyncpg.Connection) -> None:
    await world.store.upkeep.prune(retention(world, 0))
    await finish(world)
    world.clock.advance(DAY)
    reader = plain.transaction()
    await reader.start()
    await plain.fetch("SELECT * FROM history")

    assert (await world.store.upkeep.prune(retention(world, world.now)))["history"] == 0

    await reader.rollback()
    assert (await world.store.upkeep.prune(retention(world, world.now)))["history"] == 1
