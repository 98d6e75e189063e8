from __future__ import annotations

import asyncio
import json

import pytest

from beltline.core.errors import Conflict, InvalidInput, NotFound
from beltline.core.rate import rate_of
from beltline.core.states import JobState
from beltline.engine import control, replays
from beltline.store.dead_letters import LetterFilter
from beltline.store.replays import RunState
from tests.engine.desk import Desk
from tests.engine.letters import BROKEN, REFUSED, SECOND, begin, die, end_all, print_of, tick


async def test_letters_go_back_at_the_pace_and_the_run_ends_when_all_have_ended(desk: Desk) -> None:
    letters = [await die(desk) for _ in range(3)]

    run = await begin(desk)
    assert (run.state, run.total, run.replayed) == (RunState.RUNNING, 3, 1)
    assert (await tick(desk, run, after=SECOND // 2)).replayed == 1
    assert (await tick(desk, run, after=SECOND // 2)).replayed == 2
    assert [(await desk.job(letter.id)).state for letter in letters] == ["queued", "queued", "failed"]
    assert (await tick(desk, run)).replayed == 3
    assert (await tick(desk, run)).state is RunState.WATCHING
    await end_all(desk, None)
    await tick(desk, run, after=0)

    done = await tick(desk, run, after=0)
    assert (done.state, done.succeeded, done.came_back, done.ended_at) == (RunState.DONE, 3, 0, desk.now)


async def test_a_run_stops_when_the_same_error_comes_back_and_says_so(desk: Desk) -> None:
    letters = [await die(desk) for _ in range(3)]
    run = await begin(desk)
    await end_all(desk, REFUSED)

    stopped = await tick(desk, run)

    assert (stopped.state, stopped.replayed, stopped.came_back) == (RunState.STOPPED, 1, 1)
    assert stopped.ended_by == f"job {letters[0].id} failed again with the error {print_of(REFUSED)}"
    assert (await tick(desk, run, after=60 * SECOND)).replayed == 1
    assert (await desk.audited())[-1].action == "replay_run.stop"


async def test_a_job_that_will_be_retried_has_shown_its_error_already(desk: Desk) -> None:
    await die(desk)
    await die(desk)
    run = await begin(desk)
    await end_all(desk, REFUSED, for_good=False)

    assert (await tick(desk, run)).state is RunState.STOPPED


async def test_another_error_stops_nothing_and_is_counted(desk: Desk) -> None:
    await die(desk)
    await die(desk)
    run = await begin(desk)
    await end_all(desk, BROKEN)

    after = await tick(desk, run)

    assert (after.state, after.replayed, after.ended_otherwise) == (RunState.RUNNING, 2, 1)


async def test_the_same_error_stops_nothing_where_nobody_asked(desk: Desk) -> None:
    letters = [await die(desk) for _ in range(2)]
    run = await begin(desk, stops=False)
    await end_all(desk, REFUSED)

    after = await tick(desk, run)

    assert (after.state, after.replayed, after.came_back) == (RunState.RUNNING, 2, 1)
    assert (await desk.job(letters[0].id)).state is JobState.FAILED


async def test_a_letter_that_came_back_is_not_replayed_by_the_same_run(desk: Desk) -> None:
    await die(desk)
    run = await begin(desk, stops=False)
    await end_all(desk, REFUSED)
    for _ in range(5):
        run = await tick(desk, run)

    assert (run.state, run.replayed, run.came_back) == (RunState.DONE, 1, 1)


async def test_what_dies_after_the_beginning_is_not_meant(desk: Desk) -> None:
    await die(desk)
    run = await begin(desk, stops=False)
    await end_all(desk, None)
    desk.clock.advance(1)
    later = await die(desk)
    for _ in range(5):
        run = await tick(desk, run)

    assert (run.state, run.replayed) == (RunState.DONE, 1)
    assert (await desk.job(later.id)).state is JobState.FAILED


async def test_a_run_means_its_group_alone(desk: Desk) -> None:
    other = await die(desk, BROKEN)
    letter = await die(desk)

    run = await begin(desk, LetterFilter(fingerprint=print_of(REFUSED)), None, stops=False)

    assert (run.total, run.replayed) == (1, 1)
    assert (await desk.job(letter.id)).state is JobState.QUEUED
    assert (await desk.job(other.id)).state is JobState.FAILED


async def test_a_run_without_a_rate_goes_on_until_nothing_is_left(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replays, "BATCH", 2)
    for _ in range(5):
        await die(desk)

    run = await begin(desk, None, None, stops=False)
    assert (run.state, run.replayed) == (RunState.RUNNING, 2)
    while await replays.tick(desk.store, desk.namespace):
        continue

    done = await replays.fetch(desk.store, desk.namespace, run.id)
    assert (done.state, done.total, done.replayed) == (RunState.DONE, 5, 5)


async def test_many_workers_keep_to_the_pace_of_one(desk: Desk) -> None:
    for _ in range(8):
        await die(desk)
    run = await begin(desk)
    desk.clock.advance(SECOND)

    await asyncio.gather(*(replays.tick(desk.store, desk.namespace) for _ in range(5)))

    assert (await replays.fetch(desk.store, desk.namespace, run.id)).replayed == 2


async def test_a_cancelled_run_replays_no_more(desk: Desk) -> None:
    await die(desk)
    await die(desk)
    run = await begin(desk)

    cancelled = await replays.cancel(desk.store, desk.namespace, run.id, actor="bob", why="no")

    assert (cancelled.state, cancelled.ended_by) == (RunState.CANCELLED, "cancelled by bob: no")
    assert (await tick(desk, run)).replayed == 1
    entry = (await desk.audited())[-1]
    assert (entry.action, entry.actor, entry.reason) == ("replay_run.cancel", "bob", "no")
    with pytest.raises(Conflict, match="has ended"):
        await replays.cancel(desk.store, desk.namespace, run.id, actor="bob")


async def test_the_beginning_of_a_run_is_audited_whole(desk: Desk) -> None:
    await die(desk)

    run = await begin(desk, LetterFilter(queue="images", labels=None))

    entry = (await desk.audited())[-1]
    assert (entry.action, entry.actor, entry.reason) == ("replay_run.start", "ann", "mended")
    assert entry.target == f"replay-run/{run.id}"
    assert json.loads(entry.after) == {
        "where": "dead-letters/queue=images",
        "letters": 1,
        "rate": "60/m",
        "stop_on_same_error": True,
    }


async def test_a_letter_that_a_person_took_is_left_to_them(desk: Desk) -> None:
    first, second = await die(desk), await die(desk)
    run = await begin(desk, stops=False)
    await control.discard(desk.store, desk.namespace, second.id, actor="ann")
    await end_all(desk, None)

    for _ in range(3):
        run = await tick(desk, run)

    assert (run.state, run.replayed) == (RunState.DONE, 1)
    assert (await desk.job(first.id)).state is JobState.SUCCEEDED


async def test_a_clock_that_is_set_back_does_not_hold_a_run(desk: Desk) -> None:
    letters = [await die(desk) for _ in range(2)]
    run = await begin(desk)
    desk.clock.jump(-3_600 * SECOND)

    await tick(desk, run)

    assert [(await desk.job(letter.id)).state for letter in letters] == ["queued", "queued"]


async def test_nothing_is_stored_of_a_run_that_cannot_be(desk: Desk) -> None:
    await die(desk)
    before = len(await desk.audited())

    with pytest.raises(NotFound, match="beltline dead-letters groups"):
        await begin(desk, LetterFilter(fingerprint="0123456789ab"))
    with pytest.raises(InvalidInput, match="needs a rate"):
        await begin(desk, None, None)
    with pytest.raises(NotFound, match="beltline dead-letters runs"):
        await replays.cancel(desk.store, desk.namespace, "unknown", actor="ann")

    assert await desk.store.replays.page(desk.namespace, ended=True) == []
    assert len(await desk.audited()) == before
    assert rate_of("60/m").number == 60
