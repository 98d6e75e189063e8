"""Jobs tied to others, over HTTP: prerequisites, explanations, children."""

from __future__ import annotations

from typing import Any

from beltline.api.depth import FAR_US
from beltline.core.outcome import Ending
from beltline.engine import upkeep
from tests.api.service import NAMESPACE, Service, running_service


async def release(service: Service) -> None:
    """Do what a worker's loop does until nothing is left."""
    while await upkeep.release(service.store, NAMESPACE):
        continue


async def get(service: Service, path: str) -> dict[str, Any]:
    found = await service.call("GET", path)
    assert found.status_code == 200, found.text
    body: dict[str, Any] = found.json()
    return body


async def test_a_job_runs_after_those_that_it_names(any_service: Service) -> None:
    first = await any_service.running()
    second = await any_service.submit(after=[first.id])
    assert await any_service.state(second) == "waiting"

    await any_service.end(first)
    await release(any_service)

    assert await any_service.state(second) == "queued"


async def test_conditions_alternatives_and_policies_go_along(service: Service) -> None:
    first = await service.running(max_attempts=1)
    cleaner = await service.submit(after=[{"job": first.id, "when": ["failed", "cancelled"]}], delay="1h")
    anyway = await service.submit(after=[{"job": first.id, "otherwise": "run"}])
    failed = await service.submit(after=[{"job": first.id, "otherwise": "fail"}])
    either = await service.submit(after=[{"any_of": [first.id, {"job": "to-come", "when": "finished"}]}])

    await service.end(first, Ending.FAILED, error=b"{}")
    await release(service)

    states = [await service.state(job) for job in (cleaner, anyway, failed, either)]
    assert states == ["scheduled", "queued", "failed", "waiting"]


async def test_an_id_that_no_job_has_is_waited_for_taken_or_refused(any_service: Service) -> None:
    waiting = await any_service.submit(after=["to-come"])
    satisfied = await any_service.submit(after=["never"], unknown="satisfied")
    refused = await any_service.call(
        "POST",
        "/jobs",
        {"definition": "resize", "payload": {"path": "a"}, "after": ["nobody"], "unknown": "refuse"},
    )
    await release(any_service)

    assert [await any_service.state(job) for job in (waiting, satisfied)] == ["waiting", "queued"]
    assert (refused.status_code, refused.json()["code"]) == (422, "prerequisite_unknown")
    assert "nobody" in refused.json()["detail"]


async def test_a_cycle_across_submits_is_refused_by_its_name(any_service: Service) -> None:
    await any_service.submit(id="one", after=["two"])
    await any_service.submit(id="two", after=["three"])

    found = await any_service.call(
        "POST",
        "/jobs",
        {"definition": "resize", "payload": {"path": "a"}, "id": "three", "after": ["one"]},
    )

    assert (found.status_code, found.json()["code"]) == (422, "prerequisite_cycle")
    assert all(f"{name} →" in found.json()["detail"] for name in ("one", "two", "three"))
    assert (await any_service.call("GET", "/jobs/three")).status_code == 404


async def test_many_are_stored_with_what_ties_them_or_none_is(any_service: Service) -> None:
    chain = [
        {
            "definition": "resize",
            "payload": {"path": str(number)},
            "id": f"link-{number}",
            "after": [f"link-{number - 1}"] if number else [],
        }
        for number in range(5)
    ]
    stored = await any_service.call("POST", "/jobs:submit", {"jobs": chain})
    circle = [{**each, "id": f"c{each['id']}", "after": []} for each in chain]
    circle[0]["after"], circle[1]["after"] = ["clink-1"], ["clink-0"]
    refused = await any_service.call("POST", "/jobs:submit", {"jobs": circle})

    assert stored.status_code == 201
    assert [await any_service.state(f"link-{number}") for number in range(3)] == [
        "queued",
        "waiting",
        "waiting",
    ]
    assert refused.json()["code"] == "prerequisite_cycle"
    assert (await get(any_service, "/jobs"))["total"] == 5


async def test_faults_of_prerequisites_are_told_at_once(service: Service) -> None:
    body = {
        "definition": "resize",
        "payload": {"path": "a"},
        "after": [{"job": "a", "when": "well"}, {"any_of": []}, {"job": "b", "otherwise": "hope"}],
    }

    found = await service.call("POST", "/jobs", body)

    paths = {fault["path"] for fault in found.json()["faults"]}
    assert found.status_code == 422
    assert paths == {"after[0].when", "after[1].any_of", "after[2].otherwise"}


async def test_prerequisites_and_dependents_are_listed_page_by_page(any_service: Service) -> None:
    first = await any_service.submit()
    ids = sorted([await any_service.submit(after=[first, "to-come"]) for _ in range(3)])

    page = await get(any_service, f"/jobs/{first}/dependents?limit=2")
    rest = await get(any_service, f"/jobs/{first}/dependents?limit=2&cursor={page['next']}")
    needed = await get(any_service, f"/jobs/{ids[0]}/prerequisites")
    coming = await get(any_service, "/jobs/to-come/dependents")

    assert [each["id"] for each in page["items"] + rest["items"]] == ids
    assert (page["total"], rest["next"], coming["total"]) == (3, None, 3)
    assert [(each["id"], each["state"], each["when"]) for each in needed["items"]] == [
        (first, "queued", ["succeeded"]),
        ("to-come", None, ["succeeded"]),
    ]
    assert needed["items"][1]["unknown_until"] is not None
    assert (await any_service.call("GET", "/jobs/nothing/dependents")).status_code == 404
    assert (await any_service.call("GET", "/jobs/nothing/prerequisites")).status_code == 404
    assert (await any_service.call("GET", f"/jobs/{first}/dependents?cursor=x")).status_code == 422


async def test_explain_says_what_a_job_waits_for(service: Service) -> None:
    first = await service.submit()
    second = await service.submit(after=[first], payload={"path": "a", "password": "secret"})

    found = await get(service, f"/jobs/{second}/explain")

    assert found["summary"] == "it is waiting: it waits for other jobs to end"
    assert [(each["what"], each["id"]) for each in found["waits"]] == [("job", first)]
    assert "payload" not in found["job"]
    assert "secret" not in str(found)
    assert (await service.call("GET", "/jobs/nothing/explain")).status_code == 404


async def test_ids_of_another_namespace_are_those_of_nobody(service: Service) -> None:
    theirs = await service.submit()
    made = await service.call(
        "PUT", "/definitions/resize", {"version": "1"}, role="foreign", namespace="elsewhere"
    )
    assert made.status_code == 200
    body = {"definition": "resize", "after": [theirs], "unknown": "refuse"}

    refused = await service.call("POST", "/jobs", body, role="foreign", namespace="elsewhere")
    waiting = await service.call(
        "POST", "/jobs", {**body, "unknown": "wait"}, role="foreign", namespace="elsewhere"
    )
    child = await service.call(
        "POST",
        "/jobs",
        {"definition": "resize", "parent": theirs},
        role="foreign",
        namespace="elsewhere",
    )
    listed = [
        await service.call("GET", f"/jobs/{theirs}/{part}", role="foreign", namespace="elsewhere")
        for part in ("explain", "children", "prerequisites")
    ]

    assert refused.json()["code"] == "prerequisite_unknown"
    assert waiting.status_code == 201
    assert (child.status_code, child.json()["code"]) == (409, "parent_ended")
    assert [found.status_code for found in listed] == [404, 404, 404]
    mine = await get(service, f"/jobs/{theirs}/dependents")
    assert mine["total"] == 0


async def test_children_are_submitted_listed_and_counted(any_service: Service) -> None:
    parent = await any_service.running(correlation_id="order-7")
    ids = [await any_service.submit(id=f"child-{number}", parent=parent.id) for number in range(3)]
    await any_service.call("POST", "/jobs/child-0/cancel", {})

    pages = [await get(any_service, f"/jobs/{parent.id}/children?limit=2")]
    pages.append(await get(any_service, f"/jobs/{parent.id}/children?limit=2&cursor={pages[0]['next']}"))
    opened = await get(any_service, f"/jobs/{parent.id}/children?which=open")
    ended = await get(any_service, f"/jobs/{parent.id}/children?which=ended&which=failed")

    assert [job["id"] for page in pages for job in page["items"]] == [*ids[1:], ids[0]]
    assert pages[0]["total"] == 3
    assert all(job["parent"] == parent.id and job["root"] == parent.id for job in pages[0]["items"])
    assert all(job["correlation_id"] == "order-7" for job in pages[0]["items"])
    assert ([job["id"] for job in opened["items"]], opened["total"]) == (ids[1:], 2)
    assert ([job["id"] for job in ended["items"]], ended["total"]) == (ids[:1], 1)
    assert (await any_service.call("GET", f"/jobs/{parent.id}/children?cursor=9.x")).status_code == 422


async def test_children_of_one_request_have_one_parent_that_is_there(service: Service) -> None:
    parent = await service.running()
    child = {"definition": "resize", "payload": {"path": "a"}, "parent": parent.id}

    stored = await service.call("POST", "/jobs:submit", {"jobs": [child, child]})
    mixed = await service.call("POST", "/jobs:submit", {"jobs": [child, {**child, "parent": "other"}]})
    ended = await service.call("POST", "/jobs", {**child, "parent": "nobody"})

    assert stored.status_code == 201
    assert "all children of the same job" in mixed.json()["detail"]
    assert (ended.status_code, ended.json()["code"]) == (409, "parent_ended")
    assert (await get(service, f"/jobs/{parent.id}/children"))["total"] == 2


async def test_a_request_has_a_bounded_number_of_prerequisites(service: Service) -> None:
    ids = [f"j{number}" for number in range(10_000)]
    jobs = [{"definition": "resize", "payload": {"path": "a"}, "after": ids} for _ in range(11)]

    found = await service.call("POST", "/jobs:submit", {"jobs": jobs})

    assert found.status_code == 422
    assert "110,000 prerequisites" in found.json()["detail"]


async def test_jobs_that_wait_for_others_count_for_the_depth() -> None:
    async with running_service(most_queued=2) as service:
        for name in ("one", "two"):
            await service.submit(id=name, after=["to-come"])
        service.clock.advance(FAR_US)

        full = await service.call(
            "POST", "/jobs", {"definition": "resize", "payload": {"path": "a"}, "after": ["to-come"]}
        )

    assert (full.status_code, full.json()["code"]) == (429, "queue_full")


async def test_a_worker_submits_children_of_the_jobs_that_it_holds_only(any_service: Service) -> None:
    service = any_service
    parent, other = await service.running(), await service.submit()
    child = {"definition": "resize", "payload": {"path": "a"}, "id": "child"}
    body = {"parent": parent.id, "fence": parent.fence, "jobs": [child]}
    path = "/workers/session1/submit"

    stored = await service.call("POST", path, body, role="worker")
    again = await service.call("POST", path, body, role="worker")
    plain = await service.call("POST", "/jobs", child, role="worker")
    refused = [
        await service.call("POST", path, {**body, **change}, role="worker")
        for change in ({"fence": parent.fence + 1}, {"parent": other})
    ]
    elsewhere = await service.call("POST", "/workers/session2/submit", body, role="worker")

    assert (stored.status_code, stored.json()["items"]) == (201, [{"id": "child", "existing": False}])
    assert again.json()["items"] == [{"id": "child", "existing": True}]
    assert plain.status_code == 403
    assert [(found.status_code, found.json()["code"]) for found in (*refused, elsewhere)] == [
        (409, "lease_lost")
    ] * 3
    assert (await get(service, "/jobs/child"))["parent"] == parent.id


async def test_a_key_for_some_definitions_submits_children_of_these_only(service: Service) -> None:
    made = await service.call("POST", "/api-keys", {"role": "worker", "definitions": ["resize"]})
    service.keys = {**service.keys, "some": made.json()["key"]}
    parent = await service.running()
    body = {"parent": parent.id, "fence": parent.fence, "jobs": [{"definition": "mail"}]}

    assert (await service.call("POST", "/workers/session1/submit", body, role="some")).status_code == 403


async def test_all_faults_of_children_are_told_at_once(service: Service) -> None:
    parent = await service.running()
    jobs = [
        {"definition": "resize", "payload": {"width": "x"}, "queue": "a b"},
        {"definition": "resize", "payload": {}},
    ]
    body = {"parent": parent.id, "fence": parent.fence, "jobs": jobs}

    found = await service.call("POST", "/workers/session1/submit", body, role="worker")

    assert (found.status_code, found.json()["code"]) == (422, "request_invalid")
    assert {fault["path"] for fault in found.json()["faults"]} == {
        "jobs[0].queue",
        "jobs[0].payload.path",
        "jobs[0].payload.width",
        "jobs[1].payload.path",
    }


async def test_a_key_for_some_definitions_learns_nothing_of_the_payloads_of_others(service: Service) -> None:
    made = await service.call("POST", "/api-keys", {"role": "worker", "definitions": ["mail"]})
    service.keys = {**service.keys, "some": made.json()["key"]}
    jobs = [{"definition": "resize", "payload": {"width": "x"}, "queue": "a b"}]
    body = {"parent": "job", "fence": 1, "jobs": jobs}

    found = await service.call("POST", "/workers/session1/submit", body, role="some")

    assert [fault["path"] for fault in found.json()["faults"]] == ["jobs[0].queue"]
