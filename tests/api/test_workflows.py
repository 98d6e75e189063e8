"""Workflows and their runs over HTTP."""

from __future__ import annotations

from typing import Any

import pytest

from beltline.engine import upkeep
from beltline.engine.settle import claim
from tests.api.service import NAMESPACE, Service

GRAPH: dict[str, Any] = {
    "steps": {
        "one": {"job": "mail", "with": {"to": {"$": "input.to"}}},
        "ok": {"wait": "approval", "after": ["one"], "timeout": "2d"},
        "two": {"job": "mail", "if": {"$": "ok.go", "eq": True}, "after": ["ok"]},
    },
    "output": {"$": "one"},
}


async def turn(service: Service) -> None:
    """Do what workers do between jobs."""
    while await upkeep.release(service.store, NAMESPACE):
        continue


async def work(service: Service, result: bytes = b"1") -> str:
    """Bring the run on, then take the next job and let it succeed."""
    await turn(service)
    if not service.sessions:
        await service.end(await service.running())
    [job] = await claim(service.store, NAMESPACE, "session1", queues=None, limit=1)
    await service.end(job, result=result)
    await turn(service)
    return job.id


async def test_a_workflow_is_applied_read_and_drawn(any_service: Service) -> None:
    applied = await any_service.call("PUT", "/workflows/album", GRAPH)
    found = await any_service.call("GET", "/workflows/album")
    drawn = await any_service.call("GET", "/workflows/album/mermaid")

    assert applied.status_code == 200
    assert (applied.json()["id"], set(applied.json()["steps"])) == ("album", {"one", "ok", "two"})
    assert found.json() == applied.json()
    assert (
        await any_service.call("GET", "/workflows/album", headers={"If-None-Match": found.headers["etag"]})
    ).status_code == 304
    assert drawn.headers["content-type"].startswith("text/vnd.mermaid")
    assert drawn.text.startswith("flowchart TD\n")
    audit = (await any_service.call("GET", "/audit")).json()["items"]
    assert (audit[-1]["action"], audit[-1]["target"]) == ("workflow.apply", "workflow/album")


async def test_versions_are_listed_and_never_changed(service: Service) -> None:
    for version in ("1", "2"):
        await service.call("PUT", "/workflows/album", {**GRAPH, "version": version})
    same = await service.call("PUT", "/workflows/album", {**GRAPH, "version": "1"})
    other = await service.call("PUT", "/workflows/album", {**GRAPH, "version": "1", "output": 5})

    first = (await service.call("GET", "/workflows/album/versions?limit=1")).json()
    rest = (await service.call("GET", f"/workflows/album/versions?cursor={first['next']}")).json()

    assert same.status_code == 200
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    assert [each["version"] for each in first["items"] + rest["items"]] == ["1", "2"]
    assert first["total"] == 2
    assert (await service.call("GET", "/workflows/album?version=2")).json()["version"] == "2"
    assert (await service.call("GET", "/workflows/album?version=3")).status_code == 404
    listed = (await service.call("GET", "/workflows")).json()
    assert ([each["version"] for each in listed["items"]], listed["total"]) == (["1"], 1)


async def test_every_fault_of_a_graph_is_told_and_nothing_is_stored(service: Service) -> None:
    graph = {
        "steps": {
            "a": {"job": "mail", "after": ["b"]},
            "b": {"job": "mail", "after": ["a"]},
            "c": {"job": "mail", "with": {"x": {"$": "nowhere.x"}}},
        },
        "output": {"$": []},
    }

    found = await service.call("PUT", "/workflows/album", graph)
    bad = {"steps": {"a": {"jobs": "mail", "timeout": "soon", "tolerate": -1}, "b": 5}, "version": [1]}
    worse = await service.call("PUT", "/workflows/album", bad)

    told = [fault["message"] for fault in found.json()["faults"]]
    assert (found.status_code, found.json()["code"]) == (422, "workflow_invalid")
    assert "the steps a → b → a would wait for each other for ever" in told
    assert "step 'c' needs 'nowhere', which is no step of this workflow" in told
    assert any(fault.startswith("output refers to ''") for fault in told)
    assert len(worse.json()["faults"]) >= 6
    assert (await service.call("GET", "/workflows")).json()["total"] == 0


@pytest.mark.parametrize(
    "step",
    [
        {"job": "mail", "after": [5, {}]},
        {"job": "mail", "after": {"a": [{}]}},
        {"job": "mail", "if": {"all": {"$": "x"}}},
        {"job": "mail", "if": {"any": [None]}},
        {"job": "mail", "queue": 5},
        {"job": "mail", "labels": "x"},
        {"job": "mail", "undo": 5},
        {"wait": "\n"},
        {"wait": "x", "each": [1]},
    ],
)
async def test_a_step_that_cannot_be_is_a_fault_and_no_crash(service: Service, step: object) -> None:
    found = await service.call("PUT", "/workflows/album", {"steps": {"a": step}})

    assert (found.status_code, found.json()["code"]) == (422, "workflow_invalid")


async def test_a_chain_as_long_as_a_graph_may_be_is_drawn(service: Service) -> None:
    steps = {
        f"s{number}": {"job": "mail", "after": [f"s{number - 1}"] if number else []}
        for number in reversed(range(1_000))
    }

    assert (await service.call("PUT", "/workflows/long", {"steps": steps})).status_code == 200
    assert (await service.call("GET", "/workflows/long/mermaid")).status_code == 200
    started = await service.call("POST", "/workflows/long/runs", {})
    run = await service.call("GET", f"/runs/{started.json()['id']}")
    assert run.json()["steps"]["s999"]["stands"] is None


async def test_a_run_is_started_signalled_and_seen_step_by_step(any_service: Service) -> None:
    service = any_service
    await service.call("PUT", "/workflows/album", GRAPH)

    started = await service.call(
        "POST", "/workflows/album/runs", {"input": {"to": "ann"}, "id": "run-1"}, role="submitter"
    )
    again = await service.call("POST", "/workflows/album/runs", {"input": {"to": "ann"}, "id": "run-1"})
    other = await service.call("POST", "/workflows/album/runs", {"input": {"to": "bo"}, "id": "run-1"})
    assert await work(service) == "run-1.one"
    waiting = await service.call("GET", "/runs/run-1")
    told = (await service.call("GET", "/jobs/run-1.ok/explain")).json()
    sent = await service.call("POST", "/runs/run-1/signal", {"name": "approval", "payload": {"go": True}})
    second = await service.call("POST", "/runs/run-1/signal", {"name": "approval", "payload": None})
    assert await work(service) == "run-1.two"
    ended = (await service.call("GET", "/runs/run-1")).json()
    late = await service.call("POST", "/runs/run-1/signal", {"name": "approval"})

    assert (started.status_code, started.json()) == (201, {"id": "run-1", "existing": False})
    assert (again.status_code, again.json()["existing"]) == (200, True)
    assert (other.status_code, other.json()["code"]) == (409, "id_reused")
    stands = {name: step["stands"] for name, step in waiting.json()["steps"].items()}
    assert stands == {"one": "succeeded", "ok": "open", "two": None}
    assert waiting.json()["steps"]["ok"]["job"] == "run-1.ok"
    assert "etag" in waiting.headers
    assert [(each["what"], each["id"]) for each in told["waits"]] == [("signal", "approval")]
    assert (sent.json()["is_first"], second.json()["is_first"]) == (True, False)
    assert (ended["job"]["state"], ended["steps"]["two"]["stands"]) == ("succeeded", "succeeded")
    assert late.json()["code"] == "transition_invalid"
    drawn = await service.call("GET", "/runs/run-1/mermaid")
    assert "class s_two succeeded" in drawn.text
    runs = (await service.call("GET", "/workflows/album/runs?state=succeeded")).json()
    assert [job["id"] for job in runs["items"]] == ["run-1"]


async def test_a_run_is_cancelled_as_a_whole(service: Service) -> None:
    await service.call("PUT", "/workflows/album", GRAPH)
    await service.call("POST", "/workflows/album/runs", {"input": {"to": "ann"}, "id": "run-1"})
    await turn(service)

    paused = (await service.call("POST", "/runs/run-1/pause", {})).json()
    resumed = (await service.call("POST", "/runs/run-1/resume", {})).json()
    cancelled = (await service.call("POST", "/runs/run-1/cancel", {"why": "wrong input"})).json()
    await turn(service)

    assert (paused["job"]["state"], paused["jobs"]) == ("paused", 2)
    assert resumed["job"]["state"] == "waiting"
    assert cancelled["job"]["state"] == "cancelled"
    assert await service.state("run-1.one") == "cancelled"


async def test_a_run_that_could_never_begin_is_refused_whole(service: Service) -> None:
    graph = {"steps": {"a": {"job": "nobody"}, "b": {"workflow": "nowhere"}}}
    await service.call("PUT", "/workflows/album", graph)

    found = await service.call("POST", "/workflows/album/runs", {})
    unknown = await service.call("POST", "/workflows/none/runs", {})
    labels = await service.call("POST", "/workflows/album/runs", {"labels": {"a": "b\n"}})

    assert found.json()["code"] == "workflow_invalid"
    assert all(name in found.json()["detail"] for name in ("nobody", "nowhere"))
    assert unknown.status_code == 404
    assert labels.status_code == 422
    assert (await service.call("GET", "/jobs")).json()["total"] == 0


async def test_a_signal_that_nothing_waits_for_is_refused(service: Service) -> None:
    await service.call("PUT", "/workflows/album", GRAPH)
    await service.call("POST", "/workflows/album/runs", {"input": {"to": "ann"}, "id": "run-1"})

    found = await service.call("POST", "/runs/run-1/signal", {"name": "other"})
    large = await service.call("POST", "/runs/run-1/signal", {"name": "approval", "payload": "x" * 2_000_000})

    assert "it waits for approval" in found.json()["detail"]
    assert large.status_code == 413


async def test_the_name_in_a_body_is_that_of_the_path(service: Service) -> None:
    found = await service.call("PUT", "/workflows/album", {**GRAPH, "name": "other"})

    assert found.status_code == 422
    assert "leave it out" in found.json()["detail"]


async def test_a_key_for_some_definitions_applies_workflows_of_these_names_only(service: Service) -> None:
    made = await service.call("POST", "/api-keys", {"role": "worker", "definitions": ["album.*"]})
    service.keys = {**service.keys, "some": made.json()["key"]}

    assert (await service.call("PUT", "/workflows/album.a", GRAPH, role="some")).status_code == 200
    assert (await service.call("PUT", "/workflows/other", GRAPH, role="some")).status_code == 403


async def test_a_job_that_is_no_run_has_no_steps(service: Service) -> None:
    job = await service.submit()

    assert (await service.call("GET", f"/runs/{job}")).status_code == 404
    assert (await service.call("GET", f"/runs/{job}/mermaid")).status_code == 404
