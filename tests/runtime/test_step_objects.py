"""Large results of steps lie in the object store: written before their record, fetched for later runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from beltline.cli.job_views import story_of
from beltline.core.reasons import Reason
from beltline.core.retry import Retry
from beltline.core.states import JobState
from beltline.definitions.context import Context
from beltline.engine import control
from beltline.engine.objects import whole_steps
from beltline.objects.reference import is_reference
from beltline.store.steps import Remembered
from tests.runtime.bodies import AT_ONCE
from tests.runtime.test_objects import TEXT, Depot, error_of
from tests.runtime.works import Works
from tests.waiting import eventually_async

KEY = "env:KEY"
SECRET = "00" * 32


@pytest.fixture
def depot(works: Works, tmp_path: Path) -> Depot:
    return Depot(works, tmp_path / "objects")


async def two_runs(works: Works) -> str:
    """Submit a job whose runs each need the result of a large step, before they sleep."""

    @works.belt.job(name="walk", retry=AT_ONCE)
    async def walk(ctx: Context) -> int:
        text = await ctx.step("large", lambda: TEXT)
        await ctx.step("small", lambda: 1)
        await ctx.sleep("1h", name="rest")
        return len(text)

    return (await walk.submit()).id


async def steps(works: Works, job_id: str) -> list[Remembered]:
    return await works.store.steps.load(works.namespace, [job_id])


async def wake(works: Works, job_id: str) -> None:
    """Run the job again now; its sleep is a step like others, and would only put it off."""
    await control.retry(works.store, works.namespace, job_id, actor="me")
    await works.until_idle()


async def test_a_later_run_gets_a_large_result_whole(works: Works, depot: Depot) -> None:
    @works.belt.job(retry=AT_ONCE)
    async def walk(ctx: Context) -> int:
        text = await ctx.step("large", lambda: TEXT)
        if ctx.run == 1:
            raise LookupError("again")
        return len(text)

    job = await walk.submit()
    await works.until_idle()

    [row] = await steps(works, job.id)
    assert is_reference(row.value)
    assert (await works.job(job.id)).result == b"%d" % len(TEXT)
    [read] = await whole_steps(works.store, [row])
    assert read.value == b'"' + TEXT.encode() + b'"'


async def test_a_small_result_stays_in_its_row(works: Works, depot: Depot) -> None:
    job_id = await two_runs(works)
    await works.until_idle()

    by_name = {row.name: row.value for row in await steps(works, job_id)}
    assert (is_reference(by_name["large"]), by_name["small"]) == (True, b"1")


async def test_where_a_result_cannot_be_fetched_the_job_waits_and_says_why(
    works: Works, depot: Depot
) -> None:
    job_id = await two_runs(works)
    await works.until_idle()
    depot.block()

    await wake(works, job_id)

    waiting = await works.job(job_id)
    assert (waiting.state, waiting.reason) == (JobState.SCHEDULED, Reason.OBJECTS_UNAVAILABLE)
    assert (waiting.attempts_used, error_of(waiting)[0]) == (0, "ObjectsUnavailable")
    depot.unblock()
    await wake(works, job_id)
    assert (await works.job(job_id)).reason is Reason.SNOOZED


async def test_a_result_that_cannot_be_written_waits_and_others_do_not(works: Works, depot: Depot) -> None:
    depot.block()
    job_id = await two_runs(works)

    @works.belt.job
    async def other(ctx: Context) -> int:
        return await ctx.step("small", lambda: 1)

    async with works.working():
        assert await (await other.submit()).result(timeout=30) == 1
        assert await steps(works, job_id) == []
        depot.unblock()

        async def recorded() -> bool:
            return len(await steps(works, job_id)) == 3

        await eventually_async(recorded)


async def test_without_its_key_the_job_waits_and_the_key_is_named(works: Works, depot: Depot) -> None:
    depot.use(f"k1={KEY}", KEY=SECRET)
    job_id = await two_runs(works)
    await works.until_idle()
    depot.use(f"k2={KEY}", KEY="11" * 32)

    await wake(works, job_id)

    waiting = await works.job(job_id)
    assert waiting.reason is Reason.OBJECTS_UNAVAILABLE
    assert "'k1'" in error_of(waiting)[1]


async def test_a_job_is_shown_with_its_large_steps(works: Works, depot: Depot) -> None:
    job_id = await two_runs(works)
    await works.until_idle()

    shown = await story_of(works.store, works.namespace, job_id)
    depot.block()
    unread = await story_of(works.store, works.namespace, job_id)

    assert shown.steps[0].value == b'"' + TEXT.encode() + b'"'
    assert (is_reference(unread.steps[0].value), bool(unread.unread)) == (True, True)


async def test_a_body_that_cannot_reach_the_object_store_gives_its_job_back(
    works: Works, depot: Depot
) -> None:
    @works.belt.job(name="echo")
    async def echo(text: str) -> None: ...

    @works.belt.job(retry=Retry(max_attempts=1))
    async def submits() -> None:
        await echo.submit(text=TEXT)

    job = await submits.submit()
    depot.block()
    await works.until_idle()

    assert (await works.job(job.id)).reason is Reason.OBJECTS_UNAVAILABLE
