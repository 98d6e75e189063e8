"""`steps.enter`: of all who ask for a key exactly one is the first."""

from __future__ import annotations

import asyncio

from beltline.core.clock import DAY
from beltline.core.job import ClaimedJob
from beltline.core.states import JobState
from beltline.store.params import Retention
from beltline.store.steps import NewEntry, OnceOutcome
from tests.conformance.builders import change_to
from tests.conformance.remembering import enter
from tests.conformance.world import World

FIRST, SEEN, OTHER, LOST = OnceOutcome.FIRST, OnceOutcome.SEEN, OnceOutcome.OTHER, OnceOutcome.LOST


def entry(job: ClaimedJob, key: str = "mail-7", asked: int = 1, content: str | None = None) -> NewEntry:
    return NewEntry(job.id, job.fence, asked, job.definition, key, content)


async def test_the_first_to_use_a_key_is_told_so_and_nobody_else(world: World) -> None:
    one, two = await world.running(), await world.running()

    assert await enter(world, entry(one)) == [FIRST]
    assert await enter(world, entry(two), entry(one, asked=2)) == [SEEN, SEEN]


async def test_of_one_batch_one_is_the_first(world: World) -> None:
    one, two, three = [await world.running() for _ in range(3)]

    answers = await enter(world, entry(one), entry(two), entry(three, "other"), entry(three, asked=2))

    assert sorted([answers[0], answers[1], answers[3]]) == [FIRST, SEEN, SEEN]
    assert answers[2] is FIRST


async def test_a_repeated_question_gets_its_answer_again(world: World) -> None:
    job = await world.running()

    assert [await enter(world, entry(job, asked=3)) for _ in range(2)] == [[FIRST], [FIRST]]


async def test_other_content_under_a_key_is_noticed(world: World) -> None:
    one, two = await world.running(), await world.running()
    await enter(world, entry(one, content="a1"))

    assert await enter(world, entry(two, content="a1")) == [SEEN]
    assert await enter(world, entry(two, asked=2, content="b2"), entry(two, asked=3)) == [OTHER, SEEN]


async def test_a_stale_run_is_never_the_first(world: World) -> None:
    job = await world.running()
    assert not await world.apply(change_to(job, JobState.QUEUED, world.now))
    (later,) = await world.claim()

    assert await enter(world, entry(job)) == [LOST]
    assert await enter(world, entry(later)) == [FIRST]
    assert await enter(world, entry(job, asked=2)) == [LOST]


async def test_keys_are_those_of_a_definition_and_a_namespace(world: World) -> None:
    job, other = await world.running(), await world.running(definition="mail")

    assert await enter(world, entry(job), entry(other)) == [FIRST, FIRST]
    assert await enter(world) == []


async def test_a_key_outlives_its_job(world: World) -> None:
    one = await world.running()
    await enter(world, entry(one))
    assert not await world.apply(change_to(one, JobState.SUCCEEDED, world.now))

    assert await enter(world, entry(await world.running())) == [SEEN]


async def test_a_key_is_new_again_after_its_time(world: World) -> None:
    one = await world.running()
    await enter(world, entry(one))
    world.clock.advance(DAY)
    two = await world.running()
    await enter(world, entry(two, "young"))

    gone = await world.store.upkeep.prune(
        Retention(
            namespace=world.namespace,
            history_before=0,
            dead_before=0,
            sessions_before=0,
            tallies_before=0,
            ledger_before=world.now,
            now=world.now,
        )
    )

    assert gone["ledger"] == 1
    assert await enter(world, entry(two, asked=2), entry(two, "young", asked=3)) == [FIRST, SEEN]


async def test_of_many_at_once_one_is_the_first(shared_world: World) -> None:
    world = shared_world
    jobs = [await world.running() for _ in range(8)]
    async with world.another() as other:
        answers = await asyncio.gather(
            *(enter((world, other)[number % 2], entry(job)) for number, job in enumerate(jobs))
        )

    assert sorted(answer for [answer] in answers) == [FIRST] + [SEEN] * 7
