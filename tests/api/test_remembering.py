"""What jobs remember, what a worker holds, and stacks, over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.service import NAMESPACE, Service
from tests.api.test_workers import Remote, opened


async def items(worker: Remote, verb: str, body: object) -> Any:  # noqa: ANN401 - any JSON value
    found = await worker.post(verb, body)
    assert found.status_code == 200, found.text
    return found.json()["items"]


async def test_a_later_run_finds_steps_and_positions(any_service: Service) -> None:
    await any_service.submit()
    worker = await opened(any_service)
    [job] = await worker.claim()
    key = {"id": job["id"], "fence": job["fence"]}

    recorded = await items(worker, "steps", {"items": [{**key, "name": "pay", "result": {"ä": 1}}]})
    saved = await items(worker, "positions", {"items": [{**key, "name": "rows", "position": 400}]})
    await worker.settle(job, "released")
    [again] = await worker.claim()
    found = await items(worker, "memory", {"ids": [job["id"], "unknown"]})
    taken = await items(
        worker, "steps", {"items": [{**key, "fence": again["fence"], "name": "pay", "result": 2}]}
    )

    assert (recorded, saved, taken) == (["recorded"], [True], ["taken"])
    assert [(row["kind"], row["name"], row["value"]) for row in found] == [
        ("step", "pay", {"ä": 1}),
        ("position", "rows", 400),
    ]


async def test_a_key_is_first_once(any_service: Service) -> None:
    await any_service.submit()
    worker = await opened(any_service)
    [job] = await worker.claim()
    asked = {"id": job["id"], "fence": job["fence"], "key": "order-1", "content": "a"}
    body = {"items": [{**asked, "asked": 1}, {**asked, "asked": 2}, {**asked, "asked": 3, "content": "b"}]}

    assert await items(worker, "once", body) == ["first", "seen", "other"]


async def test_what_is_not_held_is_lost(service: Service) -> None:
    await service.submit()
    worker, other = await opened(service), await opened(service)
    [job] = await worker.claim()

    for who, fence in ((other, job["fence"]), (worker, job["fence"] + 1)):
        key = {"id": job["id"], "fence": fence}
        assert await items(who, "steps", {"items": [{**key, "name": "s"}]}) == ["lost"]
        assert await items(who, "positions", {"items": [{**key, "name": "s"}]}) == [False]
        assert await items(who, "once", {"items": [{**key, "asked": 1, "key": "k"}]}) == ["lost"]
    assert await items(other, "memory", {"ids": [job["id"]]}) == []


async def test_a_worker_sees_what_it_holds(service: Service) -> None:
    job_id = await service.submit()
    worker = await opened(service)
    await worker.claim()

    found = (await service.call("GET", f"/workers/{worker.id}/jobs", role="worker")).json()

    assert [(job["id"], job["payload"]) for job in found["items"]] == [(job_id, None)]


async def test_a_stack_is_asked_for_and_told(service: Service) -> None:
    job = await service.running()
    await service.store.stacks.ask(NAMESPACE, job.id, job.fence, service.store.now())
    worker = Remote(service, "session1")

    asked = (await service.call("GET", "/workers/session1/stacks", role="worker")).json()["items"]
    told = await worker.post("stacks", {"items": [{**asked[0], "stack": "line 5"}]})

    assert asked == [{"id": job.id, "fence": job.fence}]
    assert told.status_code == 204
    assert await service.store.stacks.read(NAMESPACE, job.id, job.fence) == "line 5"


async def test_lines_may_come_after_the_run_was_settled(any_service: Service) -> None:
    job_id = await any_service.submit()
    worker, other = await opened(any_service), await opened(any_service)
    [job] = await worker.claim()
    await worker.settle(job)
    any_service.desk.sessions.clear()
    line = {"id": job_id, "run": 1, "message": "last words"}

    for each in (worker, other):
        await each.post("logs", {"items": [line, {**line, "run": 2}]})

    logs = (await any_service.call("GET", f"/jobs/{job_id}/logs")).json()["items"]
    assert [(entry["message"], entry["run"]) for entry in logs] == [("last words", 1)]


@pytest.mark.parametrize(
    ("fields", "state", "reason"),
    [
        ({"outcome": "failed", "reason": "invalid_payload"}, "failed", "invalid_payload"),
        ({"outcome": "timed_out", "reason": "deadline_passed"}, "timed_out", "deadline_passed"),
        ({"outcome": "cancelled", "reason": "cancelled_by_handler"}, "cancelled", "cancelled_by_handler"),
        ({"outcome": "lost", "reason": "out_of_memory"}, "retrying", "out_of_memory"),
    ],
)
async def test_an_outcome_may_say_why(
    service: Service, fields: dict[str, str], state: str, reason: str
) -> None:
    job_id = await service.submit()
    worker = await opened(service)
    [job] = await worker.claim()

    await worker.settle(job, **fields)

    shown = (await service.call("GET", f"/jobs/{job_id}")).json()
    assert (shown["state"], shown["reason"]) == (state, reason)


async def test_a_reason_that_belongs_to_another_outcome_is_refused(service: Service) -> None:
    await service.submit()
    worker = await opened(service)
    [job] = await worker.claim()
    item = {"id": job["id"], "fence": job["fence"], "outcome": "succeeded", "reason": "drained"}

    found = await worker.post("settle", {"items": [item]})

    assert (found.status_code, found.json()["code"]) == (422, "invalid_input")


async def test_an_error_keeps_the_fingerprint_that_it_came_with(service: Service) -> None:
    job_id = await service.submit()
    worker = await opened(service)
    [job] = await worker.claim()
    error = {"type": "E", "message": "m", "where": "app.py:5 in f", "bases": ["B"], "fingerprint": "0" * 12}

    await worker.settle(job, "failed", retry=False, error=error)

    shown = (await service.call("GET", f"/jobs/{job_id}")).json()["error"]
    assert (shown["fingerprint"], shown["where"]) == ("0" * 12, "app.py:5 in f")


async def test_a_definition_comes_with_all_its_policies(service: Service) -> None:
    policies = {"max_attempts": 2, "backoff": "fixed", "resources": {"gpu": 1}, "labels": {"team": "a"}}
    body = {"version": "9", "policies": policies}

    found = await service.call("PUT", "/definitions/train", body, role="worker")
    job = (await service.call("GET", f"/jobs/{await service.submit(definition='train', payload={})}")).json()

    assert found.json()["policies"] == policies
    assert (job["max_attempts"], job["resources"], job["labels"]) == (2, {"gpu": 1}, {"team": "a"})


@pytest.mark.parametrize(
    "policies",
    [
        {"resources": {"gpu": "x"}},
        {"children": {"tolerate": -1}},
        {"replay": {"on": ["E"], "after_us": 1, "rate": "x", "times": 1}},
        {"unknown": 1},
        {"max_attempts": 0},
    ],
)
async def test_policies_that_nobody_could_read_are_refused(
    service: Service, policies: dict[str, Any]
) -> None:
    found = await service.call("PUT", "/definitions/train", {"version": "9", "policies": policies})

    assert found.status_code == 422, found.text
