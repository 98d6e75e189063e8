"""What a schema marks as secret is told by no answer, no fault, no log, no stream, no webhook."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final

import pytest

from beltline.core.outcome import Ending
from beltline.engine import dead_letters
from beltline.engine.subscriptions import DELIVERY, tell
from tests.api.service import NAMESPACE, Service

SECRET: Final = "geheim-4711"  # noqa: S105 - made up
SCHEMA: Final = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "host": {"type": "string"},
        "password": {"type": "string", "format": "password", "writeOnly": True},
        "pin": {"type": "string", "minLength": 20, "writeOnly": True},
        "login": {"anyOf": [{"type": "object", "required": ["user"]}, {"type": "null"}]},
    },
}
FITS: Final = {"host": "h", "password": SECRET}
# Each kind of fault: of the secret itself, of a whole that holds it, of a name beside it.
FAULTY: Final = {"pin": SECRET, "login": {"password": SECRET}, "host": 7}


async def with_definition(service: Service) -> None:
    body = {"version": "1", "schema": SCHEMA, "result_schema": SCHEMA}
    found = await service.call("PUT", "/definitions/log-in", body)
    assert found.status_code == 200, found.text


async def test_no_fault_of_a_payload_repeats_a_secret(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await with_definition(service)
    job = {"definition": "log-in", "payload": FAULTY}
    waiting = await service.submit(definition="log-in", payload=FITS, delay="1h")
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/jobs", job),
        ("POST", "/jobs", {**job, "queue": "a b"}),
        ("POST", "/jobs:submit", {"jobs": [job, job]}),
        ("PATCH", f"/jobs/{waiting}", {"payload": FAULTY}),
        ("POST", "/schedules", {**job, "name": "daily", "schedule": {"every": "1h"}}),
    ]

    refused = [await service.call(*call) for call in calls]

    assert [found.status_code for found in refused] == [422] * len(calls)
    assert [found.text for found in refused if SECRET in found.text] == []
    assert "shorter than 20" in refused[0].text
    assert SECRET not in caplog.text


async def test_an_edited_payload_leaves_no_secret_in_the_audit(service: Service) -> None:
    await with_definition(service)
    waiting = await service.submit(definition="log-in", payload=FITS, delay="1h")
    lost = await service.running(definition="log-in", payload=FITS, max_attempts=1)
    await service.end(lost, Ending.FAILED)

    edited = await service.call("PATCH", f"/jobs/{waiting}", {"payload": {"password": f"new {SECRET}"}})
    mended = f'{{"password":"new {SECRET}"}}'.encode()
    await dead_letters.edit(service.store, NAMESPACE, lost.id, mended, actor="ann")

    assert edited.status_code == 200
    assert SECRET not in edited.text
    audit = await service.call("GET", "/audit")
    assert {"job.revise", "job.edit"} <= {entry["action"] for entry in audit.json()["items"]}
    assert SECRET not in audit.text


async def test_no_list_stream_or_webhook_tells_a_secret(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await with_definition(service)
    await service.call("POST", "/subscriptions", {"url": "https://shop.example/hooks"})
    done = await service.running(definition="log-in", payload=FITS)
    await service.end(done, result=f'{{"password":"{SECRET}"}}'.encode())
    lost = await service.running(definition="log-in", payload=FITS, max_attempts=1)
    await service.end(lost, Ending.FAILED)
    await tell(service.store, NAMESPACE, random=service.desk.random)
    paths = [
        "/jobs",
        "/dead-letters",
        "/audit",
        f"/jobs/{done.id}?include=payload&include=result",
        f"/jobs/{lost.id}?include=payload",
        f"/dead-letters/{lost.id}",
        f"/jobs/{done.id}/events",
        f"/jobs/{lost.id}/events",
        f"/jobs/{lost.id}/attempts",
        f"/jobs/{lost.id}/logs",
        f"/jobs/{lost.id}/explain",
    ]

    async with asyncio.timeout(20):
        told = [await service.call("GET", path) for path in paths]

    assert [found.status_code for found in told] == [200] * len(paths)
    assert [path for path, found in zip(paths, told, strict=True) if SECRET in found.text] == []
    deliveries = (await service.call("GET", f"/jobs?definition={DELIVERY}")).json()["items"]
    assert len(deliveries) == 2
    bodies = await service.store.reads.get(NAMESPACE, [each["id"] for each in deliveries])
    assert all(SECRET.encode() not in body.payload for body in bodies)
    assert SECRET not in caplog.text
