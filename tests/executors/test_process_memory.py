"""Limits on memory, and processes that are replaced because they are worn."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from beltline.core.clock import HOUR, SystemClock
from beltline.core.outcome import Ending, Outcome
from beltline.core.reasons import Reason
from beltline.core.sizes import MEBIBYTE
from tests.executors import app
from tests.executors.house import House, ends


@pytest.mark.parametrize("how", ["untouched", "touched", "shared"])
async def test_a_body_that_needs_too_much_memory_ends_out_of_memory(
    house: House, how: str, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    neighbour, port = house.start(app.waits_for, {"file": str(gate)})
    await port.begun()
    began = time.monotonic()

    outcome = await house.run(app.allocates, how=how, mebibytes=1_024)
    took = time.monotonic() - began
    gate.touch()

    assert (outcome.ending, outcome.reason) == (Ending.LOST, Reason.OUT_OF_MEMORY)
    assert b"limit" in (outcome.error or b"")
    assert took < 2
    assert (await neighbour).ending is Ending.SUCCEEDED


@pytest.mark.parametrize("how", ["untouched", "touched", "shared"])
async def test_a_body_may_use_the_memory_that_it_has(house: House, how: str) -> None:
    outcome = await house.run(app.allocates, how=how, mebibytes=128)

    assert outcome == Outcome(Ending.SUCCEEDED, b"%d" % (128 * MEBIBYTE))


async def test_a_limit_is_for_its_body_alone(house: House) -> None:
    await house.run(app.allocates, how="touched", mebibytes=128)

    assert (await house.run(app.keeps, mebibytes=300)).ending is Ending.SUCCEEDED


async def test_what_an_earlier_body_kept_is_not_charged_to_the_next() -> None:
    async with House(body_process_memory=1 << 40, body_processes=1) as house:
        await house.run(app.keeps, mebibytes=300)

        outcome = await house.run(app.allocates, how="touched", mebibytes=128)

    assert outcome.ending is Ending.SUCCEEDED


async def test_no_body_runs_after_one_that_ran_out_of_memory() -> None:
    async with House(body_processes=1) as house:
        before = await house.process_of()
        await house.run(app.allocates, how="touched", mebibytes=1_024)

        assert await house.process_of() != before


async def test_a_process_is_replaced_after_its_number_of_bodies() -> None:
    async with House(body_processes=1, body_process_jobs=2) as house:
        first, second, third = [await house.process_of() for _ in range(3)]

        assert first == second != third
        await ends(first)


async def test_a_process_that_keeps_too_much_is_replaced() -> None:
    async with House(body_processes=1, body_process_memory=64 * MEBIBYTE) as house:
        small = await house.run(app.keeps, mebibytes=8)
        large = await house.run(app.keeps, mebibytes=128)

        assert small.result == large.result
        assert await house.process_of() != int(large.result or b"")


async def test_a_process_that_is_too_old_is_replaced() -> None:
    clock = Later()
    async with House(clock=clock, body_processes=1, body_process_age_us=HOUR) as house:
        first = await house.process_of()
        clock.later_us = HOUR

        assert await house.process_of() != first
        await ends(first)


class Later(SystemClock):
    """A clock that a test moves forward."""

    later_us = 0

    def monotonic(self) -> int:
        return super().monotonic() + self.later_us
