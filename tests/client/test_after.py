"""Prerequisites as a program names them."""

from __future__ import annotations

import pytest

from beltline import After, any_of
from beltline.client.beltline import Beltline
from beltline.core.errors import InvalidInput, PrerequisiteCycle, PrerequisiteUnknown
from beltline.core.reasons import Reason
from beltline.core.retry import Retry
from beltline.core.states import JobState
from beltline.testing.kit import Kit


def app() -> Beltline:
    return Beltline("sqlite:///:memory:")


def add(one: int, two: int) -> int:
    if one < 0:
        raise ValueError(one)
    return one + two


async def test_a_job_runs_after_those_that_it_names() -> None:
    belt = app()
    job = belt.job(add, name="add")

    async with Kit(belt) as kit:
        first = await job.submit(1, 2)
        second = await job.options(after=[first, After(first, when="finished")]).submit(3, 4)
        assert (await second.job()).reason is Reason.PREREQUISITES
        assert await kit.run(second) == 7

        last = (await second.job()).started_at, (await first.job()).finished_at
        assert last[0] is not None
        assert last[1] is not None
        assert last[0] >= last[1]


async def test_alternatives_a_delay_and_a_policy() -> None:
    belt = app()
    job = belt.job(add, name="add", retry=Retry(max_attempts=1))

    async with Kit(belt) as kit:
        bad, good = await job.submit(-1, 0), await job.submit(1, 2)
        either = await job.options(after=[any_of(bad, good)], delay="1h").submit(1, 1)
        strict = await job.options(after=[After(bad, otherwise="fail")]).submit(1, 1)
        anyway = await job.options(after=[After(bad, otherwise="run")]).submit(1, 1)
        await kit.drain()

        assert (await either.job()).state is JobState.SCHEDULED
        assert (await strict.job()).state is JobState.FAILED
        assert (await anyway.job()).state is JobState.SUCCEEDED
        await kit.advance("1h")
        assert (await either.job()).state is JobState.SUCCEEDED


async def test_many_jobs_may_wait_for_one() -> None:
    belt = app()
    job = belt.job(add, name="add")

    async with Kit(belt) as kit:
        first = await job.submit(1, 2)
        many = await job.options(after=[first.id]).submit_many({"one": n, "two": n} for n in range(20))
        assert await kit.drain() == 21

        assert {(await each.job()).state for each in many} == {JobState.SUCCEEDED}


async def test_every_fault_of_prerequisites_is_told_at_once() -> None:
    belt = app()
    job = belt.job(add, name="add")

    async with Kit(belt) as kit:
        after = [After("a", when="maybe"), After("b", otherwise="explode"), any_of(), 7, ""]
        with pytest.raises(InvalidInput) as caught:
            await job.options(after=after, unknown="guess").submit(1, 2)
        with pytest.raises(InvalidInput, match="give a list of jobs"):
            await job.options(after="some-id").submit(1, 2)
        assert await kit.jobs() == []

    text = str(caught.value)
    for words in ("'maybe'", "'explode'", "any_of() without a job", "after 7", "after ''", "'guess'"):
        assert words in text


async def test_unknown_ids_and_cycles_are_refused_by_name() -> None:
    belt = app()
    job = belt.job(add, name="add")

    async with Kit(belt) as kit:
        with pytest.raises(PrerequisiteUnknown, match="there is no job nobody"):
            await job.options(after=["nobody"], unknown="refuse").submit(1, 2)
        assert await kit.jobs() == []
        await job.options(id="one", after=["two"]).submit(1, 2)
        with pytest.raises(PrerequisiteCycle, match="two → one → two"):
            await job.options(id="two", after=["one"]).submit(1, 2)


async def test_a_job_of_another_namespace_is_refused() -> None:
    here, there = app(), Beltline("sqlite:///:memory:", namespace="there")
    job, other = here.job(add, name="add"), there.job(add, name="add")

    async with there, Kit(here):
        foreign = await other.submit(1, 2)
        with pytest.raises(InvalidInput, match="is in namespace 'there'"):
            await job.options(after=[foreign]).submit(1, 2)
