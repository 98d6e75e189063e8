"""Schedules and backfills over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from beltline.core.clock import DAY, HOUR
from tests.api.service import Service

NIGHTLY: dict[str, Any] = {
    "name": "nightly",
    "definition": "resize",
    "schedule": {"cron": "0 3 * * *", "zone": "Europe/Berlin"},
    "payload": {"path": "cat.png", "password": "secret"},
}


async def test_a_schedule_is_made_read_changed_and_removed(any_service: Service) -> None:
    made = await any_service.call("POST", "/schedules", NIGHTLY)
    again = await any_service.call("POST", "/schedules", NIGHTLY)
    changed = await any_service.call(
        "PATCH", "/schedules/nightly", {"schedule": {"every": "2h", "zone": None}, "why": "more often"}
    )
    gone = await any_service.call("DELETE", "/schedules/nightly?why=done")

    assert (made.status_code, made.json()["schedule"]) == (201, NIGHTLY["schedule"])
    assert made.headers["location"].endswith("/schedules/nightly")
    assert "payload" not in made.json()
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert changed.json()["schedule"] == {"every": 7_200}
    assert gone.status_code == 204
    assert (await any_service.call("GET", "/schedules/nightly")).status_code == 404
    audit = (await any_service.call("GET", "/audit")).json()["items"]
    assert [entry["action"] for entry in audit if entry["target"] == "schedule/nightly"] == [
        "schedule.create",
        "schedule.edit",
        "schedule.delete",
    ]


async def test_an_unchanged_schedule_costs_a_304(service: Service) -> None:
    await service.call("POST", "/schedules", NIGHTLY)
    tag = (await service.call("GET", "/schedules/nightly")).headers["etag"]

    unchanged = await service.call("GET", "/schedules/nightly", headers={"If-None-Match": tag})
    await service.call("POST", "/schedules/nightly/pause", {})
    changed = await service.call("GET", "/schedules/nightly", headers={"If-None-Match": tag})

    assert unchanged.status_code == 304
    assert (changed.status_code, changed.json()["state"]) == (200, "paused")


async def test_viewing_its_payload_is_a_right_of_its_own_and_shows_no_secret(service: Service) -> None:
    await service.call("POST", "/schedules", NIGHTLY)

    refused = await service.call("GET", "/schedules/nightly?include=payload", role="submitter")
    shown = await service.call("GET", "/schedules/nightly?include=payload", role="operator")

    assert refused.status_code == 403
    assert shown.json()["payload"] == {"path": "cat.png", "password": "***"}
    audit = (await service.call("GET", "/audit")).json()["items"]
    assert audit[-1]["action"] == "schedule.view_payload"
    assert "secret" not in str(audit)


async def test_schedules_are_paged_by_name_and_counted(service: Service) -> None:
    for name in ("b", "a", "c"):
        await service.call("POST", "/schedules", {**NIGHTLY, "name": name})

    first = (await service.call("GET", "/schedules?limit=2")).json()
    rest = (await service.call("GET", f"/schedules?limit=2&cursor={first['next']}")).json()

    assert [each["id"] for each in first["items"] + rest["items"]] == ["a", "b", "c"]
    assert (first["total"], rest["next"]) == (3, None)


@pytest.mark.parametrize(
    ("schedule", "told"),
    [
        ({"cron": "0 25 * * *"}, "the hour '25' is not possible"),
        ({"cron": "0 3 * *"}, "has 4 fields"),
        ({"cron": "0 3 * * *", "zone": "Europe/Berln"}, "did you mean Europe/Berlin"),
        ({}, "give one of cron, every and at; none was given"),
        ({"every": "1h", "windows": 5}, "windows 5: give a list"),
        ({"every": "1h", "overlap": ["skip"]}, "overlap ['skip'] is unknown"),
        ({"cron": "0 3 * * *", "without": ["/etc/secret.ics"]}, "a service reads no files"),
        ({"at": "0001-01-01T00:00:00+23:59"}, "outside the years 1 to 9999"),
        ({"cron": "0 3 * * *", "color": "red"}, "unknown fields color"),
    ],
)
async def test_a_schedule_that_cannot_be_is_refused_whole(
    service: Service, schedule: dict[str, Any], told: str
) -> None:
    for method, path, body in (
        ("POST", "/schedules", {**NIGHTLY, "schedule": schedule}),
        ("POST", "/schedules:preview", {"schedule": schedule}),
    ):
        found = await service.call(method, path, body)

        assert (found.status_code, found.json()["code"]) == (422, "invalid_input")
        assert told in found.json()["detail"]
    assert (await service.call("GET", "/schedules")).json()["total"] == 0


async def test_an_edit_that_cannot_be_leaves_the_schedule(service: Service) -> None:
    await service.call("POST", "/schedules", NIGHTLY)

    found = await service.call("PATCH", "/schedules/nightly", {"schedule": {"without": ["x.ics"]}})

    assert "a service reads no files" in found.json()["detail"]
    assert (await service.call("GET", "/schedules/nightly")).json()["edited"] is False


async def test_a_schedule_is_fired_by_hand_also_while_it_is_paused(service: Service) -> None:
    await service.call("POST", "/schedules", {**NIGHTLY, "paused": True})

    fired = await service.call("POST", "/schedules/nightly/fire", {"why": "the input came late"})

    job = (await service.call("GET", f"/jobs/{fired.json()['id']}")).json()
    assert (fired.status_code, job["labels"]["schedule"]) == (201, "nightly")
    fires = (await service.call("GET", "/schedules/nightly/fires")).json()
    assert [(each["outcome"], each["reason"], each["job"]) for each in fires["items"]] == [
        ("submitted", "manual", job["id"])
    ]
    assert fires["total"] == 1


async def test_a_full_namespace_takes_no_fire(service: Service) -> None:
    service.desk.tenant("shop").depth._most = 0
    await service.call("POST", "/schedules", NIGHTLY)

    assert (await service.call("POST", "/schedules/nightly/fire", {})).json()["code"] == "queue_full"


async def test_coming_ticks_are_shown_of_stored_and_of_new_schedules(service: Service) -> None:
    await service.call("POST", "/schedules", NIGHTLY)

    stored = (await service.call("GET", "/schedules/nightly/preview?count=2")).json()
    new = await service.call(
        "POST", "/schedules:preview", {"schedule": NIGHTLY["schedule"], "count": 2}, role="viewer"
    )

    assert stored["items"] == new.json()["items"]
    assert all("T03:00:00" in tick["local"] for tick in stored["items"])
    assert stored["total"] == 2


async def test_a_backfill_is_looked_at_made_and_cancelled(any_service: Service) -> None:
    await any_service.call("POST", "/schedules", {**NIGHTLY, "schedule": {"every": "1h"}})
    now = any_service.store.now() // HOUR * HOUR
    since, until = (iso(now - hours * HOUR) for hours in (3, 0))
    body = {"schedule": "nightly", "since": since, "until": until}

    looked = await any_service.call("POST", "/backfills", {**body, "dry_run": True})
    assert (await any_service.call("GET", "/backfills")).json()["total"] == 0
    made = await any_service.call("POST", "/backfills", {**body, "at_once": 2})
    backfill = made.json()["backfill"]
    found = await any_service.call("GET", f"/backfills/{backfill['id']}")
    cancelled = await any_service.call("POST", f"/backfills/{backfill['id']}/cancel", {"why": "wrong day"})
    again = await any_service.call("POST", f"/backfills/{backfill['id']}/cancel", {})

    assert (looked.status_code, looked.json()["ticks"], len(looked.json()["sample"])) == (200, 3, 3)
    assert (made.status_code, backfill["total"], backfill["at_once"]) == (201, 3, 2)
    assert found.json() == backfill
    assert "etag" in found.headers
    assert cancelled.json()["state"] == "cancelled"
    assert again.status_code == 409
    listed = (await any_service.call("GET", "/backfills?schedule=nightly")).json()
    assert ([each["id"] for each in listed["items"]], listed["total"]) == ([backfill["id"]], 1)


async def test_a_backfill_of_what_cannot_be_is_refused(service: Service) -> None:
    await service.call("POST", "/schedules", NIGHTLY)
    ahead = iso(service.store.now() + DAY)

    future = await service.call("POST", "/backfills", {"schedule": "nightly", "since": ahead, "until": ahead})
    nowhere = await service.call("POST", "/backfills", {"schedule": "x", "since": ahead, "until": ahead})

    assert future.status_code == 422
    assert "until lies ahead" in future.json()["detail"]
    assert "until must lie after since" in future.json()["detail"]
    assert nowhere.status_code == 404
    assert (await service.call("GET", "/backfills")).json()["total"] == 0


async def test_nothing_of_it_is_seen_from_elsewhere(service: Service) -> None:
    await service.call("POST", "/schedules", NIGHTLY)

    here = await service.call("GET", "/schedules", role="foreign")
    there = await service.call("GET", "/schedules/nightly", role="foreign", namespace="elsewhere")

    assert (here.status_code, there.status_code) == (403, 404)


def iso(at: int) -> str:
    from beltline.wire.times import iso as text

    return str(text(at))
