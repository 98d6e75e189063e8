"""API keys, audit, health and metrics over REST."""

from __future__ import annotations

from beltline.api.health import LEADER
from beltline.core.clock import HOUR, MICROS
from beltline.definitions.schedule import Schedule
from beltline.engine.schedules import ScheduleRequest, create
from tests.api.service import Service


async def test_a_key_is_made_shown_once_and_used(any_service: Service) -> None:
    made = await any_service.call("POST", "/api-keys", {"role": "viewer", "name": "tv", "expires": "1h"})

    assert made.status_code == 201
    token = made.json()["key"]
    headers = {"Authorization": f"Bearer {token}"}
    assert (await any_service.call("GET", "/jobs", headers=headers)).status_code == 200
    [listed] = [
        key for key in (await any_service.call("GET", "/api-keys")).json()["items"] if key["name"] == "tv"
    ]
    assert (listed["state"], listed["prefix"]) == ("active", token[:13])
    assert "key" not in listed
    any_service.clock.advance(HOUR)
    assert (await any_service.call("GET", "/jobs", headers=headers)).status_code == 401


async def test_a_rotated_key_works_on_beside_the_new_one(service: Service) -> None:
    old = (await service.call("POST", "/api-keys", {"role": "viewer"})).json()
    new = (await service.call("POST", f"/api-keys/{old['id']}/rotate", {"overlap": "1h"})).json()

    async def status(key: dict[str, str]) -> int:
        found = await service.call("GET", "/jobs", headers={"Authorization": f"Bearer {key['key']}"})
        return found.status_code

    assert (await status(old), await status(new)) == (200, 200)
    service.clock.advance(HOUR)
    assert (await status(old), await status(new)) == (401, 200)
    assert (await service.call("POST", f"/api-keys/{old['id']}/rotate", {})).status_code == 409
    assert (await service.call("POST", "/api-keys/none/rotate", {})).status_code == 404


async def test_a_revoked_key_ends_at_once(service: Service) -> None:
    made = (await service.call("POST", "/api-keys", {"role": "viewer"})).json()
    headers = {"Authorization": f"Bearer {made['key']}"}
    assert (await service.call("GET", "/jobs", headers=headers)).status_code == 200

    revoked = await service.call("DELETE", f"/api-keys/{made['id']}?why=lost")

    assert revoked.json()["state"] == "revoked"
    assert (await service.call("GET", "/jobs", headers=headers)).status_code == 401


async def test_patterns_are_for_workers_only(service: Service) -> None:
    refused = await service.call("POST", "/api-keys", {"role": "viewer", "definitions": ["mail.*"]})
    made = await service.call("POST", "/api-keys", {"role": "worker", "definitions": ["mail.*"]})

    assert (refused.status_code, made.status_code) == (422, 201)
    headers = {"Authorization": f"Bearer {made.json()['key']}"}
    own = await service.call("PUT", "/definitions/mail.send", {"version": "1"}, headers=headers)
    other = await service.call("PUT", "/definitions/resize", {"version": "1"}, headers=headers)
    assert (own.status_code, other.status_code) == (200, 403)


async def test_the_last_use_is_noted_without_a_write_for_each(service: Service) -> None:
    await service.call("GET", "/jobs", role="viewer")
    before = (await service.call("GET", "/api-keys")).json()["items"]

    await service.desk.callers.flush()

    after = (await service.call("GET", "/api-keys")).json()["items"]
    assert {key["used_at"] for key in before} == {None}
    assert {key["name"] for key in after if key["used_at"]} == {"viewer", "admin"}


async def test_the_audit_is_read_by_pages_and_verified(service: Service) -> None:
    await service.submit()
    first = (await service.call("GET", "/audit?limit=3")).json()
    rest = (await service.call("GET", f"/audit?after={first['next']}")).json()
    verdict = (await service.call("GET", "/audit:verify")).json()

    entries = first["items"] + rest["items"]
    assert [entry["id"] for entry in entries] == list(range(1, len(entries) + 1))
    assert (verdict["verified"], verdict["entries"], verdict["head"]) == (
        True,
        len(entries),
        entries[-1]["hash"],
    )
    assert {entry["action"] for entry in entries} == {"api_key.create"}


async def test_health_needs_no_key_and_readiness_looks_at_the_store(service: Service) -> None:
    assert (await service.http.get("/healthz")).json() == {"status": "ok"}
    assert (await service.http.get("/readyz")).json() == {
        "status": "ok",
        "checks": {
            "service": "ok",
            "store": "ok",
            "migrations": "ok",
            "leader": LEADER,
            "schedules": "ok",
            "workers": "0 alive",
        },
    }

    service.desk.begin_stopping()

    stopping = await service.http.get("/readyz")
    assert (stopping.status_code, stopping.json()["checks"]["service"]) == (503, "stopping")


async def test_late_ticks_and_live_workers_are_told_and_requests_served(service: Service) -> None:
    request = ScheduleRequest(name="hourly", definition="mail", schedule=Schedule(every="1h"))
    made = await create(service.store, "shop", request, actor="ann")
    await service.call("POST", "/workers", {"name": "node", "lease": "1h"})
    service.clock.advance((made.next_at or 0) - service.store.now() + 120 * MICROS)

    found = await service.http.get("/readyz")

    assert found.status_code == 200
    assert found.json()["checks"]["schedules"] == ("late by 120 s in 1 namespaces: does a worker live there?")


async def test_metrics_need_a_key_and_show_its_namespace(service: Service) -> None:
    await service.submit()
    headers = {"Authorization": f"Bearer {service.keys['viewer']}"}
    foreign = {"Authorization": f"Bearer {service.keys['foreign']}"}

    shown = await service.http.get("/metrics", headers=headers)

    assert 'beltline_jobs{queue="images",state="queued"} 1' in shown.text
    assert 'beltline_http_requests_total{operation="submit_job",status="201"} 1.0' in shown.text
    assert "images" not in (await service.http.get("/metrics", headers=foreign)).text
    assert (await service.http.get("/metrics")).status_code == 401
    service.clock.advance(MICROS)
