"""Batches over HTTP: made from a batch type, read as a tree, steered as a whole."""

from __future__ import annotations

from typing import Any

from beltline.core.outcome import Ending
from beltline.engine import upkeep
from beltline.store.params import Definition
from tests.api.service import NAMESPACE, Service

ALBUM = '{"type": "object", "properties": {"definition": {"type": "array"}, "level": {"type": "integer"}}}'
ERROR = b'{"type": "Fail", "message": "no photo", "where": "", "fingerprint": "ab12", "trace": ""}'


async def with_type(service: Service) -> None:
    """Store a batch type."""
    row = Definition(name="album", version="1", queue="images", schema=ALBUM, policies="{}")
    await service.store.definitions.apply(NAMESPACE, [row], service.store.now())


async def tree(service: Service, items: int = 3) -> str:
    """Make a batch whose body has returned; its items are queued."""
    parent = await service.running()
    for number in range(items):
        await service.submit(id=f"item-{number}", parent=parent.id, max_attempts=1)
    await service.end(parent, result=b"3")
    return str(parent.id)


async def settle(service: Service) -> None:
    while await upkeep.release(service.store, NAMESPACE):
        continue


async def test_a_batch_is_made_from_a_batch_type(service: Service) -> None:
    await with_type(service)
    body = {"type": "album", "definition": [1, 2], "id": "holidays", "labels": {"year": "2026"}}

    made = await service.call("POST", "/batches", body, role="submitter")
    again = await service.call("POST", "/batches", body)
    no_type = await service.call("POST", "/batches", {"type": "resize", "definition": [1]})
    unknown = await service.call("POST", "/batches", {"type": "none", "definition": [1]})
    wrong = await service.call("POST", "/batches", {"type": "album", "definition": 5})
    worse = await service.call("POST", "/batches", {"type": "album", "definition": 5, "queue": "a b"})
    worst = await service.call("POST", "/batches", {"type": "none", "definition": 5, "queue": "a b"})

    assert (made.status_code, made.json()) == (201, {"id": "holidays", "existing": False})
    assert (again.status_code, again.json()["existing"]) == (200, True)
    assert "is a job definition, and no batch type" in no_type.json()["detail"]
    assert unknown.json()["code"] == "definition_unknown"
    assert [fault["path"] for fault in wrong.json()["faults"]] == ["payload.definition"]
    assert [fault["path"] for fault in worse.json()["faults"]] == ["queue", "payload.definition"]
    assert [fault["path"] for fault in worst.json()["faults"]] == ["queue", "type"]
    job = (await service.call("GET", "/jobs/holidays?include=payload")).json()
    assert (job["definition"], job["payload"], job["labels"]) == (
        "album",
        {"definition": [1, 2]},
        {"year": "2026"},
    )


async def test_a_tree_tells_how_far_it_is_and_why_jobs_failed(any_service: Service) -> None:
    batch = await tree(any_service)
    [job] = await claim(any_service)
    await any_service.end(job, Ending.FAILED, error=ERROR)
    await settle(any_service)

    found = await any_service.call("GET", f"/batches/{batch}")
    listed = (await any_service.call("GET", "/batches")).json()
    body = found.json()

    assert body["batch"]["children"] == 3
    assert (body["progress"]["failed"], body["job"]["state"]) == (1, "waiting")
    assert [(cause["error"], cause["jobs"]) for cause in body["causes"]] == [("Fail: no photo", 1)]
    assert 0 < body["progress"]["fraction"] < 1
    assert body["progress"]["low"] <= body["progress"]["fraction"] <= body["progress"]["high"]
    assert "payload" not in body["job"]
    assert (
        await any_service.call("GET", f"/batches/{batch}", headers={"If-None-Match": found.headers["etag"]})
    ).status_code == 304
    assert ([each["id"] for each in listed["items"]], listed["total"]) == ([batch], 1)
    assert listed["items"][0]["state"] == "waiting"
    children = (await any_service.call("GET", f"/batches/{batch}/children?which=open")).json()
    assert children["total"] == 2


async def test_a_tree_is_paused_resumed_and_cancelled(any_service: Service) -> None:
    batch = await tree(any_service)

    paused = (await any_service.call("POST", f"/batches/{batch}/pause", {"why": "full disk"})).json()
    states = {await any_service.state(f"item-{number}") for number in range(3)}
    resumed = (await any_service.call("POST", f"/batches/{batch}/resume", {})).json()
    cancelled = (await any_service.call("POST", f"/batches/{batch}/cancel", {})).json()
    await settle(any_service)
    again = await any_service.call("POST", f"/batches/{batch}/cancel", {})

    assert (paused["jobs"], paused["job"]["state"], states) == (4, "paused", {"paused"})
    assert (resumed["jobs"], resumed["job"]["state"]) == (4, "waiting")
    assert cancelled["job"]["state"] == "cancelled"
    assert {await any_service.state(f"item-{number}") for number in range(3)} == {"cancelled"}
    assert (again.status_code, again.json()["code"]) == (409, "transition_invalid")


async def test_failed_jobs_of_a_tree_run_again(any_service: Service) -> None:
    batch = await tree(any_service, items=1)
    [job] = await claim(any_service)
    await any_service.end(job, Ending.FAILED, error=ERROR)
    await settle(any_service)
    failed: dict[str, Any] = (await any_service.call("GET", f"/batches/{batch}")).json()

    again = (await any_service.call("POST", f"/batches/{batch}/retry-failed", {"why": "mended"})).json()

    assert failed["job"]["state"] == "failed"
    assert [(cause["jobs"], cause["example"]) for cause in failed["causes"]] == [(1, "item-0")]
    # Its body runs again, and finds the children that it has.
    assert (again["jobs"], again["job"]["state"]) == (2, "queued")
    assert await any_service.state("item-0") == "queued"


async def test_a_job_without_children_is_no_batch(service: Service) -> None:
    job = await service.submit()

    assert (await service.call("GET", f"/batches/{job}")).status_code == 404
    assert (await service.call("POST", f"/batches/{job}/pause", {})).status_code == 404


async def claim(service: Service) -> list[Any]:
    from beltline.engine.settle import claim as taken

    return list(await taken(service.store, NAMESPACE, "session1", queues=None, limit=1))
