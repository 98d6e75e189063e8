"""What people and apps do with schedules."""

from __future__ import annotations

import json
import random

import pytest

from beltline.core.clock import DAY, HOUR, MINUTE
from beltline.core.durations import moment_text
from beltline.core.errors import Conflict, InvalidInput, InvalidPayload, NotFound, UnknownDefinition
from beltline.core.states import JobState
from beltline.definitions.declared import Declaration
from beltline.definitions.schedule import Schedule
from beltline.definitions.timetable import timetable
from beltline.engine import schedules
from beltline.engine.schedules import ScheduleEdit, ScheduleRequest
from tests.engine.desk import Desk
from tests.engine.timing import Timing

NIGHTLY = Schedule(cron="0 3 * * *")


@pytest.fixture
def timing(desk: Desk) -> Timing:
    return Timing(desk)


def declared(name: str = "nightly", when: Schedule = NIGHTLY, payload: bytes = b"{}") -> Declaration:
    return Declaration(name, "resize", when, payload, None)


async def declare(timing: Timing, *declarations: Declaration) -> list[str]:
    return await schedules.declare(timing.store, timing.namespace, declarations, ["resize"])


async def test_a_schedule_is_made_with_its_next_tick_and_audited(timing: Timing) -> None:
    row = await timing.made(cron="0 3 * * *", zone="Europe/Berlin")

    assert json.loads(row.spec) == {"cron": "0 3 * * *", "zone": "Europe/Berlin"}
    assert row.next_at == timetable(Schedule(cron="0 3 * * *", zone="Europe/Berlin")).ticks.after(
        timing.desk.now
    )
    [entry] = await timing.desk.audited()
    assert (entry.action, entry.target, entry.actor) == ("schedule.create", "schedule/nightly", "ada")


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"name": "a b"}, InvalidInput, "name 'a b'"),
        ({"payload": b'{"day":"' + b"x" * 20_000 + b'"}'}, InvalidInput, "at most 16,384 are kept"),
        ({"schedule": Schedule(at="2001-01-01T00:00Z")}, InvalidInput, "no tick of this schedule lies ahead"),
        ({"definition": "nothing"}, UnknownDefinition, "no job definition 'nothing'"),
        ({"payload": b'{"width":"wide"}'}, InvalidPayload, "width"),
        ({"payload": b"[]", "tick_field": "day"}, InvalidInput, "must be a JSON object"),
        ({"tick_field": "hour"}, InvalidPayload, "hour"),
    ],
)
async def test_what_cannot_be_is_refused_and_nothing_stored(
    timing: Timing, change: dict[str, object], error: type[Exception], words: str
) -> None:
    await timing.apply()
    given: dict[str, object] = {"name": "nightly", "definition": "resize", "schedule": NIGHTLY, **change}

    with pytest.raises(error, match=words):
        await schedules.create(
            timing.store,
            timing.namespace,
            ScheduleRequest(**given),  # type: ignore[arg-type]
            actor="ada",
        )

    assert await schedules.everything(timing.store, timing.namespace) == []
    assert await timing.desk.audited() == []


async def test_a_name_is_taken_once(timing: Timing) -> None:
    await timing.made()

    with pytest.raises(Conflict, match="edit it, or choose another name"):
        await timing.made()


async def test_an_edit_counts_from_the_next_tick_and_loses_none_that_is_due(timing: Timing) -> None:
    first = await timing.made(every=3600, start=moment_text(timing.desk.now))
    timing.desk.clock.advance(HOUR + 5)

    row = await schedules.edit(
        timing.store,
        timing.namespace,
        "nightly",
        ScheduleEdit(fields={"overlap": "allow"}, payload=b'{"width":3}'),
        actor="ada",
        why="busier",
    )

    assert row.next_at == first.next_at
    assert json.loads(row.spec)["overlap"] == "allow"
    await timing.turn()
    [job] = await timing.jobs()
    assert job.payload == b'{"width":3}'
    assert [(entry.action, entry.reason) for entry in await timing.desk.audited()][-1] == (
        "schedule.edit",
        "busier",
    )


async def test_an_edit_that_cannot_be_changes_nothing(timing: Timing) -> None:
    row = await timing.made()

    bad: list[dict[str, object]] = [
        {"every": None, "cron": "99 * * * *"},
        {"size": 5},
        {"cron": "* * * * *", "every": "1h"},
    ]
    for fields in bad:
        with pytest.raises(InvalidInput):
            await schedules.edit(
                timing.store, timing.namespace, "nightly", ScheduleEdit(fields=fields), actor="ada"
            )

    assert await timing.schedule() == row


async def test_a_cron_line_takes_the_place_of_an_interval(timing: Timing) -> None:
    await timing.made()

    row = await schedules.edit(
        timing.store,
        timing.namespace,
        "nightly",
        ScheduleEdit(fields={"cron": "0 4 * * *", "overlap": None}),
        actor="ada",
    )

    spec = json.loads(row.spec)
    assert (spec["cron"], "every" in spec) == ("0 4 * * *", False)


async def test_ticks_of_a_pause_are_left_out(timing: Timing) -> None:
    await timing.made(overlap="allow")
    store, namespace = timing.store, timing.namespace
    await schedules.pause(store, namespace, "nightly", actor="ada", why="holidays")
    assert (await schedules.pause(store, namespace, "nightly", actor="ada")).paused
    timing.desk.clock.advance(10 * MINUTE + 5)
    assert await timing.turn() == 0

    row = await schedules.resume(store, namespace, "nightly", actor="ada")
    assert await timing.turn() == 0
    timing.desk.clock.advance(MINUTE)
    await timing.turn()

    assert len(await timing.jobs()) == 1
    assert row.next_at == timing.desk.now - 5
    actions = [entry.action for entry in await timing.desk.audited()]
    assert actions == ["schedule.create", "schedule.pause", "schedule.resume"]


async def test_a_schedule_that_is_removed_leaves_its_jobs(timing: Timing) -> None:
    await timing.made()
    timing.desk.clock.advance(MINUTE)
    await timing.turn()

    await schedules.delete(timing.store, timing.namespace, "nightly", actor="ada")

    assert len(await timing.jobs()) == 1
    assert len(await timing.fires()) == 1
    with pytest.raises(NotFound, match="schedules ls"):
        await schedules.delete(timing.store, timing.namespace, "nightly", actor="ada")


async def test_a_schedule_is_fired_by_hand_also_while_it_is_paused(timing: Timing) -> None:
    await timing.made()
    store, namespace = timing.store, timing.namespace
    await schedules.pause(store, namespace, "nightly", actor="ada")

    job_id = await schedules.fire(store, namespace, "nightly", random=random.Random(5), actor="ada")

    assert (await timing.desk.job(job_id)).state is JobState.QUEUED
    assert await timing.fires() == [("submitted", "manual")]
    row = await timing.schedule()
    assert (row.last_job, row.last_tick, row.open_jobs) == (job_id, None, (job_id,))


async def test_a_look_ahead_shows_ticks_and_starts(timing: Timing) -> None:
    table = timetable(Schedule(every="1h", jitter="5m"))

    found = schedules.preview(table, "default", "nightly", since=0, count=3)
    until = schedules.preview(table, "default", "nightly", since=0, count=10, until=2 * HOUR)

    assert [coming.tick for coming in found] == [0, HOUR, 2 * HOUR]
    assert all(0 <= coming.starts_at - coming.tick <= 5 * MINUTE for coming in found)
    assert [coming.tick for coming in until] == [0, HOUR]


async def test_declared_schedules_are_stored_once(timing: Timing) -> None:
    await timing.apply()

    assert await declare(timing, declared(), declared("hourly", Schedule(every="1h"))) == [
        "hourly",
        "nightly",
    ]
    before = await schedules.everything(timing.store, timing.namespace)
    assert await declare(timing, declared(), declared("hourly", Schedule(every="1h"))) == []

    assert await schedules.everything(timing.store, timing.namespace) == before


async def test_a_changed_declaration_keeps_pause_and_last_fire(timing: Timing) -> None:
    await timing.apply()
    await declare(timing, declared(when=Schedule(every="1m")))
    timing.desk.clock.advance(MINUTE)
    await timing.turn()
    paused = await schedules.pause(timing.store, timing.namespace, "nightly", actor="ada")

    assert await declare(timing, declared(when=Schedule(every="2h"), payload=b'{"width":9}')) == ["nightly"]

    row = await timing.schedule()
    assert (row.paused, row.last_tick, row.last_job) == (True, paused.last_tick, paused.last_job)
    assert (json.loads(row.spec), row.payload) == ({"every": 7200}, b'{"width":9}')


async def test_an_operator_s_edit_stays_until_the_declaration_changes(timing: Timing) -> None:
    await timing.apply()
    await declare(timing, declared())
    edit = ScheduleEdit(fields={"cron": "0 4 * * *"})
    await schedules.edit(timing.store, timing.namespace, "nightly", edit, actor="ada")

    assert await declare(timing, declared()) == []
    assert json.loads((await timing.schedule()).spec) == {"cron": "0 4 * * *"}
    assert await declare(timing, declared(when=Schedule(cron="0 5 * * *"))) == ["nightly"]
    assert json.loads((await timing.schedule()).spec) == {"cron": "0 5 * * *"}


async def test_what_an_app_declares_no_longer_goes_and_the_rest_stays(timing: Timing) -> None:
    await timing.made("by-hand")
    await declare(timing, declared(), declared("hourly", Schedule(every="1h")))
    await schedules.declare(
        timing.store, timing.namespace, [declared("of-others")._replace(definition="other")], ["other"]
    )

    assert await declare(timing, declared()) == ["hourly"]

    names = [row.name for row in await schedules.everything(timing.store, timing.namespace)]
    assert names == ["by-hand", "nightly", "of-others"]


async def test_a_declared_moment_that_is_past_fires_no_more(timing: Timing) -> None:
    await timing.apply()

    await declare(timing, declared(when=Schedule(at=moment_text(timing.desk.now - DAY))))

    assert (await timing.schedule()).next_at is None
    assert await timing.turn() == 0
