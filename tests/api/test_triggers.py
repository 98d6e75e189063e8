"""Triggers over HTTP, and the public endpoint that takes the calls of webhooks."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import httpx2
import pytest

from beltline.core.clock import HOUR
from tests.api.service import Service, running_service

SECRET = "0123456789abcdef"  # noqa: S105 - of these tests alone
SETTINGS: dict[str, Any] = {
    "secret": "env:ORDERS_SECRET",
    "prefix": "sha256=",
    "when": "body.paid",
    "dedupe": "body.id",
    "payload": {"path": "body.path", "password": "body.code"},
}
TRIGGER: dict[str, Any] = {"name": "orders", "definition": "resize", "settings": SETTINGS}
ORDER = {"id": 7, "paid": True, "path": "cat.png", "code": "hidden"}


@pytest.fixture(autouse=True)
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORDERS_SECRET", SECRET)


async def call(
    service: Service, body: object, *, secret: str = SECRET, path: str = "/hooks/shop/orders", **headers: str
) -> httpx2.Response:
    """Call a webhook, signed with a secret."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    signature = hmac.new(secret.encode(), data, hashlib.sha256).hexdigest()
    return await service.http.post(
        path, content=data, headers={"x-signature-256": f"sha256={signature}", **headers}
    )


async def jobs(service: Service) -> list[dict[str, Any]]:
    found = await service.call("GET", "/jobs")
    items: list[dict[str, Any]] = found.json()["items"]
    return items


async def test_a_trigger_is_made_read_changed_and_removed(any_service: Service) -> None:
    made = await any_service.call("POST", "/triggers", TRIGGER)
    again = await any_service.call("POST", "/triggers", TRIGGER)
    found = await any_service.call("GET", "/triggers/orders")
    changed = await any_service.call("PATCH", "/triggers/orders", {"settings": {"when": None}})
    paused = await any_service.call("POST", "/triggers/orders/pause", {"why": "flood"})
    listed = (await any_service.call("GET", "/triggers")).json()
    resumed = await any_service.call("POST", "/triggers/orders/resume", {})
    gone = await any_service.call("DELETE", "/triggers/orders")

    assert (made.status_code, made.json()["kind"]) == (201, "webhook")
    assert SETTINGS.items() <= made.json()["settings"].items()
    assert again.status_code == 409
    assert found.json() == {**made.json(), "events": found.json()["events"], "refused": []}
    assert [each["outcome"] for each in found.json()["events"]] == ["waiting"]
    assert "etag" in found.headers
    assert "when" not in changed.json()["settings"]
    assert (paused.json()["state"], resumed.json()["state"]) == ("paused", "active")
    assert ([each["id"] for each in listed["items"]], listed["total"]) == (["orders"], 1)
    assert gone.status_code == 204
    assert (await any_service.call("GET", "/triggers/orders")).status_code == 404


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"settings": {"secret": "hunter2"}}, "a secret itself is never stored"),
        ({"settings": {**SETTINGS, "when": "open(body)"}}, "is not part of the language"),
        ({"settings": {**SETTINGS, "color": 1}}, "unknown fields color"),
        ({"kind": "carrier-pigeon"}, "kind 'carrier-pigeon' is unknown"),
        ({"definition": "nobody"}, "nobody"),
        ({"settings": {**SETTINGS, "check": ["key"]}}, "check ['key'] is unknown"),
        ({"settings": {**SETTINGS, "payload": 5}}, "give an expression for each field"),
        ({"settings": {**SETTINGS, "former_secret": "x"}}, "former_secret"),
    ],
)
async def test_a_trigger_that_cannot_be_is_refused_and_shows_no_secret(
    service: Service, change: dict[str, Any], told: str
) -> None:
    found = await service.call("POST", "/triggers", {**TRIGGER, **change})

    assert found.status_code == 422
    assert told in found.json()["detail"]
    assert "hunter2" not in found.text
    assert (await service.call("GET", "/triggers")).json()["total"] == 0


async def test_a_call_that_bears_the_signature_makes_one_job(any_service: Service) -> None:
    await any_service.call("POST", "/triggers", TRIGGER)

    first = await call(any_service, ORDER)
    second = await call(any_service, ORDER)
    unwanted = await call(any_service, {**ORDER, "id": 8, "paid": False})

    [job] = await jobs(any_service)
    assert (first.status_code, first.json()) == (201, {"id": job["id"], "existing": False, "held": False})
    assert (second.status_code, second.json()) == (200, {"id": job["id"], "existing": True, "held": False})
    assert (unwanted.status_code, unwanted.json()) == (200, {"id": None, "existing": False, "held": False})
    assert (job["actor"], job["labels"]) == ("trigger/orders", {"trigger": "orders"})


async def test_whoever_cannot_show_the_secret_learns_nothing_and_stores_nothing(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    await service.call("POST", "/triggers", TRIGGER)
    await service.call("POST", "/triggers", {**TRIGGER, "name": "stopped"})
    await service.call("POST", "/triggers/stopped/pause", {})

    answers = [
        await call(service, ORDER, secret="wrong"),
        await call(service, b"no json at all", secret="wrong"),
        await service.http.post("/hooks/shop/orders", json=ORDER),
        await call(service, ORDER, secret="wrong", path="/hooks/shop/stopped"),
        await call(service, ORDER, path="/hooks/shop/nothing"),
        await call(service, ORDER, path="/hooks/elsewhere/orders"),
        await call(service, ORDER, path="/hooks/no-such-namespace/orders"),
    ]
    monkeypatch.delenv("ORDERS_SECRET")
    answers.append(await call(service, ORDER))

    assert {answer.status_code for answer in answers} == {403}
    assert len({answer.text for answer in answers}) == 1
    assert "no good signature or key" in answers[0].json()["detail"]
    assert await jobs(service) == []
    assert set(service.desk._tenants) == set()


async def test_a_genuine_call_is_told_what_is_wrong_with_it(service: Service) -> None:
    await service.call("POST", "/triggers", TRIGGER)

    malformed = await call(service, b'{"a": NaN}')
    unfit = await call(service, {**ORDER, "path": 5})
    await service.call("POST", "/triggers/orders/pause", {})
    paused = await call(service, ORDER)

    assert (malformed.status_code, malformed.json()["code"]) == (400, "json_malformed")
    assert (unfit.status_code, unfit.json()["code"]) == (422, "payload_invalid")
    assert (paused.status_code, paused.json()["code"]) == (409, "conflict")
    assert await jobs(service) == []


async def test_a_key_is_compared_whole(service: Service) -> None:
    settings = {"secret": "env:ORDERS_SECRET", "check": "key", "header": "X-Api-Key", "dedupe": "body.id"}
    await service.call("POST", "/triggers", {**TRIGGER, "definition": "mail", "settings": settings})

    statuses = [
        (await service.http.post("/hooks/shop/orders", json=ORDER, headers={"x-api-key": key})).status_code
        for key in (SECRET, SECRET[:-1], SECRET + "x", "")
    ]

    assert statuses == [201, 403, 403, 403]


async def test_bodies_rates_and_depth_are_bounded() -> None:
    async with running_service(hook_rate=4, most_queued=1) as service:
        await service.call("POST", "/triggers", TRIGGER)

        large = await call(service, b"x" * 1_048_577)
        first = await call(service, ORDER)
        full = await call(service, {**ORDER, "id": 8})
        await call(service, ORDER, secret="wrong")
        flood = await call(service, ORDER)

    assert (large.status_code, large.json()["code"]) == (413, "body_too_large")
    assert first.status_code == 201
    assert (full.status_code, full.json()["code"]) == (429, "queue_full")
    assert (flood.status_code, flood.json()["code"]) == (429, "rate_limited")
    assert "this address" in flood.json()["detail"]
    assert "retry-after" in flood.headers


async def test_a_secret_is_rotated_with_overlap(
    service: Service, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    await service.call("POST", "/triggers", TRIGGER)
    place = tmp_path / "secret"
    missing = await service.call("POST", "/triggers/orders/rotate", {"secret": f"file:{place}"})
    place.write_text("second\n", "utf-8")

    rotated = await service.call(
        "POST", "/triggers/orders/rotate", {"secret": f"file:{place}", "overlap": "1h", "why": "yearly"}
    )
    both = [(await call(service, ORDER, secret=secret)).status_code for secret in ("second", SECRET, "x")]
    service.clock.advance(HOUR)
    later = [(await call(service, ORDER, secret=secret)).status_code for secret in ("second", SECRET)]
    at_once = await service.call(
        "POST", "/triggers/orders/rotate", {"secret": "env:ORDERS_SECRET", "overlap": "0s"}
    )
    now = [(await call(service, ORDER, secret=secret)).status_code for secret in ("second", SECRET)]

    assert (missing.status_code, missing.json()["code"]) == (409, "secret_missing")
    assert rotated.json()["settings"]["former_secret"] == SETTINGS["secret"]
    assert (both, later, now) == ([201, 200, 403], [200, 403], [403, 200])
    assert "former_secret" not in at_once.json()["settings"]
    too_long = await service.call(
        "POST", "/triggers/orders/rotate", {"secret": "env:ORDERS_SECRET", "overlap": "31d"}
    )
    itself = await service.call("POST", "/triggers/orders/rotate", {"secret": SECRET})
    assert (too_long.status_code, itself.status_code) == (422, 422)
    assert SECRET not in itself.text


@pytest.mark.parametrize("place", ["/dev/zero", "/", "/proc/self/mem"])
async def test_what_is_no_plain_file_holds_no_secret(service: Service, place: str) -> None:
    settings = {**SETTINGS, "secret": f"file:{place}"}
    await service.call("POST", "/triggers", {**TRIGGER, "settings": settings})

    assert (await call(service, ORDER)).status_code == 403


async def test_a_test_says_what_would_happen_and_stores_nothing(service: Service) -> None:
    await service.call("POST", "/triggers", TRIGGER)

    wanted = await service.call("POST", "/triggers/orders/test", {"body": ORDER})
    unwanted = await service.call("POST", "/triggers/orders/test", {"body": {**ORDER, "paid": False}})
    unfit = await service.call("POST", "/triggers/orders/test", {"body": {"paid": True, "path": 1}})

    assert wanted.json()["makes_job"] is True
    assert wanted.json()["payload"] == {"path": "cat.png", "password": "***"}
    assert wanted.json()["dedupe"] is not None
    assert (unwanted.json()["makes_job"], unwanted.json()["payload"]) == (False, None)
    assert unfit.json()["code"] == "payload_invalid"
    assert await jobs(service) == []


async def test_a_name_with_a_slash_is_called_escaped(service: Service) -> None:
    await service.call("POST", "/triggers", {**TRIGGER, "name": "shop/orders"})

    found = await call(service, ORDER, path="/hooks/shop/shop%2Forders")

    assert found.status_code == 201


async def test_a_call_that_waits_for_its_window_is_explained(service: Service) -> None:
    settings = {**SETTINGS, "window": {"debounce": {"quiet": "10s"}}}
    await service.call("POST", "/triggers", {**TRIGGER, "settings": settings})

    answered = await call(service, ORDER)
    found = (await service.call("GET", "/triggers/orders/explain")).json()

    assert answered.json() == {"id": None, "existing": False, "held": True}
    assert (found["id"], found["number"]) == ("orders", 1)
    assert found["summary"] == "1 event waits; a burst makes one job, 10 s after its last event"
    [event] = found["events"]
    assert event["at"] < event["job_at"]
    assert "hidden" not in json.dumps(found)
    assert (await service.call("GET", "/triggers/none/explain")).status_code == 404
