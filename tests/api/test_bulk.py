"""Actions on all jobs that a filter finds."""

from __future__ import annotations

from beltline.core.clock import MICROS
from beltline.engine.bulk import do_due
from tests.api.service import NAMESPACE, Service


async def test_a_dry_run_says_how_many_and_changes_nothing(any_service: Service) -> None:
    ids = {await any_service.submit(labels={"a": "1"}), await any_service.submit(labels={"a": "1"})}
    await any_service.submit()

    found = await any_service.call("POST", "/jobs:cancel", {"where": {"label": {"a": "1"}}, "dry_run": True})

    body = found.json()
    assert (body["found"], body["changed"], set(body["sample"])) == (2, 0, ids)
    assert {await any_service.state(job_id) for job_id in ids} == {"queued"}


async def test_all_that_a_filter_finds_are_changed(any_service: Service) -> None:
    running = await any_service.running()
    wanted, other = await any_service.submit(labels={"a": "1"}), await any_service.submit()

    async def done(verb: str, **where: object) -> tuple[int, int]:
        found = (await any_service.call("POST", f"/jobs:{verb}", {"where": where})).json()
        return found["found"], found["changed"]

    assert await done("pause") == (3, 3)
    assert await any_service.state(other) == "paused"
    assert (await any_service.call("GET", f"/jobs/{running.id}")).json()["request"] == "pause"
    # The running job is asked to pause; it counts as found, and its request is taken back.
    assert await done("resume") == (3, 3)
    assert (await any_service.call("GET", f"/jobs/{running.id}")).json()["request"] is None
    assert await done("cancel", label={"a": "1"}) == (1, 1)
    states = [await any_service.state(job_id) for job_id in (running.id, wanted, other)]
    assert states == ["running", "cancelled", "queued"]
    assert await done("retry", state=["queued"]) == (0, 0)


async def test_final_jobs_are_deleted(any_service: Service) -> None:
    job = await any_service.running()
    await any_service.end(job)
    left = await any_service.submit()

    found = await any_service.call("POST", "/jobs:delete", {"where": {}})

    assert found.json()["changed"] == 1
    jobs = (await any_service.call("GET", "/jobs")).json()["items"]
    assert [each["id"] for each in jobs] == [left]


async def test_each_batch_is_audited(service: Service) -> None:
    await service.submit()
    await service.call("POST", "/jobs:cancel", {"where": {}, "why": "wrong input"})

    entries = (await service.call("GET", "/audit")).json()["items"]

    assert [(entry["action"], entry["after"]) for entry in entries if entry["reason"] == "wrong input"] == [
        ("jobs.cancel", '{"jobs":1}')
    ]


async def test_a_filter_must_be_given(service: Service) -> None:
    assert (await service.call("POST", "/jobs:cancel", {})).status_code == 422
    assert (await service.call("POST", "/jobs:cancel", {"where": {"stat": "queued"}})).status_code == 422


async def test_an_action_may_be_undone_until_its_window_has_passed(any_service: Service) -> None:
    job_id = await any_service.submit()
    body = {"where": {"label": {}}, "undo_window": "30s", "why": "wrong input"}

    scheduled = (await any_service.call("POST", "/jobs:cancel", body)).json()["scheduled"]
    undone = await any_service.call("POST", f"/bulk-actions/{scheduled['id']}/undo", {"why": "no"})
    any_service.clock.advance(30 * MICROS)

    assert not await do_due(any_service.store, NAMESPACE)
    assert (scheduled["state"], undone.json()["state"]) == ("pending", "undone")
    assert await any_service.state(job_id) == "queued"
    again = await any_service.call("POST", f"/bulk-actions/{scheduled['id']}/undo")
    assert again.status_code == 409


async def test_an_action_is_done_when_its_window_has_passed(any_service: Service) -> None:
    wanted, other = await any_service.submit(labels={"a": "1"}), await any_service.submit()
    body = {"where": {"label": {"a": "1"}, "state": ["queued"]}, "undo_window": "30s"}
    action_id = (await any_service.call("POST", "/jobs:cancel", body)).json()["scheduled"]["id"]

    early = await do_due(any_service.store, NAMESPACE)
    any_service.clock.advance(30 * MICROS)
    due = await do_due(any_service.store, NAMESPACE)

    assert (early, due) == (False, True)
    states = [await any_service.state(job_id) for job_id in (wanted, other)]
    assert states == ["cancelled", "queued"]
    done = (await any_service.call("GET", f"/bulk-actions/{action_id}")).json()
    assert (done["state"], done["changed"]) == ("done", 1)
    assert (await any_service.call("POST", f"/bulk-actions/{action_id}/undo")).status_code == 409
    actions = [entry["action"] for entry in (await any_service.call("GET", "/audit")).json()["items"]]
    assert actions[-2:] == ["jobs.cancel.schedule", "jobs.cancel"]


async def test_a_window_is_bounded(service: Service) -> None:
    assert (
        await service.call("POST", "/jobs:cancel", {"where": {}, "undo_window": "25h"})
    ).status_code == 422
    assert (await service.call("GET", "/bulk-actions")).json()["total"] == 0
