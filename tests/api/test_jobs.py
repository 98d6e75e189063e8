"""Jobs over REST: submit, read, list, steer, change, delete."""

from __future__ import annotations

import asyncio

from beltline.core.clock import MICROS
from beltline.core.outcome import Ending
from tests.api.service import Service


async def test_a_submitted_job_is_readable(any_service: Service) -> None:
    found = await any_service.call(
        "POST", "/jobs", {"definition": "resize", "payload": {"path": "ä.png"}, "labels": {"customer": "42"}}
    )

    assert found.status_code == 201
    job_id = found.json()["id"]
    assert found.headers["location"] == f"/api/v1/namespaces/shop/jobs/{job_id}"
    job = (await any_service.call("GET", f"/jobs/{job_id}")).json()
    assert (job["state"], job["queue"], job["labels"]) == ("queued", "images", {"customer": "42"})
    assert job["actor"].startswith("api-key:admin:")
    assert "payload" not in job


async def test_all_options_are_taken(service: Service) -> None:
    options = {
        "queue": "slow",
        "delay": "5m",
        "priority": 7,
        "idempotency_key": "k",
        "deadline": "1h",
        "expires": 60,
        "timeout": "30s",
        "retry": {"max_attempts": 2, "backoff": "fixed", "base": "5s"},
        "correlation_id": "c",
        "traceparent": "00-1-2-01",
        "owner": "media",
    }

    job = (await service.call("GET", f"/jobs/{await service.submit(**options)}")).json()

    assert job["state"] == "scheduled"
    assert {name: job[name] for name in ("queue", "priority", "max_attempts", "owner", "timeout_s")} == {
        "queue": "slow",
        "priority": 7,
        "max_attempts": 2,
        "owner": "media",
        "timeout_s": 30,
    }
    assert job["retry"] == {"backoff": "fixed", "base_s": 5.0, "cap_s": 600.0}


async def test_an_unknown_definition_is_refused(service: Service) -> None:
    found = await service.call("POST", "/jobs", {"definition": "nothing"})

    assert (found.status_code, found.json()["code"]) == (422, "definition_unknown")


async def test_a_chosen_id_makes_a_submit_repeatable(any_service: Service) -> None:
    body = {"definition": "resize", "payload": {"path": "a"}, "id": "order/42"}

    first = await any_service.call("POST", "/jobs", body)
    again = await any_service.call("POST", "/jobs", body)
    other = await any_service.call("POST", "/jobs", {**body, "payload": {"path": "b"}})

    assert (first.status_code, first.json()["existing"]) == (201, False)
    assert (again.status_code, again.json()) == (200, {"id": "order/42", "existing": True})
    assert (other.status_code, other.json()["code"]) == (409, "id_reused")
    assert (await any_service.call("GET", "/jobs/order%2F42")).json()["id"] == "order/42"
    assert (await any_service.call("POST", "/jobs/order%2F42/cancel")).json()["state"] == "cancelled"


async def test_many_are_submitted_all_or_none(any_service: Service) -> None:
    good = {"definition": "resize", "payload": {"path": "a"}}

    refused = await any_service.call(
        "POST", "/jobs:submit", {"jobs": [good, {**good, "payload": {}}, {"definition": "no"}]}
    )
    stored = await any_service.call("POST", "/jobs:submit", {"jobs": [good, good]})

    assert refused.status_code == 422
    assert [fault["path"] for fault in refused.json()["faults"]] == [
        "jobs[1].payload.path",
        "jobs[2].definition",
    ]
    assert stored.status_code == 201
    assert (await any_service.call("GET", "/jobs")).json()["total"] == 2


async def test_a_conflict_in_many_stores_none(any_service: Service) -> None:
    await any_service.submit(id="taken")
    body = {"definition": "resize", "payload": {"path": "other"}}

    found = await any_service.call("POST", "/jobs:submit", {"jobs": [body, {**body, "id": "taken"}]})

    assert (found.status_code, found.json()["code"]) == (409, "id_reused")
    assert (await any_service.call("GET", "/jobs")).json()["total"] == 1


async def test_pages_are_stable_under_inserts(service: Service) -> None:
    ids = []
    for _ in range(5):
        ids.append(await service.submit())
        service.clock.advance(1_000)

    first = (await service.call("GET", "/jobs?limit=2")).json()
    await service.submit()
    second = (await service.call("GET", f"/jobs?limit=3&cursor={first['next']}")).json()

    assert [job["id"] for job in first["items"] + second["items"]] == ids[::-1]
    assert second["next"] is None


async def test_lists_are_filtered(service: Service) -> None:
    wanted = await service.submit(labels={"customer": "42"}, owner="media")
    await service.submit(delay="1h")

    for query in ("state=queued", "label=customer=42", "owner=media", "queue=images&label=customer=42"):
        found = (await service.call("GET", f"/jobs?{query}")).json()
        assert [job["id"] for job in found["items"]] == [wanted], query
    assert (await service.call("GET", "/jobs?until=2020-01-01T00:00:00Z")).json()["total"] == 0
    assert (await service.call("GET", "/jobs?state=queued&state=scheduled")).json()["total"] == 2


async def test_a_bad_query_is_refused_with_every_fault(service: Service) -> None:
    found = await service.call("GET", "/jobs?limit=0&state=lost&what=1&since=yesterday")

    assert found.status_code == 422
    paths = {fault["path"] for fault in found.json()["faults"]}
    assert paths >= {"query.limit", "query.what", "query.state[0]"}


async def test_a_time_without_a_zone_is_refused(service: Service) -> None:
    assert (await service.call("GET", "/jobs?since=2026-01-01T00:00:00")).status_code == 422


async def test_status_reads_carry_an_etag(service: Service) -> None:
    job_id = await service.submit()

    first = await service.call("GET", f"/jobs/{job_id}")
    same = await service.call("GET", f"/jobs/{job_id}", headers={"If-None-Match": first.headers["etag"]})
    await service.call("POST", f"/jobs/{job_id}/pause")
    other = await service.call("GET", f"/jobs/{job_id}", headers={"If-None-Match": first.headers["etag"]})

    assert first.headers["cache-control"] == "private, no-cache"
    assert (same.status_code, same.content) == (304, b"")
    assert other.status_code == 200


async def test_a_job_is_steered(any_service: Service) -> None:
    job_id = await any_service.submit()

    for verb, state in (("pause", "paused"), ("resume", "queued"), ("cancel", "cancelled")):
        found = await any_service.call("POST", f"/jobs/{job_id}/{verb}", {"why": "test"})
        assert found.json()["state"] == state
    refused = await any_service.call("POST", f"/jobs/{job_id}/pause")

    assert (refused.status_code, refused.json()["code"]) == (409, "transition_invalid")
    entries = (await any_service.call("GET", "/audit")).json()["items"]
    assert [entry["action"] for entry in entries if entry["reason"] == "test"] == [
        "job.pause",
        "job.resume",
        "job.cancel",
    ]


async def test_an_unknown_job_is_not_found(service: Service) -> None:
    for method, path in (
        ("GET", "/jobs/none"),
        ("GET", "/jobs/none/attempts"),
        ("GET", "/jobs/none/logs"),
        ("POST", "/jobs/none/cancel"),
        ("DELETE", "/jobs/none"),
        ("GET", "/queues/none"),
        ("GET", "/definitions/none"),
    ):
        found = await service.call(method, path)
        assert (found.status_code, found.json()["code"]) == (404, "not_found"), path


async def test_what_may_change_is_changed(any_service: Service) -> None:
    job_id = await any_service.submit(delay="1h")

    found = await any_service.call(
        "PATCH",
        f"/jobs/{job_id}",
        {"priority": 9, "labels": {"a": "b"}, "payload": {"path": "new"}, "run_at": "2031-01-01T00:00:00Z"},
    )

    assert found.status_code == 200, found.text
    job = (await any_service.call("GET", f"/jobs/{job_id}?include=payload")).json()
    assert (job["priority"], job["labels"], job["payload"]) == (9, {"a": "b"}, {"path": "new"})
    assert job["run_at"] == "2031-01-01T00:00:00.000000Z"


async def test_what_may_not_change_is_refused(service: Service) -> None:
    job = await service.running()

    running = await service.call("PATCH", f"/jobs/{job.id}", {"priority": 9})
    queued = await service.submit()
    timed = await service.call("PATCH", f"/jobs/{queued}", {"run_at": "2031-01-01T00:00:00Z"})
    invalid = await service.call("PATCH", f"/jobs/{queued}", {"payload": {}})
    nothing = await service.call("PATCH", f"/jobs/{queued}", {"why": "x"})

    assert [found.status_code for found in (running, timed, invalid, nothing)] == [409, 409, 422, 422]


async def test_a_raised_priority_is_claimed_first(any_service: Service) -> None:
    await any_service.submit()
    later = await any_service.submit()
    await any_service.call("PATCH", f"/jobs/{later}", {"priority": 10})

    job = await any_service.running()

    assert job.id == later


async def test_a_final_job_is_deleted_and_no_other(any_service: Service) -> None:
    job = await any_service.running()

    refused = await any_service.call("DELETE", f"/jobs/{job.id}")
    await any_service.end(job)
    done = await any_service.call("DELETE", f"/jobs/{job.id}?why=old")

    assert (refused.status_code, done.status_code, done.content) == (409, 204, b"")
    assert (await any_service.call("GET", f"/jobs/{job.id}")).status_code == 404


async def test_attempts_logs_and_results_are_read(any_service: Service) -> None:
    job = await any_service.running()
    await any_service.end(job, result=b'{"width":5}')

    attempts = (await any_service.call("GET", f"/jobs/{job.id}/attempts")).json()
    result = (await any_service.call("GET", f"/jobs/{job.id}?include=result", role="submitter")).json()

    assert [attempt["outcome"] for attempt in attempts["items"]] == ["returned"]
    assert result["result"] == {"width": 5}
    assert (await any_service.call("GET", f"/jobs/{job.id}/logs")).json() == {
        "items": [],
        "next": None,
        "total": 0,
    }


async def test_viewing_a_payload_is_a_right_of_its_own_masked_and_audited(service: Service) -> None:
    job_id = await service.submit(payload={"path": "x", "password": "geheim"})

    refused = await service.call("GET", f"/jobs/{job_id}?include=payload", role="submitter")
    shown = await service.call("GET", f"/jobs/{job_id}?include=payload", role="operator")

    assert refused.status_code == 403
    assert shown.json()["payload"] == {"path": "x", "password": "***"}
    entries = (await service.call("GET", "/audit")).json()["items"]
    assert [entry["target"] for entry in entries if entry["action"] == "job.view_payload"] == [
        f"job/{job_id}"
    ]
    assert "geheim" not in str(entries)


async def test_dead_letters_are_replayed_and_discarded(any_service: Service) -> None:
    job = await any_service.running(max_attempts=1)
    await any_service.end(
        job, Ending.FAILED, error=b'{"type":"E","message":"m","where":"","fingerprint":"ab1","trace":""}'
    )

    listed = (await any_service.call("GET", "/dead-letters?error=ab1")).json()
    replayed = await any_service.call("POST", f"/dead-letters/{job.id}/replay")
    gone = await any_service.call("GET", f"/dead-letters/{job.id}")

    assert [letter["id"] for letter in listed["items"]] == [job.id]
    assert replayed.json()["state"] == "queued"
    assert gone.status_code == 404


async def test_queues_are_paused(service: Service) -> None:
    await service.submit()

    paused = await service.call("POST", "/queues/images/pause", {"why": "full"})
    queues = (await service.call("GET", "/queues")).json()

    assert (paused.json()["state"], paused.json()["jobs"]) == ("paused", {"queued": 1})
    assert [queue["id"] for queue in queues["items"]] == ["images"]
    assert (await service.call("POST", "/queues/images/resume")).json()["state"] == "active"
    assert (await service.call("POST", "/queues/a%20b/pause")).status_code == 422


async def test_definitions_are_listed_and_applied(service: Service) -> None:
    applied = await service.call("PUT", "/definitions/new", {"version": "2", "schema": {"type": "object"}})
    refused = await service.call("PUT", "/definitions/new", {"version": "2", "schema": {"type": 5}})

    assert (applied.status_code, applied.json()["version"]) == (200, "2")
    assert refused.status_code == 422
    names = [found["id"] for found in (await service.call("GET", "/definitions")).json()["items"]]
    assert names == ["mail", "new", "resize"]
    assert await service.submit(definition="new", payload={})


async def test_a_wait_ends_with_the_job(any_service: Service) -> None:
    job = await any_service.running()
    waiting = asyncio.create_task(any_service.call("GET", f"/jobs/{job.id}?wait=30s&include=result"))
    await asyncio.sleep(0)

    await any_service.end(job, result=b"7")

    async with asyncio.timeout(20):
        found = (await waiting).json()
    assert (found["state"], found["result"]) == ("succeeded", 7)


async def test_a_wait_ends_in_time_and_with_the_service(service: Service) -> None:
    job_id = await service.submit()

    short = (await service.call("GET", f"/jobs/{job_id}?wait=10ms")).json()
    long = asyncio.create_task(service.call("GET", f"/jobs/{job_id}?wait=60s"))
    await asyncio.sleep(0)
    service.desk.begin_stopping()

    async with asyncio.timeout(20):
        ended = (await long).json()
    assert (short["state"], ended["state"]) == ("queued", "queued")
    for wait in ("61s", "soon"):
        assert (await service.call("GET", f"/jobs/{job_id}?wait={wait}")).status_code == 422


async def test_nothing_to_view_is_not_audited(service: Service) -> None:
    job_id = await service.submit()

    found = (await service.call("GET", f"/jobs/{job_id}?include=result")).json()

    assert found["result"] is None
    entries = (await service.call("GET", "/audit")).json()["items"]
    assert [entry for entry in entries if entry["action"] == "job.view_result"] == []


async def test_a_secret_of_a_result_is_masked(service: Service) -> None:
    secret = {"type": "object", "properties": {"token": {"type": "string", "format": "password"}}}
    await service.call("PUT", "/definitions/log-in", {"version": "1", "result_schema": secret})
    job = await service.running(definition="log-in", payload={})
    await service.end(job, result=b'{"token": "geheim", "user": "ann"}')

    shown = await service.call("GET", f"/jobs/{job.id}?include=result")

    assert shown.json()["result"] == {"token": "***", "user": "ann"}


async def test_jobs_are_listed_by_creation_whatever_their_ids(any_service: Service) -> None:
    for job_id in ("m", "a", "z"):
        await any_service.submit(id=job_id)
        any_service.clock.advance(MICROS)

    page = (await any_service.call("GET", "/jobs?sort=created&limit=2")).json()
    await any_service.submit(id="b")
    rest = (await any_service.call("GET", f"/jobs?sort=created&cursor={page['next']}")).json()

    assert [job["id"] for job in (*page["items"], *rest["items"])] == ["z", "a", "m"]
    assert (page["total"], rest["next"]) == (3, None)


async def test_jobs_are_listed_by_finish(any_service: Service) -> None:
    first, second = await any_service.running(), await any_service.running()
    await any_service.submit()
    for job in (second, first):
        await any_service.end(job)
        any_service.clock.advance(MICROS)

    page = (await any_service.call("GET", "/jobs?sort=finished&limit=1")).json()
    rest = (await any_service.call("GET", f"/jobs?sort=finished&cursor={page['next']}")).json()
    wrong = await any_service.call("GET", "/jobs?sort=finished&cursor=x")

    assert [job["id"] for job in (*page["items"], *rest["items"])] == [first.id, second.id]
    assert (page["total"], rest["next"]) == (2, None)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "invalid_input")
