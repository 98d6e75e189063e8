"""Schedules, dependencies, batches and workflows of a Beltline that knows a service's URL only.

Each test runs in process too: one interface, two ways there.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Final, cast

import pytest

from beltline.client.beltline import Beltline
from beltline.core.errors import (
    Conflict,
    IdReused,
    InvalidInput,
    NotFound,
    ParentEnded,
    PrerequisiteCycle,
    PrerequisiteUnknown,
)
from beltline.core.states import JobState
from beltline.core.window import Throttle
from beltline.core.workflow import End
from beltline.definitions.after import After, any_of
from beltline.definitions.children import Brood
from beltline.definitions.schedule import Schedule
from beltline.definitions.trigger import JobOutcome, Webhook
from beltline.definitions.workflow import InvalidWorkflow
from beltline.engine.submit import JobOptions
from beltline.store.backfills import BackfillState
from tests.api.served import Served, served
from tests.api.service import MEMORY, NAMESPACE, row_named

GRAPH: Final[dict[str, Any]] = {
    "name": "album",
    "steps": {
        "one": {"job": "mail", "with": {"to": {"$": "input.to"}}},
        "ok": {"wait": "approval", "after": ["one"]},
    },
    "output": {"$": "one"},
}


@pytest.fixture(scope="module")
def service() -> Iterator[Served]:
    with served(MEMORY) as found:
        yield found


@asynccontextmanager
async def in_process() -> AsyncIterator[Beltline]:
    async with Beltline(MEMORY, namespace=NAMESPACE) as belt:
        await belt.store.definitions.apply(NAMESPACE, [row_named("mail")], belt.store.now())
        yield belt


@pytest.fixture(params=["in_process", "remote"])
async def belt(request: pytest.FixtureRequest, service: Served) -> AsyncIterator[Beltline]:
    if cast("str", request.param) == "in_process":
        async with in_process() as found:
            yield found
    else:
        async with Beltline(service.url, namespace=NAMESPACE, api_key=service.keys["admin"]) as found:
            yield found


def options(**given: Any) -> JobOptions:
    return JobOptions(**given)


async def test_a_schedule_is_made_edited_fired_and_removed(belt: Beltline) -> None:
    made = await belt.schedules.create("nightly", "mail", Schedule(cron="0 3 * * *"), payload={"to": "ann"})
    edited = await belt.schedules.edit("nightly", every=timedelta(hours=2), without=["12-25"])
    paused = await belt.schedules.pause("nightly", why="moving")
    job = await belt.get(await belt.schedules.fire("nightly"))
    [fire] = await belt.schedules.fires("nightly")
    resumed = await belt.schedules.resume("nightly")
    listed = await belt.schedules.list()
    removed = await belt.schedules.delete("nightly")

    assert (made.name, made.spec, made.paused) == ("nightly", '{"cron":"0 3 * * *"}', False)
    assert edited.spec == '{"every":7200,"without":["12-25"]}'
    assert (paused.paused, resumed.paused) == (True, False)
    assert (job.labels or {})["schedule"] == "nightly"
    assert (fire.job_id, fire.reason) == (job.id, "manual")
    assert [row.name for row in listed] == ["nightly"]
    assert removed.name == "nightly"
    with pytest.raises(NotFound):
        await belt.schedules.get("nightly")


async def test_a_trigger_is_made_tried_steered_and_removed(belt: Beltline) -> None:
    rule = JobOutcome(of="mail", payload={"to": "job.owner"}, states=["failed"], rounds=2)
    made = await belt.triggers.create("bounced", "mail", rule)
    edited = await belt.triggers.edit("bounced", window=Throttle(5, per="1m"), why="a flood")
    paused = await belt.triggers.pause("bounced")
    resumed = await belt.triggers.resume("bounced")
    shown = await belt.triggers.show("bounced")
    waits = await belt.triggers.explain("bounced")
    [listed] = await belt.triggers.list()
    with pytest.raises(InvalidInput, match="give the id of a job that has ended"):
        await belt.triggers.test("bounced", body={"to": "ann"})
    removed = await belt.triggers.delete("bounced")

    assert (made.name, made.kind, made.definition) == ("bounced", "outcome", "mail")
    assert json.loads(edited.spec)["window"] == {"throttle": {"most": 5, "per": 60.0, "extra": "delay"}}
    assert (paused.paused, resumed.paused, removed.name) == (True, False, "bounced")
    assert shown.row.spec == listed.spec == edited.spec
    assert waits.summary.startswith("0 events wait; at most 5 jobs come in any 60 s")
    assert ([each.outcome for each in shown.counts], shown.refusals) == (["waiting"], [])
    with pytest.raises(NotFound):
        await belt.triggers.show("bounced")


async def test_a_call_is_tried_without_being_made(belt: Beltline) -> None:
    hook = Webhook(secret="env:HOOK", when="body.paid", payload={"to": "body.who"})
    await belt.triggers.create("paid", "mail", hook)

    found = [await belt.triggers.test("paid", body={"paid": paid, "who": "ann"}) for paid in (True, False)]
    raw = await belt.triggers.test("paid", body=b'{"paid":true,"who":"bob"}')
    await belt.triggers.delete("paid")

    assert (found, raw) == ([{"to": "ann"}, None], {"to": "bob"})


async def test_coming_ticks_are_the_same_of_a_name_a_line_and_a_schedule(belt: Beltline) -> None:
    await belt.schedules.create("daily", "mail", "0 3 * * *")

    found = [await belt.schedules.preview(when, count=2) for when in ("daily", "0 3 * * *")]
    same = await belt.schedules.preview(Schedule(cron="0 3 * * *"), count=2)

    assert found == [same, same]
    await belt.schedules.delete("daily")


async def test_a_backfill_is_started_and_cancelled(belt: Beltline) -> None:
    await belt.schedules.create("hourly", "mail", Schedule(every="1h"))
    # Where the service's clock stands the ticks lie in the past.
    row = await belt.schedules.get("hourly")
    until = datetime.fromtimestamp(row.created_at // 3_600_000_000 * 3_600, UTC)

    made = await belt.schedules.backfill("hourly", until - timedelta(hours=3), until, at_once=2)
    ended = await belt.schedules.cancel_backfill(made.id, why="wrong day")

    assert (made.total, made.at_once, made.state) == (3, 2, BackfillState.RUNNING)
    assert ended.state is BackfillState.CANCELLED
    with pytest.raises(Conflict):
        await belt.schedules.cancel_backfill(made.id)
    await belt.schedules.delete("hourly")


async def test_faults_of_a_schedule_are_the_errors_of_a_store(belt: Beltline) -> None:
    with pytest.raises(InvalidInput, match="the hour '25' is not possible"):
        await belt.schedules.create("bad", "mail", "0 25 * * *")
    with pytest.raises(InvalidInput, match="did you mean Europe/Berlin"):
        await belt.schedules.create("bad", "mail", Schedule(cron="0 3 * * *", zone="Europe/Berln"))
    with pytest.raises(NotFound):
        await belt.schedules.create("bad", "nobody", "0 3 * * *")

    assert await belt.schedules.list() == []


async def test_jobs_wait_for_others_by_reference_id_and_condition(belt: Beltline) -> None:
    first = await belt.submit("mail", {})
    second = await belt.submit("mail", {}, options=options(after=[first]))
    third = await belt.submit(
        "mail", {}, options=options(after=[any_of(first, After("to-come", when="failed"))])
    )
    many = await belt.submit_many("mail", [{"n": 1}, {"n": 2}], options=options(after=[first.id]))

    states = {(await each.job()).state for each in (second, third, *many)}
    told = await belt.explain(second.id)

    assert states == {JobState.WAITING}
    assert [(each.what, each.id) for each in told.waits] == [("job", first.id)]


async def test_what_cannot_be_waited_for_is_refused_and_stores_nothing(belt: Beltline) -> None:
    await belt.submit("mail", {}, options=options(id="ring-1", after=["ring-2"]))
    with pytest.raises(PrerequisiteCycle, match="ring-1 → ring-2"):
        await belt.submit("mail", {}, options=options(id="ring-2", after=["ring-1"]))
    with pytest.raises(PrerequisiteUnknown):
        await belt.submit("mail", {}, options=options(id="ring-3", after=["nobody"], unknown="refuse"))
    with pytest.raises(InvalidInput, match="give a list of jobs"):
        await belt.submit("mail", {}, options=options(id="ring-4", after="ring-1"))
    with pytest.raises(InvalidInput, match="when 'well' is unknown"):
        await belt.submit("mail", {}, options=options(id="ring-5", after=[After("ring-1", when="well")]))

    for name in ("ring-2", "ring-3", "ring-4", "ring-5"):
        with pytest.raises(NotFound):
            await belt.get(name)


async def test_a_job_of_another_namespace_is_nothing_to_wait_for(belt: Beltline, service: Served) -> None:
    async with Beltline(service.url, namespace="elsewhere", api_key=service.keys["foreign"]) as other:
        theirs = other.reference("a-job")
        with pytest.raises(InvalidInput, match="is in namespace 'elsewhere'"):
            await belt.submit("mail", {}, options=options(after=[theirs]))


async def test_children_are_named_by_what_they_are_and_steered_as_a_tree(belt: Beltline) -> None:
    parent = await belt.submit("mail", {})
    brood = Brood(parent.id, 2, "order-7")

    first = await belt.submit("mail", {"n": 1}, options=options(parent=brood))
    many = await belt.submit_many("mail", [{"n": 2}, {"n": 2}], options=options(parent=brood))
    again = Brood(parent.id, 2, "order-7")
    same = await belt.submit("mail", {"n": 1}, options=options(parent=again))
    children = [job.id async for job in belt.batches.children(parent.id)]
    tree = await belt.batches.get(parent.id)
    listed = await belt.batches.list(limit=10)
    paused = await belt.batches.pause(parent.id)
    failed = [job async for job in belt.batches.children(parent.id, which=["failed"])]
    resumed = await belt.batches.resume(parent.id)
    cancelled = await belt.batches.cancel(parent.id, why="wrong input")

    assert sorted(children) == sorted({first.id, *(each.id for each in many)})
    assert (same.id, same.existing) == (first.id, True)
    assert (tree.batch.total, tree.progress.items, tree.job.id) == (3, 3, parent.id)
    assert (await first.job()).parent == parent.id
    assert parent.id in {batch.job_id for batch in listed}
    assert failed == []
    assert [paused.state, resumed.state, cancelled.state] == [
        JobState.PAUSED,
        JobState.QUEUED,
        JobState.CANCELLED,
    ]
    with pytest.raises(ParentEnded):
        await belt.submit("mail", {}, options=options(parent=Brood(parent.id, 2, None)))
    with pytest.raises(NotFound):
        await belt.batches.get(first.id)


async def test_a_workflow_is_applied_started_signalled_and_seen(belt: Beltline) -> None:
    applied = await belt.workflows.apply(GRAPH, why="first")
    run = await belt.workflows.start("album", {"to": "ann"}, id="run-1")
    again = await belt.workflows.start("album", {"to": "ann"}, id="run-1")
    is_first = await belt.workflows.signal("run-1", "approval", {"ok": True})
    is_second = await belt.workflows.signal("run-1", "approval")
    found = await belt.workflows.run("run-1")

    assert (run.id, run.existing, again.existing) == ("run-1", False, True)
    assert (is_first, is_second) == (True, False)
    assert (found.workflow, found.version) == ("album", applied.version)
    assert {name: step.stands for name, step in found.steps.items()} in (
        {"one": None, "ok": None},
        {"one": End.OPEN, "ok": None},
    )
    assert [row.name for row in await belt.workflows.list()] == ["album"]
    assert [row.version for row in await belt.workflows.versions("album")] == [applied.version]
    assert (await belt.workflows.get("album", applied.version)).version == applied.version
    with pytest.raises(IdReused):
        await belt.workflows.start("album", {"to": "bo"}, id="run-1")
    with pytest.raises(InvalidInput, match="it waits for approval"):
        await belt.workflows.signal("run-1", "other")
    with pytest.raises(NotFound):
        await belt.workflows.start("nothing")
    with pytest.raises(NotFound):
        await belt.workflows.run("nothing")


async def test_every_fault_of_a_graph_is_told_and_nothing_is_stored(belt: Beltline) -> None:
    graph = {"name": "bad", "steps": {"a": {"job": "mail", "after": ["b"]}, "c": {"jobs": "x"}}}

    with pytest.raises(InvalidWorkflow) as refused:
        await belt.workflows.apply(graph)
    await belt.workflows.apply({"name": "lame", "steps": {"a": {"job": "nobody"}}})
    with pytest.raises(InvalidWorkflow) as unstarted:
        await belt.workflows.start("lame")

    assert len(refused.value.faults) >= 2
    assert any("'nobody'" in fault for fault in unstarted.value.faults)
    with pytest.raises(NotFound):
        await belt.workflows.get("bad")


def test_all_of_it_works_without_an_event_loop(service: Served) -> None:
    belt = Beltline(service.url, namespace=NAMESPACE, api_key=service.keys["admin"]).open_sync()
    try:
        first = belt.run_sync(lambda: belt.submit("mail", {}))
        second = belt.run_sync(lambda: belt.submit("mail", {}, options=options(after=[first])))
        belt.run_sync(lambda: belt.workflows.apply(GRAPH))
        run = belt.run_sync(lambda: belt.workflows.start("album", {"to": "ann"}))
        names = [row.name for row in belt.run_sync(belt.schedules.list)]

        assert belt.run_sync(lambda: belt.get(second.id)).state is JobState.WAITING
        assert belt.run_sync(lambda: belt.workflows.run(run.id)).workflow == "album"
        assert names == []
    finally:
        belt.close_sync()
