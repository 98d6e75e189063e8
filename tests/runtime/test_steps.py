"""Steps in bodies of both kinds: done once, remembered, and refused to those who lost the job."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from beltline.core.errors import BeltlineError
from beltline.core.failure import read_failure
from beltline.core.reasons import Reason
from beltline.core.retry import Retry
from beltline.core.states import JobState
from beltline.definitions.context import Context
from beltline.definitions.sync_context import SyncContext
from beltline.engine.rescue import give_back
from tests.hops import Door
from tests.runtime.bodies import AT_ONCE, Bodies
from tests.runtime.works import Works
from tests.waiting import eventually_async


@dataclass
class Receipt:
    """What a shop gives."""

    number: int
    lines: tuple[str, ...]


class Shop:
    """Functions that tell how often they were called."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    async def pay(self, number: int) -> Receipt:
        self.calls.append("pay")
        return Receipt(number, ("a", "b"))

    def pay_here(self, number: int) -> Receipt:
        self.calls.append("pay")
        return Receipt(number, ("a", "b"))

    def ship(self) -> str:
        self.calls.append("ship")
        return "shipped"


@pytest.fixture
def shop() -> Shop:
    return Shop()


async def steps_of(works: Works, job_id: str) -> dict[str, object]:
    rows = await works.store.steps.load(works.namespace, [job_id])
    return {row.name: json.loads(row.value) for row in rows}


async def failed(works: Works, job_id: str) -> str:
    job = await works.in_state(job_id, JobState.FAILED)
    error = read_failure(job.error)
    assert error is not None
    return error["message"]


def buying(works: Works, shop: Shop, *, threaded: bool, fail: int = 1) -> Callable[..., Any]:
    """Define a job of two steps that fails `fail` times between them."""

    @works.belt.job(retry=AT_ONCE)
    async def buy(ctx: Context) -> tuple[int, str]:
        receipt = await ctx.step("pay", shop.pay, 7)
        if ctx.run <= fail:
            raise LookupError("not yet")
        return receipt.number, await ctx.step("ship", shop.ship)

    @works.belt.job(retry=AT_ONCE)
    def buy_in_thread(ctx: SyncContext) -> tuple[int, str]:
        receipt = ctx.step("pay", shop.pay_here, 7)
        if ctx.run <= fail:
            raise LookupError("not yet")
        return receipt.number, ctx.step("ship", shop.ship)

    return (buy_in_thread if threaded else buy).submit


BOTH = pytest.mark.parametrize("threaded", [False, True], ids=["loop", "thread"])


@BOTH
async def test_a_done_step_is_not_run_again(works: Works, shop: Shop, threaded: bool) -> None:
    job = await buying(works, shop, threaded=threaded)()

    await works.until_idle()

    assert (await works.job(job.id)).result == b'[7,"shipped"]'
    assert shop.calls == ["pay", "ship"]
    assert await steps_of(works, job.id) == {"pay": {"number": 7, "lines": ["a", "b"]}, "ship": "shipped"}


@BOTH
async def test_a_step_is_durable_when_it_returns(works: Works, bodies: Bodies, threaded: bool) -> None:
    @works.belt.job
    async def in_loop(ctx: Context) -> None:
        await ctx.step("one", len, "abc")
        bodies.begun.append(ctx.job_id)
        await bodies.gate.wait()

    @works.belt.job
    def in_thread(ctx: SyncContext) -> None:
        ctx.step("one", len, "abc")
        bodies.begun.append(ctx.job_id)
        bodies.thread_gate.wait(30)

    async with works.working():
        job = await (in_thread if threaded else in_loop).submit()
        await bodies.began()

        assert await steps_of(works, job.id) == {"one": 3}
        bodies.gate.set()
        bodies.thread_gate.set()
        await works.in_state(job.id)


async def test_first_run_reads_nothing_and_later_ones_read_once(works: Works, door: Door) -> None:
    knocks: list[int] = []

    @works.belt.job(retry=AT_ONCE)
    async def counts(ctx: Context) -> None:
        before = door.passed
        for number in range(30):
            await ctx.step(f"row-{number}", str, number)
        knocks.append(door.passed - before)
        if ctx.run == 1:
            raise LookupError("again")

    await counts.submit()
    await works.until_idle(concurrency=1)

    first, second = knocks
    assert first >= 30
    assert second < 15  # one, and whatever the chores did meanwhile


async def test_steps_of_one_body_may_run_side_by_side(works: Works) -> None:
    @works.belt.job(retry=AT_ONCE)
    async def gathers(ctx: Context) -> list[int]:
        found = await asyncio.gather(*(ctx.step(f"len-{n}", len, "x" * n) for n in range(20)))
        if ctx.run == 1:
            raise LookupError("again")
        return list(found)

    job = await gathers.submit()
    await works.until_idle()

    assert json.loads((await works.job(job.id)).result or b"") == list(range(20))


@BOTH
async def test_a_name_stands_for_one_step_of_a_run(works: Works, threaded: bool) -> None:
    @works.belt.job(retry=Retry(max_attempts=1))
    async def in_loop(ctx: Context) -> None:
        for number in range(2):
            await ctx.step("row", str, number)

    @works.belt.job(retry=Retry(max_attempts=1))
    def in_thread(ctx: SyncContext) -> None:
        for number in range(2):
            ctx.step("row", str, number)

    job = await (in_thread if threaded else in_loop).submit()
    await works.until_idle()

    assert 'number them, for instance f"row-{number}"' in await failed(works, job.id)


async def test_a_step_that_raised_may_be_tried_again(works: Works) -> None:
    calls: list[int] = []

    async def flaky() -> int:
        calls.append(1)
        if len(calls) == 1:
            raise OSError("busy")
        return len(calls)

    @works.belt.job
    async def insists(ctx: Context) -> int:
        try:
            return await ctx.step("flaky", flaky)
        except OSError:
            return await ctx.step("flaky", flaky)

    job = await insists.submit()
    await works.until_idle()

    assert (await works.job(job.id)).result == b"2"


@pytest.mark.parametrize(
    ("result", "said"),
    [
        (object(), "the result of step 'bad' is no JSON"),
        ("x" * 1_100_000, "the result of step 'bad' has 1,100,002 bytes"),
    ],
    ids=["no JSON", "too large"],
)
async def test_a_result_that_cannot_be_kept_is_refused(works: Works, result: object, said: str) -> None:
    @works.belt.job(retry=Retry(max_attempts=1))
    async def bad(ctx: Context) -> None:
        await ctx.step("bad", lambda: result)

    job = await bad.submit()
    await works.until_idle()

    assert said in await failed(works, job.id)
    assert await steps_of(works, job.id) == {}


async def test_a_result_must_fit_its_annotation(works: Works) -> None:
    def lies() -> int:
        return "three"  # type: ignore[return-value]

    @works.belt.job(retry=Retry(max_attempts=1))
    async def bad(ctx: Context) -> None:
        await ctx.step("bad", lies)

    job = await bad.submit()
    await works.until_idle()

    assert "the result of 'bad' does not fit" in await failed(works, job.id)


@pytest.mark.parametrize("name", ["", "x" * 201, "a\x00b", "\ud800"])
async def test_a_name_that_no_store_keeps_is_refused(works: Works, name: str) -> None:
    @works.belt.job(retry=Retry(max_attempts=1))
    async def bad(ctx: Context) -> None:
        await ctx.step(name, str)

    job = await bad.submit()
    await works.until_idle()

    assert "the step name" in await failed(works, job.id)


async def test_what_is_returned_is_what_later_runs_get(works: Works) -> None:
    seen: list[object] = []

    @works.belt.job(retry=AT_ONCE)
    async def compares(ctx: Context) -> None:
        seen.append(await ctx.step("pair", lambda: (1, 2)))
        if ctx.run == 1:
            raise LookupError("again")

    await compares.submit()
    await works.until_idle()

    assert seen == [[1, 2], [1, 2]]


async def test_a_run_that_lost_the_job_is_told_so_and_records_nothing(works: Works, bodies: Bodies) -> None:
    caught: list[str] = []

    @works.belt.job
    async def lingers(ctx: Context) -> int:
        bodies.begun.append(ctx.job_id)
        if ctx.run == 1:
            await bodies.gate.wait()
        try:
            return await ctx.step("one", lambda: ctx.run)
        except BeltlineError as error:
            caught.append(error.code)
            raise

    async with works.working() as worker:
        job = await lingers.submit()
        await bodies.began()
        # As if others had rescued it: the store gives the job to the next claim.
        [held] = await works.store.jobs.held(works.namespace, worker._lease.session)
        await give_back(works.store, works.namespace, [held], Reason.DRAINED, random=random.Random(1))
        await bodies.began(2)
        await works.in_state(job.id)
        bodies.gate.set()

        async def told() -> bool:
            return bool(caught)

        await eventually_async(told)

    assert caught == ["lease_lost"]
    assert await steps_of(works, job.id) == {"one": 2}


async def test_a_record_is_repeated_while_the_store_is_away(works: Works, shop: Shop, door: Door) -> None:
    @works.belt.job
    async def buys(ctx: Context) -> str:
        door.fail(after=True)
        asyncio.get_running_loop().call_later(0.2, door.open)
        return await ctx.step("ship", shop.ship)

    job = await buys.submit()
    await works.until_idle()

    assert (await works.job(job.id)).result == b'"shipped"'
    assert shop.calls == ["ship"]


async def test_a_step_that_was_done_when_its_run_was_stopped_is_recorded(
    works: Works, shop: Shop, door: Door
) -> None:
    @works.belt.job
    async def buys(ctx: Context) -> str:
        door.shut()
        asyncio.get_running_loop().call_later(0.1, door.open)
        asyncio.get_running_loop().call_later(0.02, worker.stop)
        return await ctx.step("ship", shop.ship)

    job = await buys.submit()
    worker = works.worker(drain_us=0, grace_us=5_000_000)
    await worker.run()
    released = await works.job(job.id)
    await works.until_idle()

    assert released.reason is Reason.DRAINED
    assert (await works.job(job.id)).result == b'"shipped"'
    assert shop.calls == ["ship"]
