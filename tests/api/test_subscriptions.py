"""Subscriptions over HTTP: made once with their secret, steered, tried out, removed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.service import Service

URL = "https://shop.example/hooks?a=1"


async def made(service: Service, **fields: Any) -> dict[str, Any]:
    found = await service.call("POST", "/subscriptions", {"url": URL, **fields})
    assert found.status_code == 201, found.text
    body: dict[str, Any] = found.json()
    return body


async def test_the_secret_is_shown_once(any_service: Service) -> None:
    body = await made(any_service, events=["failed"], definition="resize", labels={"a": "1"})
    path = f"/subscriptions/{body['id']}"

    shown = (await any_service.call("GET", path)).json()
    listed = (await any_service.call("GET", "/subscriptions")).json()["items"]
    audit = (await any_service.call("GET", "/audit")).text
    rotated = (await any_service.call("POST", f"{path}/rotate", {"overlap": "1h"})).json()

    secret = body.pop("secret")
    assert secret.startswith("whsec_")
    assert listed == [shown] == [body]
    assert (shown["events"], shown["definition"], shown["labels"]) == (["failed"], "resize", {"a": "1"})
    assert "subscription.create" in audit
    assert secret not in audit
    assert rotated["secret"] not in {secret, ""}
    assert rotated["old_secret_until"] is not None


async def test_a_secret_that_lies_elsewhere_is_named_and_never_held(service: Service) -> None:
    body = await made(service, secret="env:SHOP_HOOK")
    path = f"/subscriptions/{body['id']}/rotate"

    rotated = (await service.call("POST", path, {"secret": "file:/run/hook"})).json()
    refused = await service.call("POST", path, {"secret": "hunter2"})

    assert (body["secret_at"], rotated["secret_at"]) == ("env:SHOP_HOOK", "file:/run/hook")
    assert "secret" not in body.keys() | rotated.keys()
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input")
    assert "hunter2" not in refused.text


async def test_a_subscription_is_paused_resumed_and_removed(service: Service) -> None:
    path = f"/subscriptions/{(await made(service))['id']}"

    states = [
        (await service.call("POST", f"{path}/{verb}", {"why": "x"})).json()["state"]
        for verb in ("pause", "pause", "resume")
    ]
    removed = await service.call("DELETE", path)

    assert states == ["paused", "paused", "active"]
    assert removed.status_code == 200
    assert (await service.call("GET", path)).status_code == 404


async def test_a_test_is_a_job(service: Service) -> None:
    path = f"/subscriptions/{(await made(service))['id']}"

    job_id = (await service.call("POST", f"{path}/test", {})).json()["job"]

    job = (await service.call("GET", f"/jobs/{job_id}")).json()
    assert (job["definition"], job["queue"], job["tags"]) == (
        "beltline.webhook",
        "beltline.webhooks",
        ["beltline.webhooks"],
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"url": "ftp://x/"},
        {"url": "https://"},
        {"url": "https://user:pass@x/"},
        {"url": "https://x/a b"},
        {"url": "https://x/\r\nHost: y"},
        {"url": "https://x:99999/"},
        {"events": []},
        {"events": ["queued"]},
    ],
)
async def test_what_cannot_be_told_is_refused(service: Service, fields: dict[str, Any]) -> None:
    found = await service.call("POST", "/subscriptions", {"url": URL, **fields})

    assert found.status_code == 422, found.text
