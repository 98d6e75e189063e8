"""`beltline submit --after`, `explain`, `batches`, `workflows` and `signal`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from beltline.core.clock import SystemClock
from beltline.engine import upkeep
from beltline.engine.definitions import apply_definitions
from beltline.store.batches import Family
from beltline.store.contract import Store
from beltline.store.params import InsertJobs
from tests.cli.photo_app import belt
from tests.cli.shop import NAMESPACE, Shop, Terminal
from tests.conformance.builders import new_job

GRAPH: dict[str, Any] = {
    "name": "album",
    "steps": {
        "one": {"job": "resize", "with": {"width": 256}},
        "ok": {"wait": "approval", "after": ["one"], "timeout": "2d"},
        "two": {
            "job": "resize",
            "with": {"width": {"$": "one.width"}},
            "if": {"$": "ok.go", "eq": True},
        },
    },
    "output": {"$": "two.width"},
}


def release(shop: Shop) -> None:
    """Do what a worker's loop does until nothing is left."""

    async def work(store: Store) -> None:
        while await upkeep.release(store, NAMESPACE):
            continue

    shop.on_store(work)


def adopt(shop: Shop, count: int) -> str:
    """Give a running job children; return its id."""
    [parent] = shop.claim()

    async def work(store: Store) -> None:
        now = SystemClock().now()
        jobs = [new_job(f"child-{number}", now, definition="resize") for number in range(count)]
        params = InsertJobs(namespace=NAMESPACE, jobs=jobs, now=now, family=Family(parent=parent.id))
        await store.jobs.insert(params)

    shop.on_store(work)
    return parent.id


def test_explain_says_what_a_job_waits_for(any_cli: Terminal, any_shop: Shop) -> None:
    first = any_cli("submit", "resize").lines[0]
    second = any_cli("submit", "resize", "--after", first, "--after", "to-come", "--when", "finished").lines[
        0
    ]

    found = any_cli("explain", second, "--json").json
    told = any_cli("explain", second)

    assert found["summary"] == "it is waiting: it waits for other jobs to end"
    assert [(each["what"], each["id"]) for each in found["waits"]] == [("job", first), ("job", "to-come")]
    assert found["waits"][0]["stands"] == "queued (submitted)"
    assert found["waits"][1]["stands"] == "not there yet"
    assert "WAITS FOR" in told.out
    assert f"beltline explain {first}" in told.err


def test_explain_says_why_a_queued_job_does_not_run(cli: Terminal, shop: Shop) -> None:
    job = cli("submit", "resize").lines[0]
    assert "no worker is alive" in cli("explain", job).out
    cli("queues", "pause", "images")
    assert "the queue is paused" in cli("explain", job).out
    cli("queues", "resume", "images")
    shop.fail()

    assert "it ended failed: it failed with an error that is not tried again" in cli("explain", job).out
    assert cli("explain", "nobody").code != 0


def test_a_cycle_is_refused_on_the_command_line(cli: Terminal) -> None:
    cli("submit", "resize", "--id", "one", "--after", "two")

    ran = cli("submit", "resize", "--id", "two", "--after", "one", "--json")

    assert ran.code != 0
    assert ran.error["code"] == "prerequisite_cycle"
    assert "two → one → two" in ran.error["message"]


def test_a_batch_is_listed_shown_and_steered(any_cli: Terminal, any_shop: Shop) -> None:
    any_cli("submit", "resize")
    parent = adopt(any_shop, 3)

    listed = any_cli("batches", "ls", "--json").json["items"]
    assert [(each["id"], each["children"], each["open"]) for each in listed] == [(parent, 3, 3)]
    assert any_cli("batches", "ls").lines[1].split()[:3] == [parent, "resize", "running"]
    paused = any_cli("batches", "pause", parent, "--json").json
    assert paused["jobs"] == 4
    assert any_cli("jobs", "show", "child-1", "--json").json["state"] == "paused"
    assert any_cli("batches", "resume", parent, "--json").json["jobs"] == 4
    any_shop.fail()
    release(any_shop)

    shown = any_cli("batches", "show", parent, "--json").json
    assert (shown["progress"]["items"], shown["progress"]["failed"]) == (3, 3)
    assert [cause["jobs"] for cause in shown["causes"]] == [3]
    assert "13 brings" in any_cli("batches", "show", parent).out
    assert any_cli("batches", "retry-failed", parent, "--json").json["jobs"] == 3
    any_cli("batches", "cancel", parent)
    assert any_cli("jobs", "show", parent, "--json").json["request"] == "cancel"


def test_a_job_without_children_is_no_batch(cli: Terminal) -> None:
    job = cli("submit", "resize").lines[0]

    ran = cli("batches", "show", job, "--json")

    assert ran.error["code"] == "not_found"
    assert "has no children" in ran.error["message"]


def test_a_workflow_is_applied_drawn_run_and_signalled(any_cli: Terminal, any_shop: Shop) -> None:
    applied = any_cli("workflows", "apply", "-", "--json", stdin=json.dumps(GRAPH).encode()).json
    assert applied["steps"] == 3
    assert [each["id"] for each in any_cli("workflows", "ls", "--json").json["items"]] == ["album"]
    drawn = any_cli("workflows", "show", "album").lines
    assert drawn[1:] == [
        "└─· one: resize",
        "   └─· ok: wait for approval, at most 2d  after one",
        "      └─· two: resize  after one, ok  if ok.go = True",
    ]
    assert any_cli("workflows", "show", "album", "--mermaid").out.startswith("flowchart TD\n    s_one[")

    run = any_cli("workflows", "start", "album").lines[0]
    release(any_shop)
    any_shop.succeed()
    release(any_shop)
    assert "✓ one" in any_cli("workflows", "show", run).out
    assert "signal" in any_cli("explain", f"{run}.ok").out
    sent = [any_cli("signal", run, "approval", '{"go": true}', "--json").json["is_first"] for _ in range(2)]
    assert sent == [True, False]
    release(any_shop)
    any_shop.succeed()
    release(any_shop)

    assert any_cli("jobs", "show", run, "--json").json["result"] == 256
    steps = any_cli("workflows", "show", run, "--json").json["steps"]
    assert steps == {"one": "succeeded", "ok": "succeeded", "two": "succeeded"}


def test_a_faulty_workflow_is_refused_whole(cli: Terminal) -> None:
    graph = {"name": "bad", "steps": {"a": {"job": "x", "after": ["b"]}, "b": {"job": "x", "after": ["a"]}}}

    ran = cli("workflows", "apply", "-", "--json", stdin=json.dumps(graph).encode())

    assert ran.error["code"] == "workflow_invalid"
    assert "a → b → a" in ran.error["message"]
    assert cli("workflows", "ls", "--json").json["items"] == []


def test_a_workflow_of_unknown_jobs_does_not_start(cli: Terminal) -> None:
    graph = {"name": "lost", "steps": {"a": {"job": "nobody"}}}
    cli("workflows", "apply", "-", stdin=json.dumps(graph).encode())

    ran = cli("workflows", "start", "lost", "--json")

    assert ran.error["code"] == "workflow_invalid"
    assert "there is no job definition 'nobody'" in ran.error["message"]


def test_versions_of_a_workflow_are_listed_and_never_changed(cli: Terminal) -> None:
    for version in ("1", "2"):
        Path("album.json").write_text(json.dumps({**GRAPH, "version": version}), "utf-8")
        assert cli("workflows", "apply", "album.json").code == 0
    Path("album.json").write_text(json.dumps({**GRAPH, "version": "2", "output": 5}), "utf-8")
    changed = cli("workflows", "apply", "album.json")

    found = cli("workflows", "versions", "album", "--json").json
    table = cli("workflows", "versions", "album")

    assert [each["version"] for each in found["items"]] == ["2", "1"]
    assert "VERSION" in table.out
    assert "give this one another version" in changed.err
    assert cli("workflows", "versions", "nothing").code == 3


def test_a_graph_with_faults_is_told_whole_and_not_stored(cli: Terminal) -> None:
    graph = {
        "name": "album",
        "steps": {"a": {"job": "resize", "after": ["b"]}, "b": {"job": "resize", "after": ["a", "nowhere"]}},
    }
    Path("album.json").write_text(json.dumps(graph), "utf-8")

    ran = cli("workflows", "apply", "album.json")

    assert ran.code == 2
    assert "the steps a → b → a would wait for each other for ever" in ran.err
    assert "step 'b' needs 'nowhere', which is no step of this workflow" in ran.err
    assert cli("workflows", "ls", "--json").json["items"] == []


def test_a_job_of_another_namespace_is_one_that_is_not_there(cli: Terminal, shop: Shop) -> None:
    cli("submit", "resize", "--id", "theirs")
    shop.on_store(lambda store: apply_definitions(store, "elsewhere", belt.registry))
    there = ("--namespace", "elsewhere", "--json")

    ran = cli("submit", "resize", "--after", "theirs", "--unknown", "refuse", *there)
    listed = cli("jobs", "ls", *there)

    assert ran.error["code"] == "prerequisite_unknown"
    assert listed.json["items"] == []


def test_a_workflow_that_is_not_there_is_told_as_one(cli: Terminal) -> None:
    ran = cli("workflows", "show", "etl", "--json")

    assert ran.code == 3
    assert "there is no workflow or run 'etl'" in ran.err + ran.out
