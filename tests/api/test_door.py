"""What every request passes: key, rate, right, body; and what a repeated request gets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from beltline.core.clock import DAY, MICROS
from tests.api.service import NAMESPACE, Service, running_service

JOBS = f"/api/v1/namespaces/{NAMESPACE}/jobs"
GOOD = b'{"definition": "resize", "payload": {"path": "a"}}'

# Each must get a 4xx and store nothing.
BAD_BODIES = {
    "nothing": b"",
    "no JSON": b"{",
    "two values": b"{} {}",
    "a list": b"[]",
    "NaN": b'{"definition": "resize", "payload": {"path": "a", "width": NaN}}',
    "a huge number": b'{"definition": "resize", "priority": 1e999}',
    "a long number": b'{"definition": "resize", "priority": ' + b"9" * 5_000 + b"}",
    "deep nesting": b'{"definition": "mail", "payload": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a repeated name": b'{"definition": "mail", "definition": "mail"}',
    "half a surrogate": b'{"definition": "mail", "payload": "\\ud800"}',
    "no UTF-8": b'{"definition": "mail", "payload": "\xff"}',
    "a NUL in a name": b'{"definition": "a\\u0000b"}',
    "ten megabytes": b'{"definition": "mail", "payload": "' + b"x" * 10_000_000 + b'"}',
    "two megabytes of payload": b'{"definition": "mail", "payload": "' + b"x" * 2_000_000 + b'"}',
    "too many jobs": b'{"jobs": [' + b",".join([GOOD] * 10_001) + b"]}",
    "false for a number": b'{"definition": "mail", "priority": false}',
}


async def send(service: Service, body: bytes, *, path: str = JOBS, **headers: str) -> int:
    given = {
        "Authorization": f"Bearer {service.keys['admin']}",
        "Content-Type": "application/json",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    found = await service.http.post(path, content=body, headers=given)
    assert found.status_code < 400 or found.headers["content-type"] == "application/problem+json"
    return found.status_code


@pytest.mark.parametrize("what", BAD_BODIES)
async def test_a_bad_body_is_refused_and_nothing_stored(service: Service, what: str) -> None:
    for path in (JOBS, f"{JOBS}:submit"):
        assert 400 <= await send(service, BAD_BODIES[what], path=path) < 500

    assert (await service.call("GET", "/jobs")).json()["total"] == 0


async def test_sizes_and_kinds_have_statuses_of_their_own(service: Service) -> None:
    assert await send(service, BAD_BODIES["ten megabytes"]) == 413
    assert await send(service, BAD_BODIES["two megabytes of payload"]) == 413
    assert await send(service, BAD_BODIES["no JSON"]) == 400
    assert await send(service, GOOD, Content_Type="text/plain") == 415


@pytest.mark.parametrize(
    "authorization", [None, "", "Basic x", "Bearer ", "Bearer belt_x", "Bearer " + "x" * 5_000]
)
async def test_without_a_key_nothing_is_shown(service: Service, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}

    found = await service.http.get(JOBS, headers=headers)

    assert found.status_code == 401
    assert found.headers["www-authenticate"].startswith("Bearer")


async def test_a_key_of_another_namespace_sees_nothing_not_even_that_it_exists(service: Service) -> None:
    job_id = await service.submit()

    there = await service.call("GET", f"/jobs/{job_id}", role="foreign")
    nowhere = await service.call("GET", f"/jobs/{job_id}", role="foreign", namespace="nowhere")

    assert there.status_code == nowhere.status_code == 403
    assert there.json() == nowhere.json()
    own = await service.call("GET", f"/jobs/{job_id}", role="foreign", namespace="elsewhere")
    assert own.status_code == 404


async def test_a_denied_action_is_audited(service: Service) -> None:
    assert (await service.call("POST", "/jobs:cancel", {"where": {}}, role="viewer")).status_code == 403

    entries = (await service.call("GET", "/audit")).json()["items"]
    assert [(entry["action"], entry["target"]) for entry in entries if entry["action"] == "denied"] == [
        ("denied", "cancel_jobs")
    ]


async def test_a_key_that_is_too_quick_is_told_when_to_come_again() -> None:
    async with running_service(rate=2) as service:
        statuses = [(await service.call("GET", "/queues")).status_code for _ in range(3)]
        refused = await service.call("GET", "/queues")
        other = await service.call("GET", "/queues", role="viewer")
        service.clock.advance(MICROS)
        later = await service.call("GET", "/queues")

    assert statuses == [200, 200, 429]
    assert (refused.json()["code"], refused.headers["retry-after"]) == ("rate_limited", "1")
    assert (other.status_code, later.status_code) == (200, 200)


async def test_a_full_queue_refuses_submits_and_loses_none() -> None:
    async with running_service(most_queued=2) as service:
        await service.submit()
        job = {"definition": "resize", "payload": {"path": "a"}}
        refused = await service.call("POST", "/jobs:submit", {"jobs": [job, job]})
        await service.submit()
        full = await service.call("POST", "/jobs", job)
        total = (await service.call("GET", "/jobs")).json()["total"]
        await service.call("POST", "/jobs:cancel", {"where": {}})
        service.clock.advance(MICROS)
        again = await service.call("POST", "/jobs", job)

    assert [found.status_code for found in (refused, full, again)] == [429, 429, 201]
    assert (full.json()["code"], full.headers["retry-after"]) == ("queue_full", "1")
    assert total == 2


async def test_a_full_queue_refuses_before_the_body_is_looked_at_but_not_a_repeat() -> None:
    async with running_service(most_queued=1) as service:
        job, headers = {"definition": "resize", "payload": {"path": "a"}}, {"Idempotency-Key": "one"}
        first = await service.call("POST", "/jobs", job, headers=headers)
        nonsense = await service.call("POST", "/jobs", {"nonsense": 1})
        again = await service.call("POST", "/jobs", job, headers=headers)

    assert (nonsense.status_code, nonsense.json()["code"]) == (429, "queue_full")
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"


async def test_the_first_answer_is_given_again_for_a_day(any_service: Service) -> None:
    body = {"definition": "resize", "payload": {"path": "a"}}
    headers = {"Idempotency-Key": "one"}

    first = await any_service.call("POST", "/jobs", body, headers=headers)
    again = await any_service.call("POST", "/jobs", body, headers=headers)
    other = await any_service.call("POST", "/jobs", {**body, "priority": 1}, headers=headers)
    any_service.clock.advance(DAY)
    later = await any_service.call("POST", "/jobs", body, headers=headers)

    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_key_reused")
    assert later.json() != first.json()


async def test_a_refused_request_may_be_mended_and_sent_again(service: Service) -> None:
    headers = {"Idempotency-Key": "one"}

    refused = await service.call("POST", "/jobs", {"definition": "nothing"}, headers=headers)
    await service.call("PUT", "/definitions/nothing", {"version": "1"})
    service.clock.advance(2 * MICROS)
    stored = await service.call("POST", "/jobs", {"definition": "nothing"}, headers=headers)

    assert (refused.status_code, stored.status_code) == (422, 201)


async def test_a_token_is_never_kept(service: Service) -> None:
    made = [
        (await service.call("POST", "/api-keys", {"role": "viewer"}, headers={"Idempotency-Key": "k"})).json()
        for _ in range(2)
    ]

    assert made[0]["key"] != made[1]["key"]


async def test_an_unknown_path_and_method_are_problems(service: Service) -> None:
    unknown = await service.http.get("/api/v1/nothing")
    method = await service.http.put(JOBS)

    assert (unknown.status_code, unknown.json()["code"]) == (404, "route_unknown")
    assert (method.status_code, method.json()["code"]) == (405, "method_not_allowed")


async def test_headers_are_secure_and_cors_is_off(service: Service) -> None:
    found = await service.http.get("/healthz", headers={"Origin": "https://evil.example"})

    assert found.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'self'" in found.headers["content-security-policy"]
    assert "access-control-allow-origin" not in found.headers


async def test_cors_is_for_the_origins_named() -> None:
    async with running_service(cors=("https://shop.example",)) as service:
        named = await service.http.get("/healthz", headers={"Origin": "https://shop.example"})
        other = await service.http.get("/healthz", headers={"Origin": "https://evil.example"})

    assert named.headers["access-control-allow-origin"] == "https://shop.example"
    assert "access-control-allow-origin" not in other.headers


async def test_a_body_that_does_not_come_is_not_waited_for() -> None:
    async def stuck() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    async with running_service(body_seconds=0.05) as service:
        headers = {"Authorization": f"Bearer {service.keys['admin']}"}
        found = await service.http.post(JOBS, content=stuck(), headers=headers)

    assert (found.status_code, found.json()["code"]) == (408, "body_late")
