"""`beltline schedules`."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from beltline.core.clock import HOUR
from beltline.core.durations import moment_text
from beltline.engine import backfills, ticking
from beltline.store.contract import Store
from tests.cli.shop import NAMESPACE, Shop, Terminal

NIGHTLY = ("schedules", "create", "nightly", "resize", "--cron", "0 3 * * *", "--zone", "Europe/Berlin")


def test_a_schedule_is_made_listed_and_shown(any_cli: Terminal, any_shop: Shop) -> None:
    made = any_cli(*NIGHTLY, "--jitter", "30s", "--payload", '{"width": 3}', "--json").json
    [listed] = any_cli("schedules", "ls", "--json").json["items"]
    shown = any_cli("schedules", "show", "nightly")

    assert made == listed
    assert (made["id"], made["state"], made["definition"]) == ("nightly", "active", "resize")
    assert made["schedule"] == {"cron": "0 3 * * *", "zone": "Europe/Berlin", "jitter": 30}
    assert made["payload"] == {"width": 3}
    assert any_cli("schedules", "ls").lines[1].split()[:2] == ["nightly", "active"]
    assert "zone         Europe/Berlin" in shown.out
    assert "declared by  an operator" in shown.out
    assert any_shop.on_store(lambda store: store.audit.page(NAMESPACE))[0].action == "schedule.create"


def test_a_schedule_is_edited_paused_resumed_and_deleted(cli: Terminal) -> None:
    cli(*NIGHTLY)

    edited = cli("schedules", "edit", "nightly", "--every", "1h", "--without", "12-25", "--json").json
    cleared = cli("schedules", "edit", "nightly", "--without", "", "--json").json
    paused = cli("schedules", "pause", "nightly", "--why", "holidays")
    shown = cli("schedules", "show", "nightly", "--json").json
    resumed = cli("schedules", "resume", "nightly", "--json").json
    deleted = cli("schedules", "delete", "nightly")

    assert edited["schedule"] == {"every": 3600, "zone": "Europe/Berlin", "without": ["12-25"]}
    assert "without" not in cleared["schedule"]
    assert paused.err == "schedule nightly is paused\n"
    assert shown["state"] == "paused"
    assert resumed["items"][0]["state"] == "active"
    assert deleted.err == "schedule nightly is deleted\n"
    assert cli("schedules", "show", "nightly").code == 3


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--cron", "0 25 * * *"), "the hour '25' is not possible; use 0 to 23"),
        (("--cron", "0 3 * * *", "--zone", "Europe/Berln"), "did you mean Europe/Berlin"),
        (("--every", "soon"), "every 'soon' is not a duration"),
        ((), "give one of cron, every and at"),
        (("--every", "1h", "--payload", '{"width": "wide"}'), "width"),
        (("--every", "1h", "--payload", "{"), "JSON"),
        (("--at", "2001-01-01T00:00Z"), "no tick of this schedule lies ahead"),
        (("--every", "1h", "--without", "none.ics"), "the calendar 'none.ics' cannot be read"),
    ],
)
def test_what_cannot_be_is_told_and_nothing_stored(
    cli: Terminal, options: tuple[str, ...], words: str
) -> None:
    ran = cli("schedules", "create", "nightly", "resize", *options)

    assert ran.code == 2
    assert words in ran.err
    assert cli("schedules", "ls", "--json").json["items"] == []


def test_a_definition_that_nobody_knows_is_told(cli: Terminal) -> None:
    ran = cli("schedules", "create", "nightly", "nothing", "--every", "1h", "--json")

    assert ran.error["code"] == "definition_unknown"


def test_a_look_ahead_shows_ticks_in_their_zone(cli: Terminal) -> None:
    cli(*NIGHTLY)

    stored = cli("schedules", "preview", "nightly", "--count", "2", "--json").json["items"]
    given = cli("schedules", "preview", "--cron", "0 3 * * *", "--zone", "Europe/Berlin", "--count", "2")
    changed = cli("schedules", "preview", "nightly", "--window", "05:00-06:00", "--count", "1", "--json").json

    assert all("T03:00:00+0" in item["local"] for item in stored)
    assert given.lines[0].split()[:2] == ["TICK", "LOCAL"]
    assert given.lines[1].endswith("at the tick")
    assert changed["items"][0]["starts_at"] != changed["items"][0]["id"]
    assert cli("schedules", "preview").code == 2


def test_a_schedule_is_fired_by_hand(cli: Terminal, shop: Shop) -> None:
    cli(*NIGHTLY)

    job_id = cli("schedules", "fire", "nightly", "--why", "late input").out.strip()
    shown = cli("schedules", "show", "nightly", "--json").json

    assert cli("jobs", "show", job_id, "--json").json["labels"]["schedule"] == "nightly"
    assert [(fire["outcome"], fire["reason"], fire["job"]) for fire in shown["fires"]] == [
        ("submitted", "manual", job_id)
    ]
    assert shop.claim()[0].id == job_id


def test_a_backfill_is_started_listed_and_cancelled(any_cli: Terminal, any_shop: Shop) -> None:
    any_cli("schedules", "create", "hourly", "resize", "--every", "1h")
    now = any_shop.on_store(read_now)
    span = ("--since", moment_text(now - 5 * HOUR), "--until", moment_text(now))

    looked = any_cli("schedules", "backfill", "hourly", *span, "--dry-run")
    assert "nothing was done" in looked.err
    assert any_cli("schedules", "backfill", "hourly", *span, "--dry-run", "--json").json["ticks"] > 0
    assert any_cli("schedules", "backfills", "--json").json["items"] == []
    started = any_cli("schedules", "backfill", "hourly", *span, "--at-once", "2")
    backfill_id = started.out.strip()
    any_shop.on_store(go_on)
    [listed] = any_cli("schedules", "backfills", "hourly", "--json").json["items"]
    table = any_cli("schedules", "backfills")
    cancelled = any_cli("schedules", "cancel-backfill", backfill_id, "--why", "wrong week")

    assert "5 ticks" in started.err
    assert (listed["state"], listed["total"], listed["submitted"]) == ("running", 5, 2)
    assert table.lines[0].split()[:3] == ["BACKFILL", "SCHEDULE", "STATE"]
    assert "2 of 5 jobs had been made" in cancelled.err
    assert any_shop.claim() == []
    assert any_cli("schedules", "cancel-backfill", backfill_id).code != 0


async def read_now(store: Store) -> int:
    return store.now()


async def go_on(store: Store) -> None:
    await backfills.turn(store, NAMESPACE, ticking.Timetables(), random=random.Random(1))


def test_the_schedules_of_an_app_are_applied_with_its_definitions(terminal: Terminal) -> None:
    Path("app.py").write_text(
        """
from beltline import Beltline, Schedule

belt = Beltline()

@belt.job(schedule="0 3 * * *")
def tidy() -> None: ...

@belt.job
def load(day: str, table: str = "sales") -> None: ...

belt.schedule(load, Schedule(cron="@daily", zone="Europe/Berlin"), name="daily", tick_field="day")
""",
        "utf-8",
    )

    assert terminal("definitions", "apply", "app.py").code == 0
    edited = terminal("schedules", "edit", "daily", "--zone", "UTC")
    again = terminal("definitions", "apply", "app.py")
    found = {item["id"]: item for item in terminal("schedules", "ls", "--json").json["items"]}

    assert (edited.code, again.code) == (0, 0)
    assert found["tidy"]["schedule"] == {"cron": "0 3 * * *"}
    assert (found["daily"]["declared"], found["daily"]["edited"]) == (True, True)
    assert "code, edited since" in terminal("schedules", "show", "daily").out
    assert "makes it again" in terminal("schedules", "delete", "daily").err


def test_a_schedule_in_code_that_cannot_be_is_told_with_every_fault(terminal: Terminal) -> None:
    Path("app.py").write_text(
        """
from beltline import Beltline

belt = Beltline()

@belt.job(schedule={"cron": "61 * * * *", "zone": "Mars"})
def load(day: str) -> None: ...
""",
        "utf-8",
    )

    ran = terminal("definitions", "apply", "app.py")

    assert ran.code != 0
    for words in ("schedule 'load' of job 'load'", "the minute '61'", "zone 'Mars'", "day"):
        assert words in ran.err
