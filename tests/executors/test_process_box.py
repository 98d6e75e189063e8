"""The job that lies ready behind a body: it begins when that ends, and shares nothing else of its fate."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from beltline.core.outcome import Ending, Outcome
from beltline.core.reasons import Reason
from tests.executors import app
from tests.executors.house import House


class Queue:
    """A body that waits for its gate in the only process, and one that lies in the box behind it."""

    def __init__(self, house: House, gate: Path) -> None:
        self.house = house
        self.gate = gate
        self.begun: list[str] = []
        self.first, self.first_port = house.start(app.waits_for, {"file": str(gate)})
        self.pid = 0

    async def line_up(self) -> None:
        self.pid = (await self.first_port.begun())["pid"]
        self.second, self.second_port = self.house.start(
            app.names_its_process, begun=lambda: self.begun.append("second")
        )
        await turns()
        assert self.house.lies_ready

    async def second_pid(self) -> int:
        return int((await self.second).result or b"")


async def turns(number: int = 5) -> None:
    """Let what is ready run."""
    for _ in range(number):
        await asyncio.sleep(0)


@pytest.fixture
async def queue(tmp_path: Path) -> AsyncIterator[Queue]:
    async with House(body_processes=1) as house:
        queue = Queue(house, tmp_path / "gate")
        await queue.line_up()
        yield queue


async def test_it_begins_in_the_same_process_when_the_body_ends(queue: Queue) -> None:
    queue.gate.touch()

    assert await queue.second_pid() == queue.pid
    assert (await queue.first).ending is Ending.SUCCEEDED


async def test_its_time_counts_from_its_own_beginning(queue: Queue) -> None:
    before = [*queue.begun]

    queue.gate.touch()
    await queue.second

    assert (before, queue.begun) == ([], ["second"])


async def test_a_crash_before_it_is_not_its_own(queue: Queue) -> None:
    os.kill(queue.pid, signal.SIGKILL)

    assert (await queue.first).reason is Reason.PROCESS_DIED
    assert await queue.second_pid() != queue.pid


async def test_it_goes_elsewhere_where_the_body_is_killed(queue: Queue) -> None:
    stubborn, port = queue.house.start(app.ignores)
    queue.gate.touch()
    await queue.second
    pid = (await port.begun())["pid"]
    last, _ = queue.house.start(app.names_its_process)
    await turns()

    stubborn.cancel()

    assert int((await last).result or b"") != pid
    assert stubborn.cancelled()


async def test_asked_to_stop_it_never_begins_and_the_body_goes_on(queue: Queue) -> None:
    queue.second.cancel()
    await asyncio.wait([queue.second])

    assert queue.second.cancelled()
    assert not queue.first.done()
    queue.gate.touch()
    assert (await queue.first).ending is Ending.SUCCEEDED
    assert queue.begun == []


async def test_its_stack_is_none_while_it_has_not_begun(queue: Queue) -> None:
    assert queue.house.executor.stack("job-2", 2) is None


async def test_a_suspect_lies_behind_nobody(queue: Queue) -> None:
    suspect, _ = queue.house.start(app.names_its_process, crashes=1)

    queue.gate.touch()

    assert int((await suspect).result or b"") != queue.pid


async def test_a_free_place_takes_what_lies_behind_a_long_body(house: House, tmp_path: Path) -> None:
    gates = [tmp_path / name for name in ("long", "short")]
    runs = [house.start(app.waits_for, {"file": str(gate)}) for gate in gates]
    for _, port in runs:
        await port.begun()
    behind, _ = house.start(app.adds, {"left": 1, "right": 2})
    await turns()

    gates[1].touch()

    assert await behind == Outcome(Ending.SUCCEEDED, b"3")
    assert not runs[0][0].done()
    gates[0].touch()
    await runs[0][0]


async def test_nothing_runs_in_a_process_whose_body_ran_out_of_memory() -> None:
    async with House(body_processes=1) as house:
        hungry, _ = house.start(app.allocates, {"how": "touched", "mebibytes": 1_024})
        behind, _ = house.start(app.adds, {"left": 1, "right": 2})

        assert (await hungry).reason is Reason.OUT_OF_MEMORY
        assert await behind == Outcome(Ending.SUCCEEDED, b"3")


async def test_a_worn_process_takes_nothing_ahead() -> None:
    async with House(body_processes=1, body_process_jobs=1) as house:
        runs = [house.start(app.names_its_process)[0] for _ in range(3)]

        pids = {json.loads((await run).result or b"") for run in runs}

    assert len(pids) == 3


async def test_a_job_is_not_taken_back_in_place_of_one_that_its_process_is_slow_to_begin() -> None:
    async with House(body_processes=1) as house:
        pid = json.loads((await house.start(app.names_its_process)[0]).result or b"")
        os.kill(pid, signal.SIGSTOP)
        slow, _ = house.start(app.adds, {"left": 1, "right": 2})
        behind, _ = house.start(app.adds, {"left": 3, "right": 4})
        await turns()

        behind.cancel()
        await asyncio.wait([behind])
        os.kill(pid, signal.SIGCONT)

        assert await slow == Outcome(Ending.SUCCEEDED, b"3")
        assert behind.cancelled()


async def test_of_many_bodies_only_those_are_lost_whose_process_was_killed(
    house: House, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    runs = [house.start(app.waits_for, {"file": str(gate)}) for _ in range(6)]

    for _, port in runs[:2]:
        os.kill((await port.begun())["pid"], signal.SIGKILL)
    gate.touch()

    endings = [(await task).ending for task, _ in runs]
    assert endings == [Ending.LOST, Ending.LOST, *[Ending.SUCCEEDED] * 4]
