"""How a body in a process is made to end: asked, then killed, and how its own end is told."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from beltline.core.failure import Failure, read_failure
from beltline.core.outcome import Ending, Outcome
from beltline.core.reasons import Reason
from tests.executors import app
from tests.executors.house import House, ends, parent_of


def failure_of(outcome: Outcome) -> Failure:
    found = read_failure(outcome.error)
    assert found is not None
    return found


@pytest.mark.parametrize("body", [app.obeys, app.waits_on_a_loop], ids=["plain", "coroutine"])
async def test_a_body_that_obeys_ends_by_itself(house: House, body: object) -> None:
    task, port = house.start(body)  # type: ignore[arg-type]
    await port.begun()

    task.cancel()

    assert await task == Outcome(Ending.FAILED)


@pytest.mark.parametrize("body", [app.ignores, app.holds_the_lock], ids=["python", "c"])
async def test_a_body_that_does_not_obey_is_killed(house: House, body: object) -> None:
    task, port = house.start(body)  # type: ignore[arg-type]
    pid = (await port.begun())["pid"]

    task.cancel()
    await asyncio.wait([task])

    assert task.cancelled()
    await ends(pid)


async def test_what_a_killed_body_has_started_ends_with_it(house: House) -> None:
    task, port = house.start(app.leaves_a_child)
    pid = (await port.begun())["pid"]

    task.cancel()
    await asyncio.wait([task])

    await ends(pid)


async def test_the_next_body_has_a_new_process_after_a_kill(house: House) -> None:
    task, port = house.start(app.ignores)
    pid = (await port.begun())["pid"]
    task.cancel()
    await asyncio.wait([task])

    assert await house.process_of() != pid


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("exit", "exited with code 3"),
        ("SIGSEGV", "was ended by SIGSEGV"),
        ("SIGABRT", "was ended by SIGABRT"),
        ("SIGKILL", "was ended by SIGKILL, which this worker did not send"),
        ("pipe", "exited with code"),
        ("parent", "ended in an unknown way"),
    ],
)
async def test_the_end_of_a_process_is_told(house: House, how: str, words: str) -> None:
    outcome = await house.run(app.dies, how=how)

    assert (outcome.ending, outcome.reason) == (Ending.LOST, Reason.PROCESS_DIED)
    assert words in failure_of(outcome)["message"]


async def test_a_crash_tells_the_line_that_crashed(house: House) -> None:
    failure = failure_of(await house.run(app.dies, how="SIGSEGV"))

    assert "in dies" in failure["where"]
    assert "Segmentation fault" in failure["trace"]


async def test_a_crash_takes_no_neighbour_along(house: House, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    neighbour, port = house.start(app.waits_for, {"file": str(gate)})
    await port.begun()

    await house.run(app.dies, how="SIGSEGV")
    gate.touch()

    assert (await neighbour).ending is Ending.SUCCEEDED


async def test_a_signal_to_all_processes_of_a_service_ends_no_body(house: House, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    task, port = house.start(app.waits_for, {"file": str(gate)})
    pid = (await port.begun())["pid"]

    for process in (pid, parent_of(pid)):
        os.kill(process, signal.SIGTERM)
    gate.touch()

    assert (await task).ending is Ending.SUCCEEDED
    assert (await house.run(app.adds, left=1, right=2)).ending is Ending.SUCCEEDED


async def test_bodies_run_again_after_the_forkserver_was_killed(house: House) -> None:
    await house.run(app.dies, how="parent")

    assert await house.run(app.adds, left=1, right=2) == Outcome(Ending.SUCCEEDED, b"3")


async def test_a_suspect_runs_where_nothing_ran_before_and_nothing_runs_after(house: House) -> None:
    before = await house.process_of()
    suspect = await house.process_of(crashes=1)
    after = await house.process_of()

    assert suspect != before
    assert after == before
    await ends(suspect)


async def test_a_suspect_gives_way_to_others(house: House, tmp_path: Path) -> None:
    gate = tmp_path / "gate"
    runs = [house.start(app.waits_for, {"file": str(gate)}, crashes=crashes) for crashes in (0, 1)]
    usual, suspect = [(await port.begun())["pid"] for _, port in runs]

    shares = [os.getpriority(os.PRIO_PROCESS, pid) for pid in (usual, suspect)]

    assert shares == [os.getpriority(os.PRIO_PROCESS, 0), os.getpriority(os.PRIO_PROCESS, 0) + 5]
    gate.touch()
    assert {(await task).ending for task, _ in runs} == {Ending.SUCCEEDED}


async def test_closing_ends_every_process() -> None:
    async with House() as house:
        task, port = house.start(app.ignores)
        pid = (await port.begun())["pid"]

    assert (await task).reason is Reason.PROCESS_DIED
    await ends(pid)
