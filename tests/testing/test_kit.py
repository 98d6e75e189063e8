"""Running jobs by hand."""

from __future__ import annotations

import os

import pytest

from beltline import SyncContext
from beltline.core.clock import HOUR, MINUTE
from beltline.core.errors import JobFailed, NotOpen, ResultTimeout, Unsupported
from beltline.core.states import JobState
from beltline.testing import Kit, StillClock
from tests.testing.bank import Bank


async def test_a_job_runs_inline_and_gives_its_typed_result(bank: Bank, kit: Kit) -> None:
    job = await bank.deposit.submit(amount=5)

    assert await kit.run(job) == 5


async def test_a_body_that_wants_a_process_of_its_own_runs_in_that_of_the_test(kit: Kit) -> None:
    @kit.belt.job(mode="process")
    def names_its_process(ctx: SyncContext) -> int:
        return ctx.step("pid", os.getpid)

    assert await kit.run(await names_its_process.submit()) == os.getpid()


async def test_what_a_job_asks_of_its_worker_is_there(bank: Bank, kit: Kit) -> None:
    @kit.belt.job(resources={"qubits": 9}, tags=["mars"], pinned=True)
    async def asks() -> str:
        bank.log.append("asked")
        return "done"

    await bank.deposit.submit(amount=1)
    job = await asks.submit()
    await bank.deposit.submit(amount=2)

    assert await kit.run(job) == "done"
    assert bank.log == ["deposit 1", "asked"]


async def test_what_was_submitted_before_runs_before(bank: Bank, kit: Kit) -> None:
    await bank.deposit.submit(amount=1)
    second = await bank.deposit.submit(amount=2)
    await bank.deposit.submit(amount=3)

    await kit.run(second)

    assert bank.log == ["deposit 1", "deposit 2"]


async def test_jobs_of_one_submit_run_in_their_order(bank: Bank, kit: Kit) -> None:
    await bank.deposit.submit_many({"amount": number} for number in range(20))

    await kit.drain()

    assert bank.log == [f"deposit {number}" for number in range(20)]


async def test_running_a_job_that_fails_raises_what_its_result_raises(bank: Bank, kit: Kit) -> None:
    job = await bank.deposit.options(max_attempts=1).submit(amount=-1)

    with pytest.raises(JobFailed, match="no money"):
        await kit.run(job)


async def test_running_a_job_that_waits_for_a_later_time_says_so(bank: Bank, kit: Kit) -> None:
    job = await bank.deposit.submit(amount=-1)

    with pytest.raises(ResultTimeout, match="retrying"):
        await kit.run(job)


async def test_drain_runs_what_is_due_and_all_that_follows(bank: Bank, kit: Kit) -> None:
    await bank.payday.submit(people=3)

    assert await kit.drain() == 4
    assert bank.log == ["deposit 100 0", "deposit 100 1", "deposit 100 2"]


async def test_a_body_may_await_the_result_of_a_job_that_it_submits(bank: Bank, kit: Kit) -> None:
    assert await kit.run(await bank.audited.submit(amount=7)) == 14


async def test_a_body_in_a_thread_may_do_so_too(bank: Bank, kit: Kit) -> None:
    assert await kit.run(await bank.counted.submit(amount=7)) == 7


async def test_a_body_that_awaits_a_job_which_is_due_later_is_told_so(bank: Bank, kit: Kit) -> None:
    with pytest.raises(JobFailed, match="which is not due, and time stands still here"):
        await kit.run(await bank.patient.submit())


async def test_jobs_without_end_are_noticed(bank: Bank, kit: Kit, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("beltline.testing.kit.MOST_RUNS", 50)
    await bank.restless.submit()

    with pytest.raises(Unsupported, match="without end"):
        await kit.drain()


async def test_time_stands_still_until_it_is_moved(bank: Bank, kit: Kit) -> None:
    await bank.deposit.options(delay="1h").submit(amount=1)

    assert await kit.drain() == 0
    assert await kit.advance("59m") == 0
    assert await kit.advance("1m") == 1


async def test_what_falls_due_on_the_way_runs_at_its_own_time(bank: Bank, kit: Kit) -> None:
    begun = kit.clock.now()
    await bank.deposit.submit(amount=-1)

    assert await kit.advance("1h") == 3

    [job] = await kit.jobs(bank.deposit)
    assert (job.state, job.finished_at) == (JobState.FAILED, begun + 20 * MINUTE)
    assert kit.clock.now() == begun + HOUR


async def test_a_deadline_passes_with_the_clock(bank: Bank, kit: Kit) -> None:
    await bank.deposit.options(delay="2h", deadline="1h").submit(amount=1)

    assert await kit.advance("3h") == 0
    assert [job.state for job in await kit.jobs()] == [JobState.TIMED_OUT]


async def test_awaiting_a_job_that_nothing_runs_is_refused_at_once(bank: Bank, kit: Kit) -> None:
    job = await bank.deposit.submit(amount=1)

    with pytest.raises(Unsupported, match=r"await kit\.run\(job\)"):
        await job.result()


async def test_what_a_job_logs_is_in_the_store(bank: Bank, kit: Kit) -> None:
    job = await bank.deposit.submit(amount=1)

    await kit.drain()

    assert [line.message for line in await kit.store.logs.read("default", job.id)] == ["deposited"]


async def test_equal_tests_make_equal_ids(bank: Bank) -> None:
    made = []
    for _ in range(2):
        async with Kit(bank.belt) as kit:
            await bank.payday.submit(people=2)
            await kit.drain()
            made.append([job.id for job in await kit.jobs()])

    assert made[0] == made[1]


async def test_a_program_that_opens_its_beltline_stays_on_the_kits_store(bank: Bank, kit: Kit) -> None:
    async with bank.belt as belt:
        await bank.deposit.submit(amount=1)

        assert belt.store is kit.store

    assert await kit.drain() == 1


async def test_the_clock_may_be_the_tests_own(bank: Bank) -> None:
    clock = StillClock(1_000_000_000_000)
    async with Kit(bank.belt, clock=clock) as kit:
        await bank.deposit.submit(amount=1)

        assert [job.created_at for job in await kit.jobs()] == [1_000_000_000_000]


async def test_a_kit_that_is_not_open_says_so(bank: Bank) -> None:
    with pytest.raises(NotOpen, match="async with"):
        await Kit(bank.belt).drain()
