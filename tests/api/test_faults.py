"""All faults of a submit are told at once: of its fields, its options and its payload."""

from __future__ import annotations

import pytest

from tests.api.service import Service


async def test_every_fault_of_a_request_is_told_at_once(service: Service) -> None:
    found = await service.call(
        "POST", "/jobs", {"definition": "resize", "priority": "1", "labels": {"a b": "x"}, "unknown": 1}
    )

    assert found.status_code == 422
    assert found.headers["content-type"] == "application/problem+json"
    problem = found.json()
    assert problem["code"] == "request_invalid"
    assert {fault["path"].partition("[")[0] for fault in problem["faults"]} >= {
        "priority",
        "labels",
        "unknown",
    }
    assert (await service.call("GET", "/jobs")).json()["total"] == 0


async def test_every_fault_of_a_payload_is_told_at_once(service: Service) -> None:
    found = await service.call("POST", "/jobs", {"definition": "resize", "payload": {"width": "x", "y": 1}})

    assert found.status_code == 422
    assert found.json()["code"] == "payload_invalid"
    assert {fault["path"] for fault in found.json()["faults"]} == {
        "payload.path",
        "payload.width",
        "payload.y",
    }


async def test_faults_of_a_jobs_own_fields_and_of_its_payload_are_told_at_once(service: Service) -> None:
    body = {"definition": "resize", "payload": {"width": "x"}, "priority": "1", "labels": {"a b": "c"}}

    found = await service.call("POST", "/jobs", body)

    assert (found.status_code, found.json()["code"]) == (422, "request_invalid")
    assert {fault["path"].partition("[")[0] for fault in found.json()["faults"]} == {
        "priority",
        "labels",
        "payload.path",
        "payload.width",
    }


async def test_options_that_contradict_each_other_do_not_hide_the_payload(service: Service) -> None:
    body = {"definition": "resize", "payload": {"width": "x"}, "delay": "1h", "run_at": "noon"}

    found = await service.call("POST", "/jobs", body)
    bad_options = await service.call("POST", "/jobs", {**body, "payload": {"path": "a"}})
    refused = await service.call("POST", "/jobs", {**body, "queue": "a b"})

    options = {"delay", "run_at"}
    payload = {"payload.path", "payload.width"}
    assert found.json()["code"] == "payload_invalid"
    assert {fault["path"] for fault in found.json()["faults"]} == options | payload
    assert bad_options.json()["code"] == "options_invalid"
    assert {fault["path"] for fault in bad_options.json()["faults"]} == options
    assert refused.json()["code"] == "request_invalid"
    assert {fault["path"] for fault in refused.json()["faults"]} == options | payload | {"queue"}


async def test_an_unknown_definition_does_not_hide_other_faults(service: Service) -> None:
    contradicts = {"definition": "nothing", "delay": "1h", "run_at": "2027-01-01T00:00:00Z"}

    found = await service.call("POST", "/jobs", contradicts)
    refused = await service.call("POST", "/jobs", {**contradicts, "priority": "1"})

    assert [fault["path"] for fault in found.json()["faults"]] == ["definition", "delay"]
    assert [fault["path"] for fault in refused.json()["faults"]] == ["priority", "definition", "delay"]


async def test_all_faults_of_many_jobs_are_told_at_once(service: Service) -> None:
    jobs = [
        {"definition": "resize", "payload": {"path": "a"}},
        {"definition": "resize", "payload": {"width": "x"}, "queue": "a b"},
        {"definition": "nothing", "payload": {}},
        {"definition": "resize", "payload": {}, "delay": "1h", "run_at": "noon"},
        7,
    ]

    found = await service.call("POST", "/jobs:submit", {"jobs": jobs})

    assert (found.status_code, found.json()["code"]) == (422, "request_invalid")
    assert {fault["path"] for fault in found.json()["faults"]} == {
        "jobs[1].queue",
        "jobs[1].payload.path",
        "jobs[1].payload.width",
        "jobs[2].definition",
        "jobs[3].delay",
        "jobs[3].run_at",
        "jobs[3].payload.path",
        "jobs[4]",
    }
    assert (await service.call("GET", "/jobs")).json()["total"] == 0


@pytest.mark.parametrize("own", [{}, {"queue": "a b"}], ids=["payloads", "fields"])
async def test_a_thousand_faults_are_told_and_no_more(own: dict[str, str], service: Service) -> None:
    jobs = [{"definition": "resize", "payload": {"width": "x"}, **own} for _ in range(2_000)]

    found = await service.call("POST", "/jobs:submit", {"jobs": jobs})

    assert found.status_code == 422
    assert len(found.json()["faults"]) == 1_000
    assert len(found.content) < 200_000


async def test_the_faults_of_a_first_thousand_are_said_to_be_so(service: Service) -> None:
    jobs = [{"definition": "resize", "payload": {"width": "x"}} for _ in range(2_000)]

    found = await service.call("POST", "/jobs:submit", {"jobs": jobs})

    assert "500 of the first 500 payloads refused" in found.json()["detail"]
