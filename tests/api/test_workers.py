"""A worker that lives on REST alone: session, beat, claim, settle, progress, log."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest

from beltline.core.clock import MICROS
from tests.api.service import Service


class Remote:
    """A worker in the eyes of the service."""

    def __init__(self, service: Service, worker_id: str) -> None:
        self.service = service
        self.id = worker_id

    async def post(self, verb: str, body: object) -> httpx2.Response:
        return await self.service.call("POST", f"/workers/{self.id}/{verb}", body, role="worker")

    async def claim(self, limit: int = 10, wait: str = "0s") -> list[dict[str, Any]]:
        found = await self.post("claim", {"limit": limit, "wait": wait})
        assert found.status_code == 200, found.text
        items: list[dict[str, Any]] = found.json()["items"]
        return items

    async def settle(self, job: dict[str, Any], outcome: str = "succeeded", **fields: Any) -> dict[str, Any]:
        item = {"id": job["id"], "fence": job["fence"], "outcome": outcome, **fields}
        found = await self.post("settle", {"items": [item]})
        assert found.status_code == 200, found.text
        body: dict[str, Any] = found.json()
        return body


async def opened(service: Service, **fields: Any) -> Remote:
    found = await service.call("POST", "/workers", {"name": "node", **fields}, role="worker")
    assert found.status_code == 201, found.text
    return Remote(service, found.json()["id"])


async def test_a_job_is_claimed_and_settled(any_service: Service) -> None:
    job_id = await any_service.submit(payload={"path": "ä"}, labels={"a": "1"})
    worker = await opened(any_service)

    [job] = await worker.claim()
    done = await worker.settle(job, result={"width": 5})

    assert (job["id"], job["payload"], job["run"], job["labels"]) == (job_id, {"path": "ä"}, 1, {"a": "1"})
    assert done == {"settled": [{"id": job_id, "state": "succeeded", "reason": "returned"}], "lost": []}
    shown = (await any_service.call("GET", f"/jobs/{job_id}?include=result")).json()
    assert (shown["state"], shown["result"]) == ("succeeded", {"width": 5})


@pytest.mark.parametrize(
    ("outcome", "fields", "state"),
    [
        ("failed", {"error": {"type": "E", "message": "m"}}, "retrying"),
        ("failed", {"retry": False}, "failed"),
        ("failed", {"delay": "1h"}, "retrying"),
        ("timed_out", {}, "retrying"),
        ("snoozed", {"delay": "1m"}, "scheduled"),
        ("cancelled", {}, "cancelled"),
        ("released", {}, "queued"),
    ],
)
async def test_every_outcome_is_told(
    service: Service, outcome: str, fields: dict[str, Any], state: str
) -> None:
    job_id = await service.submit()
    worker = await opened(service)
    [job] = await worker.claim()

    await worker.settle(job, outcome, **fields)

    assert await service.state(job_id) == state


async def test_a_late_settle_changes_nothing(any_service: Service) -> None:
    await any_service.submit()
    first, second = await opened(any_service), await opened(any_service)
    [job] = await first.claim()
    await first.settle(job, "released")
    [again] = await second.claim()

    late = await first.settle(job, result=1)
    foreign = await first.settle(again, result=2)
    twice = [await second.settle(again, result=3), await second.settle(again, result=4)]

    assert late["lost"] == foreign["lost"] == twice[1]["lost"] == [job["id"]]
    assert twice[0]["lost"] == []
    shown = (await any_service.call("GET", f"/jobs/{job['id']}?include=result")).json()
    assert shown["result"] == 3


async def test_a_claim_waits_for_a_job(any_service: Service) -> None:
    worker = await opened(any_service)
    claiming = asyncio.create_task(worker.claim(wait="30s"))
    await asyncio.sleep(0)

    job_id = await any_service.submit()

    async with asyncio.timeout(20):
        assert [job["id"] for job in await claiming] == [job_id]


async def test_a_claim_that_waits_is_answered_when_the_service_stops(service: Service) -> None:
    worker = await opened(service)
    claiming = asyncio.create_task(worker.claim(wait="60s"))
    await asyncio.sleep(0)

    service.desk.begin_stopping()

    async with asyncio.timeout(20):
        assert await claiming == []


async def test_a_beat_tells_of_requests_and_of_what_is_lost(any_service: Service) -> None:
    await any_service.submit()
    worker = await opened(any_service)
    [job] = await worker.claim()
    await any_service.call("POST", f"/jobs/{job['id']}/cancel")

    reply = (await worker.post("beat", {"holds": [job["id"], "gone"]})).json()

    assert reply == {
        "alive": True,
        "requests": [{"id": job["id"], "fence": job["fence"], "request": "cancel"}],
        "lost": ["gone"],
    }


async def test_a_job_whose_claim_was_never_answered_goes_back(service: Service) -> None:
    job_id = await service.submit()
    worker = await opened(service, lease="10s")
    await worker.claim()

    await worker.post("beat", {"holds": []})
    young = await service.state(job_id)
    service.clock.advance(11 * MICROS)
    await worker.post("beat", {"holds": []})

    assert (young, await service.state(job_id)) == ("running", "queued")


async def test_a_closed_worker_gives_its_jobs_back_and_is_told_so(service: Service) -> None:
    job_id = await service.submit()
    worker = await opened(service)
    await worker.claim()

    closed = await service.call("DELETE", f"/workers/{worker.id}", role="worker")

    assert closed.json()["state"] == "closed"
    assert await service.state(job_id) == "queued"
    assert (await worker.post("beat", {"holds": ["x"]})).json() == {
        "alive": False,
        "requests": [],
        "lost": ["x"],
    }
    refused = await worker.post("claim", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "lease_lost")


async def test_progress_and_logs_are_kept_for_jobs_that_are_ours(service: Service) -> None:
    job_id = await service.submit()
    worker, other = await opened(service), await opened(service)
    [job] = await worker.claim()
    line = {"id": job_id, "level": "info", "message": "half", "fields": {"n": 1}}
    report = {"id": job_id, "fence": job["fence"], "fraction": 0.5, "note": "half"}

    for each in (worker, other):
        assert (await each.post("logs", {"items": [line]})).status_code == 204
        assert (await each.post("progress", {"items": [report]})).status_code == 204

    logs = (await service.call("GET", f"/jobs/{job_id}/logs")).json()["items"]
    assert [(entry["message"], entry["fields"], entry["run"]) for entry in logs] == [("half", {"n": 1}, 1)]
    assert (await service.call("GET", f"/jobs/{job_id}")).json()["progress"] == 0.5


async def test_a_key_gets_only_jobs_of_its_definitions(service: Service) -> None:
    made = await service.call("POST", "/api-keys", {"role": "worker", "definitions": ["mail*"]})
    headers = {"Authorization": f"Bearer {made.json()['key']}"}
    resize = await service.submit(queue="default")
    mail = await service.submit(definition="mail", payload={})

    refused = await service.call(
        "POST", "/workers", {"name": "n", "definitions": ["resize"]}, headers=headers
    )
    session = (await service.call("POST", "/workers", {"name": "n"}, headers=headers)).json()
    found = await service.call("POST", f"/workers/{session['id']}/claim", {"limit": 10}, headers=headers)

    assert refused.status_code == 403
    assert [job["id"] for job in found.json()["items"]] == [mail]
    rested = (await service.call("GET", f"/jobs/{resize}")).json()
    assert (rested["state"], rested["reason"], rested["attempts_used"]) == ("scheduled", "no_handler", 0)


async def test_workers_are_listed(service: Service) -> None:
    worker = await opened(service, queues=["images"], definitions=["resize"])

    listed = (await service.call("GET", "/workers", role="viewer")).json()["items"]
    shown = (await service.call("GET", f"/workers/{worker.id}", role="viewer")).json()

    assert listed == [shown]
    assert (shown["state"], shown["queues"], shown["lease_s"]) == ("alive", ["images"], 30)
    assert (await service.call("GET", "/workers/none")).status_code == 404
