"""`edges`: jobs wait for what they name, and are released once, whoever looks."""

from __future__ import annotations

from typing import Final

import pytest

from beltline.core.clock import DAY
from beltline.core.prerequisites import LONGEST_UNKNOWN_US
from beltline.core.reasons import Reason
from beltline.core.states import FINAL, JobState
from beltline.store.edges import RELEASE_EDGES
from beltline.store.params import ReplayDead
from tests.conformance.builders import change_to
from tests.conformance.linking import dependent, edge, end, refused, release, standing, store, waiting
from tests.conformance.world import World

WAITS: Final = (JobState.WAITING, Reason.PREREQUISITES)
READY: Final = (JobState.QUEUED, Reason.DUE)
CANCELLED: Final = (JobState.CANCELLED, Reason.PREREQUISITE_FAILED)
MET: Final = {
    "succeeded": {JobState.SUCCEEDED},
    "failed": {JobState.FAILED, JobState.TIMED_OUT},
    "cancelled": {JobState.CANCELLED},
    "finished": FINAL,
    "failed,cancelled": {JobState.FAILED, JobState.TIMED_OUT, JobState.CANCELLED},
}


async def test_a_job_waits_until_its_prerequisite_succeeded(world: World) -> None:
    first = world.new()
    await world.insert(first)
    second = await dependent(world, first)
    await release(world)
    assert await standing(world, second) == WAITS

    await end(world, first, JobState.SUCCEEDED)
    await release(world)

    assert await standing(world, second) == READY
    assert [job.id for job in await world.claim()] == [second.id]


@pytest.mark.parametrize("ended", sorted(FINAL))
@pytest.mark.parametrize("condition", sorted(MET))
async def test_a_condition_says_which_end_counts(world: World, condition: str, ended: JobState) -> None:
    first = world.new()
    await world.insert(first)
    second = await dependent(world, first, condition=condition)

    await end(world, first, ended)
    await release(world)

    assert await standing(world, second) == (READY if ended in MET[condition] else CANCELLED)


@pytest.mark.parametrize("ended", sorted(FINAL))
async def test_a_prerequisite_that_has_ended_before_counts_alike(world: World, ended: JobState) -> None:
    first = await world.bring(ended)

    second = await dependent(world, first.id)
    await release(world)

    assert await standing(world, second) == (READY if ended is JobState.SUCCEEDED else CANCELLED)


@pytest.mark.parametrize(
    ("otherwise", "expected"),
    [
        ("cancel", CANCELLED),
        ("fail", (JobState.FAILED, Reason.PREREQUISITE_FAILED)),
        ("run", READY),
    ],
)
async def test_a_policy_says_what_a_lost_condition_does(
    world: World, otherwise: str, expected: tuple[JobState, Reason]
) -> None:
    first = world.new()
    await world.insert(first)
    second = await dependent(world, first, otherwise=otherwise)

    await end(world, first, JobState.CANCELLED)
    await release(world)

    assert await standing(world, second) == expected
    error = (await world.job(second.id)).error
    assert (error is None) == (otherwise == "run")
    assert error is None or f"job {first.id} ended cancelled".encode() in error


@pytest.mark.parametrize("swapped", [False, True])
async def test_of_prerequisites_that_end_differently_at_once_the_first_lost_one_says_what_it_does(
    world: World, *, swapped: bool
) -> None:
    first, second = world.new(), world.new()
    await world.insert(first, second)
    last = waiting(world)
    await store(world, [last], [edge(last, first), edge(last, second, 1, otherwise="fail")])

    ends = [
        change_to(await world.job(first.id), JobState.CANCELLED, world.now),
        change_to(await world.job(second.id), JobState.FAILED, world.now),
    ]
    assert await world.apply(*reversed(ends) if swapped else ends) == []
    await release(world)

    assert await standing(world, last) == CANCELLED
    assert f"job {first.id} ended cancelled".encode() in ((await world.job(last.id)).error or b"")


@pytest.mark.parametrize("delays", [(30, 0), (0, 30)])
async def test_of_prerequisites_that_end_alike_at_once_the_longest_delay_counts(
    world: World, delays: tuple[int, int]
) -> None:
    both = world.new(), world.new(state=JobState.SCHEDULED, run_at=world.now + DAY)
    await world.insert(*both)
    last = waiting(world)
    edges = [
        edge(last, each, part, condition="finished", delay_us=delay)
        for part, (each, delay) in enumerate(zip(both, delays, strict=True))
    ]
    await store(world, [last], edges)

    ends = [change_to(await world.job(each.id), JobState.CANCELLED, world.now) for each in both]
    assert await world.apply(*ends) == []
    await release(world)

    assert await standing(world, last) == (JobState.SCHEDULED, Reason.DELAYED)
    assert (await world.job(last.id)).run_at == world.now + 30


async def test_all_prerequisites_must_end_and_the_last_one_counts(world: World) -> None:
    firsts = [world.new() for _ in range(5)]
    await world.insert(*firsts)
    last = await dependent(world, *firsts)

    for first in firsts:
        assert await standing(world, last) == WAITS
        await end(world, first, JobState.SUCCEEDED)
        await release(world)

    assert await standing(world, last) == READY


async def test_one_of_several_alternatives_is_enough(world: World) -> None:
    left, right, other = (world.new() for _ in range(3))
    await world.insert(left, right, other)
    job = waiting(world)
    await store(world, [job], [edge(job, left), edge(job, right), edge(job, other, 1)])

    await end(world, left, JobState.FAILED)
    await release(world)
    assert await standing(world, job) == WAITS
    await end(world, right, JobState.SUCCEEDED)
    await end(world, other, JobState.SUCCEEDED)
    await release(world)

    assert await standing(world, job) == READY


async def test_alternatives_are_lost_together(world: World) -> None:
    left, right = world.new(), world.new()
    await world.insert(left, right)
    job = waiting(world)
    await store(world, [job], [edge(job, left), edge(job, right)])

    await end(world, left, JobState.FAILED)
    await end(world, right, JobState.CANCELLED)
    await release(world)

    assert await standing(world, job) == CANCELLED


async def test_an_alternative_that_fails_after_another_succeeded_costs_nothing(world: World) -> None:
    left, right, other = (world.new() for _ in range(3))
    await world.insert(left, right, other)
    job = waiting(world)
    await store(world, [job], [edge(job, left), edge(job, right), edge(job, other, 1)])
    await end(world, left, JobState.SUCCEEDED)
    await release(world)

    await end(world, right, JobState.FAILED)
    await release(world)
    assert await standing(world, job) == WAITS
    await end(world, other, JobState.SUCCEEDED)
    await release(world)

    assert await standing(world, job) == READY


async def test_a_delay_counts_from_the_last_end(world: World) -> None:
    first = world.new()
    await world.insert(first)
    second = await dependent(world, first, delay_us=1_000)
    world.clock.advance(DAY)

    await end(world, first, JobState.SUCCEEDED)
    await release(world)

    assert await standing(world, second) == (JobState.SCHEDULED, Reason.DELAYED)
    assert (await world.job(second.id)).run_at == world.now + 1_000


async def test_a_job_does_not_run_before_its_own_time(world: World) -> None:
    first, second = world.new(), waiting(world, run_at=world.now + DAY)
    await world.insert(first)
    await store(world, [second], [edge(second, first)])

    await end(world, first, JobState.SUCCEEDED)
    await release(world)

    assert (await world.job(second.id)).run_at == world.now + DAY


async def test_an_end_runs_down_a_chain(world: World) -> None:
    first = world.new()
    await world.insert(first)
    second = await dependent(world, first)
    third = await dependent(world, second)
    fourth = await dependent(world, third, condition="cancelled")

    await end(world, first, JobState.FAILED)
    await release(world)

    assert [await standing(world, job) for job in (second, third)] == [CANCELLED, CANCELLED]
    assert await standing(world, fourth) == READY


async def test_a_paused_dependent_goes_on_from_where_it_would_be(world: World) -> None:
    first = world.new()
    await world.insert(first)
    second = await dependent(world, first)
    found = await world.job(second.id)
    assert await world.apply(change_to(found, JobState.PAUSED, world.now, run_at=None)) == []

    await end(world, first, JobState.SUCCEEDED)
    await release(world)
    job = await world.job(second.id)
    assert (job.state, job.paused_from) == (JobState.PAUSED, JobState.QUEUED)
    resumed = change_to(job, JobState.QUEUED, world.now)
    assert await world.apply(resumed) == []

    assert [job.id for job in await world.claim()] == [second.id]


async def test_a_dependent_that_was_cancelled_stays_so(world: World) -> None:
    first = world.new()
    await world.insert(first)
    second = await dependent(world, first)
    await end(world, second, JobState.CANCELLED)

    await end(world, first, JobState.SUCCEEDED)
    await release(world)

    assert await standing(world, second) == (JobState.CANCELLED, Reason.CANCEL_REQUESTED)
    assert await world.store.edges.page(world.namespace, second.id) == []


async def test_what_a_job_waits_for_can_be_read(world: World) -> None:
    first, unknown = world.new(), "to-come"
    await world.insert(first)
    second = waiting(world)
    edges = [edge(second, first, condition="finished", delay_us=5), edge(second, unknown, 1)]
    await store(world, [second], edges)

    found = await world.store.edges.page(world.namespace, second.id)

    assert found == [edges[0], edges[1]._replace(unknown_at=world.now + LONGEST_UNKNOWN_US)]
    assert await world.store.edges.page(world.namespace, second.id, 1) == found[:1]


async def test_jobs_of_one_insert_may_wait_for_each_other(world: World) -> None:
    first, second, third = world.new(), waiting(world), waiting(world)
    await store(world, [third, second, first], [edge(third, second), edge(second, first)])

    await end(world, first, JobState.SUCCEEDED)
    await release(world)
    assert await standing(world, third) == WAITS
    await end(world, second, JobState.SUCCEEDED)
    await release(world)

    assert await standing(world, third) == READY


async def test_a_cycle_within_an_insert_is_refused_by_its_name(world: World) -> None:
    one, two, three = (waiting(world, id=name, chosen_id=True) for name in ("one", "two", "three"))

    message = await refused(world, [one, two, three], [edge(one, two), edge(two, three), edge(three, one)])

    assert message.startswith("prerequisite_cycle: these jobs would wait for each other for ever: ")
    assert "one → two → three → one" in message


async def test_a_job_cannot_wait_for_itself(world: World) -> None:
    job = waiting(world)

    assert f"{job.id} → {job.id}" in await refused(world, [job], [edge(job, job)])


async def test_a_cycle_across_inserts_is_refused_by_its_name(world: World) -> None:
    one, two, three = (waiting(world, id=name, chosen_id=True) for name in ("one", "two", "three"))
    await store(world, [one], [edge(one, "two")])
    await store(world, [two], [edge(two, "three")])

    message = await refused(world, [three], [edge(three, "one")])

    assert "three → one → two → three" in message


async def test_a_repeated_insert_stores_no_edge_again(world: World) -> None:
    first = world.new()
    await world.insert(first)
    job = waiting(world, id="mine", chosen_id=True)
    await store(world, [job], [edge(job, first)])
    await end(world, first, JobState.SUCCEEDED)
    await release(world)

    await store(world, [job], [edge(job, first)])

    assert await world.store.edges.page(world.namespace, job.id) == []
    assert await standing(world, job) == READY


async def test_edges_end_at_the_namespace(world: World) -> None:
    first = world.new()
    await world.insert(first)
    other = World(world.place, world.store, world.clock, f"{world.namespace}-b")

    second = await dependent(other, first)
    await end(world, first, JobState.SUCCEEDED)
    await release(world)
    await release(other)

    assert await standing(other, second) == WAITS


async def test_many_dependents_are_told_in_several_transactions(world: World) -> None:
    first = world.new()
    await world.insert(first)
    jobs = [waiting(world) for _ in range(RELEASE_EDGES + 300)]
    await store(world, jobs, [edge(job, first) for job in jobs])

    await end(world, first, JobState.SUCCEEDED)

    assert await release(world) >= 1
    assert len(await world.claim(limit=5_000)) == len(jobs)


async def test_a_replayed_prerequisite_does_not_call_back_what_was_decided(world: World) -> None:
    first = world.new()
    await world.insert(first)
    second = await dependent(world, first)
    await end(world, first, JobState.FAILED)
    await release(world)

    await world.store.jobs.replay(ReplayDead(namespace=world.namespace, ids=[first.id], now=world.now))
    await end(world, first, JobState.SUCCEEDED)
    await release(world)

    assert await standing(world, second) == CANCELLED
