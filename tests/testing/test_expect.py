"""`assert_submitted`, and what it says when it fails."""

from __future__ import annotations

import pytest

from beltline.testing import Kit
from tests.testing.bank import Bank


async def test_a_part_of_the_payload_is_enough(bank: Bank, kit: Kit) -> None:
    job = await bank.deposit.submit(amount=5, note="rent")

    [found] = await kit.assert_submitted(bank.deposit, {"note": "rent"})

    assert found.id == job.id


async def test_jobs_are_found_whether_they_ran_or_not(bank: Bank, kit: Kit) -> None:
    await bank.deposit.submit(amount=5)
    await kit.drain()
    await bank.deposit.submit(amount=5)

    assert len(await kit.assert_submitted("do_deposit", {"amount": 5}, queue="default", times=2)) == 2


async def test_none_can_be_expected(bank: Bank, kit: Kit) -> None:
    await bank.deposit.submit(amount=5)

    await kit.assert_submitted(bank.deposit, {"amount": 6}, times=0)


async def test_a_failure_shows_each_job_with_what_differs(bank: Bank, kit: Kit) -> None:
    job = await bank.deposit.submit(amount=5)

    with pytest.raises(AssertionError) as caught:
        await kit.assert_submitted(bank.deposit, {"amount": 6, "note": "x"}, queue="money")

    assert str(caught.value).splitlines() == [
        (
            'expected at least one job of \'do_deposit\' with {"amount": 6, "note": "x"} in queue \'money\';'
            " 0 of 1 submitted are so"
        ),
        f"  job {job.id} in queue 'default', queued:",
        '    - queue: "money"',
        '    + queue: "default"',
        "    - payload.amount: 6",
        "    + payload.amount: 5",
        '    - payload.note: "x"',
        "    + payload.note is missing",
    ]


async def test_a_failure_for_the_number_shows_what_is_as_expected(bank: Bank, kit: Kit) -> None:
    await bank.deposit.submit(amount=5)

    with pytest.raises(AssertionError, match=r"expected 2 jobs .* 1 of 1 submitted are so[^+]*is so"):
        await kit.assert_submitted(bank.deposit, times=2)


async def test_a_failure_names_what_was_submitted_instead(bank: Bank, kit: Kit) -> None:
    await bank.careless.submit(amount=5)

    with pytest.raises(AssertionError, match="other definitions were submitted: do_careless"):
        await kit.assert_submitted(bank.deposit)
