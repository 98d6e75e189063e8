"""Backfills: ticks of the past are made up for, a few at a time, in sight of everyone."""

from __future__ import annotations

import random

import pytest

from beltline.core.clock import HOUR, MINUTE
from beltline.core.durations import moment_text
from beltline.core.errors import Conflict, InvalidInput, NotFound
from beltline.core.states import JobState
from beltline.engine import backfills, schedules
from beltline.store.backfills import Backfill, BackfillState
from tests.engine.desk import Desk
from tests.engine.timing import Timing


@pytest.fixture
def timing(desk: Desk) -> Timing:
    return Timing(desk)


async def begin(timing: Timing, ticks: int, *, at_once: int = 2, **options: int) -> Backfill:
    """Begin to make up for the last ticks of a schedule of every minute."""
    since = timing.desk.now - ticks * MINUTE
    await timing.made(every=60, start=moment_text(since))
    return await backfills.start(
        timing.store,
        timing.namespace,
        "nightly",
        since=options.get("since", since),
        until=options.get("until", timing.desk.now),
        at_once=at_once,
        random=random.Random(1),
        actor="ada",
    )


async def go_on(timing: Timing) -> int:
    return await backfills.turn(timing.store, timing.namespace, timing.timetables, random=timing.desk.random)


async def state(timing: Timing, row: Backfill) -> Backfill:
    return await backfills.fetch(timing.store, timing.namespace, row.id)


async def test_ticks_of_a_range_are_made_up_for_a_few_at_a_time(timing: Timing) -> None:
    row = await begin(timing, 5)
    assert (row.total, row.state) == (5, BackfillState.RUNNING)

    seen = []
    while (await state(timing, row)).state is BackfillState.RUNNING:
        await go_on(timing)
        assert not await go_on(timing)
        seen.append(len([job for job in await timing.jobs() if job.state is JobState.QUEUED]))
        await timing.finish()

    assert seen[:3] == [2, 2, 1]
    ended = await state(timing, row)
    assert (ended.submitted, ended.existing, ended.state) == (5, 0, BackfillState.DONE)
    ticks = [job.labels["tick"] for job in await timing.jobs() if job.labels]
    assert ticks == [moment_text(row.since + index * MINUTE) for index in range(5)]
    assert await go_on(timing) == 0
    assert {reason for _, reason in await timing.fires()} == {"backfill"}


async def test_ticks_that_fired_are_not_fired_again(timing: Timing) -> None:
    await timing.made(overlap="allow")
    since = timing.desk.now
    timing.desk.clock.advance(4 * MINUTE)
    await timing.turn()
    fired = [fire for fire, _ in await timing.fires()]
    row = await backfills.start(
        timing.store,
        timing.namespace,
        "nightly",
        since=since,
        until=timing.desk.now,
        random=random.Random(1),
        actor="ada",
    )

    while (await state(timing, row)).state is BackfillState.RUNNING:
        await go_on(timing)
        await timing.finish()

    ended = await state(timing, row)
    assert fired == ["dropped", "submitted", "submitted", "submitted"]
    assert (ended.total, ended.submitted, ended.existing) == (4, 2, 2)
    ticks = [job.labels["tick"] for job in await timing.jobs() if job.labels]
    assert ticks == [moment_text(since + index * MINUTE) for index in range(5)]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"until": 1 << 60}, "until lies ahead"),
        ({"since": 1 << 59}, "until must lie after since"),
        ({"at_once": 0}, "at_once 0"),
        ({"until": 5, "since": 1}, "the schedule has no ticks from"),
    ],
)
async def test_a_range_that_cannot_be_is_refused(timing: Timing, options: dict[str, int], words: str) -> None:
    with pytest.raises(InvalidInput, match=words):
        await begin(timing, 5, **options)

    assert await timing.store.backfills.page(timing.namespace) == []


async def test_too_long_a_range_is_refused(timing: Timing) -> None:
    with pytest.raises(InvalidInput, match="more than 10,000 ticks"):
        await begin(timing, 10_001)


async def test_a_cancelled_backfill_makes_no_more_jobs_and_cancels_its_own(timing: Timing) -> None:
    row = await begin(timing, 5)
    await go_on(timing)
    [running] = await timing.desk.claim()

    ended = await backfills.cancel(timing.store, timing.namespace, row.id, actor="ada", why="wrong week")

    assert ended.state is BackfillState.CANCELLED
    assert await go_on(timing) == 0
    states = {job.id: (job.state, job.request) for job in await timing.jobs()}
    assert states.pop(running.id) == (JobState.RUNNING, "cancel")
    assert list(states.values()) == [(JobState.CANCELLED, None)]
    actions = [entry.action for entry in await timing.desk.audited()]
    assert actions[:3] == ["schedule.create", "backfill.start", "backfill.cancel"]
    with pytest.raises(Conflict, match="is cancelled already"):
        await backfills.cancel(timing.store, timing.namespace, row.id, actor="ada")


async def test_a_backfill_ends_with_its_schedule(timing: Timing) -> None:
    row = await begin(timing, 5)
    await schedules.delete(timing.store, timing.namespace, "nightly", actor="ada")

    await go_on(timing)

    assert (await state(timing, row)).state is BackfillState.CANCELLED


async def test_an_unknown_backfill_is_told(timing: Timing) -> None:
    with pytest.raises(NotFound, match="backfill"):
        await backfills.fetch(timing.store, timing.namespace, "nothing")


async def test_schedulers_that_look_at_once_make_each_job_once(timing: Timing) -> None:
    row = await begin(timing, 30, at_once=7)

    for _ in range(10):
        await go_on(timing)
        await go_on(timing)
        await timing.finish()

    assert (await state(timing, row)).submitted == 30 == len(await timing.jobs())
    assert timing.desk.now < row.created_at + HOUR
