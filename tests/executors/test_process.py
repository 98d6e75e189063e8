"""A body in a process of its own: it knows and tells what bodies elsewhere do, and ends as they do."""

from __future__ import annotations

import asyncio
import json

import pytest

from beltline.core.errors import ConfigError
from beltline.core.failure import read_failure
from beltline.core.outcome import Ending, Outcome
from beltline.core.reasons import Reason
from tests.executors import app
from tests.executors.house import APP, STORE, House, ends


async def test_a_body_returns_its_result(house: House) -> None:
    assert await house.run(app.adds, left=1, right=2) == Outcome(Ending.SUCCEEDED, b"3")


async def test_a_coroutine_function_runs_on_a_loop_of_its_own(house: House) -> None:
    assert await house.run(app.adds_on_a_loop, left=1, right=2) == Outcome(Ending.SUCCEEDED, b"3")


async def test_the_context_knows_its_run_and_tells_the_worker(house: House) -> None:
    task, port = house.start(app.tells, crashes=1, labels={"a": "b"}, correlation_id="c", attempts_used=2)

    known = json.loads((await task).result or b"")

    assert known == {
        "job": ["job-1", "tells", "7", "default", "c"],
        "counts": [2, 3, 5, 1],
        "labels": {"a": "b"},
        "asked": False,
    }
    assert port.lines == [("warning", "half way", {"row": 3})]
    assert port.reports == [(0.5, "row 3")]


async def test_an_error_comes_back_with_its_place(house: House) -> None:
    outcome = await house.run(app.fails, kind="value")

    failure = read_failure(outcome.error)
    assert failure is not None
    assert (outcome.ending, outcome.reason) == (Ending.FAILED, None)
    assert (failure["type"], failure["message"]) == ("ValueError", "no paper")
    assert failure["where"].startswith(f"{APP}:")
    assert "in fails" in failure["where"]


async def test_an_error_that_the_policy_gives_up_on_is_not_tried_again(house: House) -> None:
    assert (await house.run(app.fails, kind="lookup")).reason is Reason.NOT_RETRYABLE


async def test_leaving_the_program_is_an_error_like_others(house: House) -> None:
    outcome = await house.run(app.fails, kind="exit")

    assert outcome.ending is Ending.FAILED
    assert b"SystemExit" in (outcome.error or b"")


@pytest.mark.parametrize(
    ("word", "ending", "reason"),
    [
        ("snooze", Ending.SNOOZED, None),
        ("cancel", Ending.CANCELLED, Reason.CANCELLED_BY_HANDLER),
        ("fail", Ending.FAILED, Reason.FAILED_BY_HANDLER),
    ],
)
async def test_the_words_of_a_handler_mean_the_same(
    house: House, word: str, ending: Ending, reason: Reason | None
) -> None:
    outcome = await house.run(app.says, word=word)

    assert (outcome.ending, outcome.reason) == (ending, reason)
    assert outcome.delay_us == (3_000_000 if word == "snooze" else None)


async def test_a_payload_that_does_not_fit_is_told(house: House) -> None:
    assert (await house.run(app.adds, left="one")).reason is Reason.INVALID_PAYLOAD


async def test_a_result_that_does_not_fit_is_an_error(house: House) -> None:
    assert b"does not fit its return annotation" in ((await house.run(app.returns_a_text)).error or b"")


async def test_a_large_payload_and_result_travel_whole(house: House) -> None:
    task, _ = house.start(app.fails, {"kind": "x" * 1_000_000})

    assert b"KeyError" in ((await task).error or b"")


async def test_bodies_run_beside_each_other_and_no_more_than_there_are_places(house: House) -> None:
    first, port = house.start(app.obeys)
    second, other = house.start(app.obeys)
    third, waiting = house.start(app.obeys)
    await asyncio.gather(port.begun(), other.begun())

    first.cancel()
    await waiting.begun()
    assert not second.done()

    for task in (second, third):
        task.cancel()
    assert {(await task).ending for task in (first, second, third)} == {Ending.FAILED}


async def test_a_process_is_used_again(house: House) -> None:
    assert await house.process_of() == await house.process_of()


async def test_a_beltline_that_a_body_opens_is_on_the_workers_store(house: House) -> None:
    assert json.loads((await house.run(app.names_its_store)).result or b"") == STORE


async def test_an_app_that_starts_threads_is_loaded_anew_in_each_process() -> None:
    async with House(target="tests/executors/threaded_app.py:belt") as house:
        names = json.loads((await house.run(app.names_its_threads)).result or b"")
        crash = await house.run(app.dies, how="SIGSEGV")
        task, port = house.start(app.ignores)
        pid = (await port.begun())["pid"]

    # A fork would have lost the thread.
    assert "started-at-import" in names
    assert b"in dies" in (crash.error or b"")
    assert (await task).ending is Ending.LOST
    await ends(pid)


async def test_an_app_that_cannot_be_loaded_is_refused(tmp_path: object) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        async with House(target="nowhere/app.py"):
            pass


async def test_a_definition_that_the_app_does_not_have_is_refused() -> None:
    with pytest.raises(ConfigError, match="define it at the top level"):
        async with House(target="tests/e2e/app.py"):
            pass


async def test_artifacts_reach_the_worker_which_may_refuse_them(house: House) -> None:
    task, port = house.start(app.keeps_files)

    outcome = await task

    assert outcome.result == b"[4,3]"
    assert port.artifacts == [("small", "application/octet-stream", b"\x00\xff")]
