"""`crash_everywhere`: what survives it, what it finds, and what a crash is."""

from __future__ import annotations

import pytest

from beltline.core.job import Job
from beltline.testing import Kit
from tests.testing.bank import Bank


def _holds(bank: Bank, amount: int) -> None:
    assert bank.balance == amount, f"{bank.balance}, not {amount}"


async def test_a_job_that_may_run_twice_survives_every_crash(bank: Bank, kit: Kit) -> None:
    runs = []

    def check(job: Job) -> None:
        _holds(bank, 5)
        runs.append(job.runs)

    crashes = await kit.crash_everywhere(
        lambda: bank.deposit.submit(amount=5), check=check, fresh=bank.entries.clear
    )

    assert len(runs) == crashes + 1
    assert set(runs) == {1, 2}


async def test_a_job_that_does_its_work_twice_is_found(bank: Bank, kit: Kit) -> None:
    with pytest.raises(AssertionError, match="10, not 5") as caught:
        await kit.crash_everywhere(
            lambda: bank.careless.submit(amount=5),
            check=lambda _: _holds(bank, 5),
            fresh=bank.entries.clear,
        )

    assert any("after a crash" in note for note in caught.value.__notes__)


async def test_nothing_of_a_crashed_body_runs_before_the_check(bank: Bank, kit: Kit) -> None:
    cleaned = []

    await kit.crash_everywhere(
        lambda: bank.careless.submit(amount=5),
        check=lambda job: cleaned.append((job.runs, bank.log.count("cleaned up"))),
        fresh=bank.log.clear,
    )

    assert (2, 1) in cleaned
    assert (1, 2) not in cleaned


async def test_a_job_that_ends_otherwise_after_a_crash_is_found_with_the_place(bank: Bank, kit: Kit) -> None:
    with pytest.raises(AssertionError, match=r"ends succeeded; after crash \d+ of \d+, .*is failed"):
        await kit.crash_everywhere(bank.fragile.submit)


async def test_a_job_that_submits_and_awaits_others_can_be_crashed_too(bank: Bank, kit: Kit) -> None:
    assert await kit.crash_everywhere(lambda: bank.audited.submit(amount=7), fresh=bank.entries.clear) > 20


async def test_a_body_in_a_thread_is_crashed_around_its_steps(bank: Bank, kit: Kit) -> None:
    results = []

    await kit.crash_everywhere(
        lambda: bank.saved.submit(amount=5),
        check=lambda job: results.append((job.runs, job.result)),
        fresh=bank.entries.clear,
    )

    assert set(results) == {(1, b"5"), (2, b"5")}


async def test_retries_come_in_the_story_at_their_time(bank: Bank, kit: Kit) -> None:
    states = []

    await kit.crash_everywhere(
        lambda: bank.deposit.submit(amount=-1), check=lambda job: states.append(job.state.value)
    )

    assert set(states) == {"failed"}


async def test_the_kits_own_store_stays_as_it_is(bank: Bank, kit: Kit) -> None:
    job = await bank.deposit.submit(amount=1)

    await kit.crash_everywhere(lambda: bank.careless.submit(amount=5))

    assert [found.id for found in await kit.jobs()] == [job.id]
    assert await kit.run(job) == bank.balance
