"""Due ticks become jobs: once, in order, by the policies."""

from __future__ import annotations

import asyncio
import json
import random

import pytest

from beltline.core.clock import HOUR, MICROS, MINUTE
from beltline.core.durations import moment_text
from beltline.core.outcome import Ending, Outcome
from beltline.core.reasons import Reason
from beltline.core.states import JobState
from beltline.engine import ticking
from beltline.engine.schedules import pause
from beltline.store.schedules import WriteSchedules
from tests.engine.desk import Desk
from tests.engine.timing import Timing


@pytest.fixture
def timing(desk: Desk) -> Timing:
    return Timing(desk)


async def test_a_tick_makes_a_job_that_knows_its_schedule_and_tick(timing: Timing) -> None:
    await timing.made(payload=b'{"width":5}', tick_field="day")
    tick = timing.desk.now + MINUTE
    assert await timing.turn() == 0
    timing.desk.clock.advance(MINUTE + 5)

    assert await timing.turn() == 1

    [job] = await timing.jobs()
    assert (job.state, job.definition, job.queue) == (JobState.QUEUED, "resize", "images")
    assert job.labels == {"schedule": "nightly", "tick": moment_text(tick)}
    assert json.loads(job.payload) == {"width": 5, "day": moment_text(tick)}
    assert job.actor == "schedule/nightly"
    row = await timing.schedule()
    assert (row.last_tick, row.last_job, row.next_at) == (tick, job.id, tick + MINUTE)
    assert await timing.turn() == 0


async def test_schedulers_that_look_at_once_fire_a_tick_once(timing: Timing) -> None:
    for number in range(5):
        await timing.made(f"s{number}", overlap="allow")
    timing.desk.clock.advance(2 * MINUTE)

    async def look(seed: int) -> int:
        chance, tables = random.Random(seed), ticking.Timetables()
        return await ticking.turn(timing.store, timing.namespace, tables, random=chance)

    advanced = await asyncio.gather(*(look(seed) for seed in range(4)))

    assert sum(advanced) == 5
    assert len(await timing.jobs()) == 5 * 2


async def test_late_ticks_are_dropped_by_the_policy_and_told(timing: Timing) -> None:
    await timing.made(misfire="once", overlap="allow")
    timing.desk.clock.advance(10 * MINUTE + 30 * MICROS)

    await timing.turn()

    assert await timing.fires() == [("dropped", "late"), ("submitted", "late"), ("submitted", "due")]
    [dropped, *_] = reversed(await timing.store.schedules.fires(timing.namespace, "nightly"))
    assert dropped.ticks == 8


async def test_while_a_job_is_open_ticks_are_skipped(timing: Timing) -> None:
    await timing.made(overlap="skip")
    for _ in range(3):
        timing.desk.clock.advance(MINUTE)
        await timing.turn()
    await timing.finish()
    timing.desk.clock.advance(MINUTE)
    await timing.turn()

    assert [outcome for outcome, _ in await timing.fires()] == [
        "submitted",
        "skipped",
        "skipped",
        "submitted",
    ]


async def test_one_tick_waits_for_the_end_of_the_open_job(timing: Timing) -> None:
    await timing.made(overlap="buffer")
    for _ in range(3):
        timing.desk.clock.advance(MINUTE)
        await timing.turn()
    assert [outcome for outcome, _ in await timing.fires()] == ["submitted", "buffered", "skipped"]

    await timing.finish()
    await timing.turn()

    assert await timing.fires() == [("submitted", "due"), ("submitted", "waited"), ("skipped", "overlap")]
    assert [job.state for job in await timing.jobs()] == [JobState.SUCCEEDED, JobState.QUEUED]


async def test_a_queued_job_is_cancelled_for_the_next_tick(timing: Timing) -> None:
    await timing.made(overlap="cancel")
    for _ in range(2):
        timing.desk.clock.advance(MINUTE)
        await timing.turn()

    assert [job.state for job in await timing.jobs()] == [JobState.CANCELLED, JobState.QUEUED]
    assert [outcome for outcome, _ in await timing.fires()] == ["submitted", "submitted"]


async def test_a_running_job_is_asked_to_end_and_the_newest_tick_follows(timing: Timing) -> None:
    await timing.made(overlap="cancel")
    timing.desk.clock.advance(MINUTE)
    await timing.turn()
    [running] = await timing.desk.claim()
    for _ in range(2):
        timing.desk.clock.advance(MINUTE)
        await timing.turn()
    [job] = await timing.jobs()
    assert (job.state, job.request) == (JobState.RUNNING, "cancel")

    await timing.desk.settle(running, Outcome(Ending.CANCELLED, reason=Reason.CANCEL_REQUESTED))
    await timing.turn()

    assert [outcome for outcome, _ in await timing.fires()] == ["submitted", "skipped", "submitted"]
    assert [job.state for job in await timing.jobs()] == [JobState.CANCELLED, JobState.QUEUED]


async def test_jitter_and_windows_put_the_job_off(timing: Timing) -> None:
    await timing.made("spread", jitter="30s", every=3600, start=moment_text(timing.desk.now), overlap="allow")
    timing.desk.clock.advance(HOUR)

    await timing.turn()

    [job] = await timing.jobs()
    assert (job.state, job.reason) == (JobState.SCHEDULED, Reason.DELAYED)
    assert timing.desk.now < (job.run_at or 0) <= timing.desk.now + 30 * MICROS


async def test_a_deadline_counts_from_the_start_that_was_put_off(timing: Timing) -> None:
    await timing.made("spread", jitter="50s", every=3600, start=moment_text(timing.desk.now))
    await timing.apply(deadline_us=MINUTE)
    timing.desk.clock.advance(HOUR)

    await timing.turn()

    [job] = await timing.jobs()
    assert job.deadline_at == (job.run_at or 0) + MINUTE


async def test_equal_payloads_of_a_deduplicated_definition_are_jobs_all_the_same(timing: Timing) -> None:
    await timing.made(overlap="allow")
    await timing.apply(dedupe="content")
    timing.desk.clock.advance(2 * MINUTE)

    await timing.turn()

    assert len(await timing.jobs()) == 2


async def test_a_paused_schedule_does_not_fire(timing: Timing) -> None:
    await timing.made()
    await pause(timing.store, timing.namespace, "nightly", actor="ada")
    timing.desk.clock.advance(MINUTE)

    assert await timing.turn() == 0


async def test_one_that_cannot_be_read_here_holds_up_no_other(
    timing: Timing, caplog: pytest.LogCaptureFixture
) -> None:
    await timing.made()
    spec = '{"zone":"Mars/Base","every":60}'
    broken = (await timing.schedule()).settings()._replace(name="broken", spec=spec)
    await timing.store.schedules.write(
        WriteSchedules(namespace=timing.namespace, puts=[(broken, None)], now=timing.desk.now)
    )
    timing.desk.clock.advance(MINUTE)

    assert await timing.turn() == 1
    assert await timing.turn() == 0
    assert [record.message.split(":")[0] for record in caplog.records] == [
        "schedule broken cannot be read here"
    ]
    assert not await ticking.is_due(timing.store, timing.namespace, timing.timetables)


async def test_ticks_of_a_definition_that_is_not_there_are_told(timing: Timing) -> None:
    await timing.made()
    row = (await timing.schedule()).settings()._replace(name="lost", definition="gone")
    await timing.store.schedules.write(
        WriteSchedules(namespace=timing.namespace, puts=[(row, None)], now=timing.desk.now)
    )
    timing.desk.clock.advance(MINUTE)

    await timing.turn()

    assert await timing.fires("lost") == [("skipped", "definition_unknown")]


async def test_many_ticks_are_fired_in_several_steps(timing: Timing) -> None:
    for number in range(3):
        await timing.made(
            f"s{number}", every=1, start=moment_text(timing.desk.now), overlap="allow", misfire_grace="1h"
        )
    timing.desk.clock.advance(600 * MICROS)

    steps = [await timing.turn(), await timing.turn(), await timing.turn()]

    assert steps == [2, 1, 0]
    counted = await timing.store.reads.counts(timing.namespace)
    assert [count.jobs for count in counted] == [3 * 600]


async def test_a_clock_that_jumps_back_and_forth_fires_no_tick_twice(timing: Timing) -> None:
    await timing.made(overlap="allow", misfire_grace="1h")
    for minutes in (3, -2, 1, -5, 6, 2):
        if timing.store.traits.name == "postgresql":
            timing.desk.clock.advance(max(0, minutes) * MINUTE)
        else:
            timing.desk.clock.jump(minutes * MINUTE)
        await timing.turn()

    ticks = [fire.tick for fire in await timing.store.schedules.fires(timing.namespace, "nightly")]
    assert len(ticks) == len(set(ticks)) == len(await timing.jobs())
    assert ticks == list(range(ticks[0], ticks[-1] - 1, -MINUTE))
