"""From answers of REST back to schedules, batches and runs: what a body does not hold is empty or zero."""

from __future__ import annotations

from typing import Any

from beltline.core.batch import Batch, Progress
from beltline.core.codec import dump_json
from beltline.core.durations import moment
from beltline.core.reasons import Reason
from beltline.core.states import JobState
from beltline.core.workflow import End
from beltline.engine.batches import Cause, Tree
from beltline.engine.explain import Explanation, Waiting
from beltline.engine.runs import Run, RunStep
from beltline.engine.schedules import Coming
from beltline.store.backfills import Backfill, BackfillState
from beltline.store.schedules import Fire, FireOutcome, StoredSchedule
from beltline.store.workflows import StoredWorkflow
from beltline.wire.reading import job_of
from beltline.wire.times import at_of


def schedule_of_body(body: dict[str, Any]) -> StoredSchedule:
    """Return a schedule; its payload is there where it was asked for, its declaration never."""
    return StoredSchedule(
        name=body["id"],
        definition=body["definition"],
        spec=dump_json(body["schedule"]).decode(),
        payload=dump_json(body["payload"]) if "payload" in body else b"",
        tick_field=body["tick_field"],
        declared="" if body["declared"] else None,
        paused=body["state"] == "paused",
        next_at=at_of(body["next_tick"]),
        revision=0,
        buffered=at_of(body["waiting_tick"]),
        open_jobs=tuple(body["open_jobs"]),
        last_tick=at_of(body["last_tick"]),
        last_job=body["last_job"],
        last_fired_at=at_of(body["last_fired_at"]),
        created_at=at_of(body["created_at"]) or 0,
        changed_at=at_of(body["changed_at"]) or 0,
    )


def fire_of_body(body: dict[str, Any]) -> Fire:
    """Return what became of a tick."""
    return Fire(
        tick=moment(body["id"]),
        outcome=FireOutcome(body["outcome"]),
        reason=body["reason"],
        job_id=body["job"],
        until=at_of(body["until"]),
        ticks=body["ticks"],
        backfill=body["backfill"],
        at=moment(body["at"]),
    )


def coming_of_body(body: dict[str, Any]) -> Coming:
    """Return a tick ahead."""
    return Coming(moment(body["id"]), moment(body["starts_at"]))


def backfill_of_body(body: dict[str, Any]) -> Backfill:
    """Return a backfill."""
    return Backfill(
        id=body["id"],
        schedule=body["schedule"],
        since=moment(body["since"]),
        until=moment(body["until"]),
        at_once=body["at_once"],
        total=body["total"],
        actor=body["actor"],
        state=BackfillState(body["state"]),
        revision=0,
        next_at=moment(body["since"]),
        open_jobs=tuple(body["open_jobs"]),
        submitted=body["submitted"],
        existing=body["existing"],
        created_at=moment(body["created_at"]),
        finished_at=at_of(body["finished_at"]),
    )


def batch_of_body(body: dict[str, Any]) -> Batch:
    """Return a batch with its counts."""
    return Batch(
        job_id=body["id"],
        parent=body["parent"],
        root=body["root"],
        kind=body["kind"],
        created_at=0,
        total=body["children"],
        succeeded=body["succeeded"],
        failed=body["failed"],
        cancelled=body["cancelled"],
        flawed=0,
        run_us=0,
        is_stopped=False,
        ended_at=None,
        turn=0,
        seen=0,
    )


def tree_of_body(body: dict[str, Any]) -> Tree:
    """Return a batch with all that is below it."""
    causes = [Cause(**cause) for cause in body["causes"]]
    return Tree(job_of(body["job"]), batch_of_body(body["batch"]), Progress(**body["progress"]), causes)


def workflow_of_body(body: dict[str, Any]) -> StoredWorkflow:
    """Return a version of a workflow."""
    graph = {name: body[name] for name in ("name", "version", "steps", "output")}
    text = dump_json(graph).decode()
    return StoredWorkflow(body["id"], body["version"], text, moment(body["applied_at"]))


def run_of_body(body: dict[str, Any]) -> Run:
    """Return a run with how its steps stand."""
    steps = {name: _step(step) for name, step in body["steps"].items()}
    return Run(job_of(body["job"]), body["workflow"], body["version"], steps)


def explanation_of_body(body: dict[str, Any]) -> Explanation:
    """Return why a job stands as it does."""
    waits = [Waiting(**each) for each in body["waits"]]
    return Explanation(job_of(body["job"]), body["summary"], waits, body["hints"])


def _step(body: dict[str, Any]) -> RunStep:
    return RunStep(
        stands=None if body["stands"] is None else End(body["stands"]),
        job=body["job"],
        state=None if body["state"] is None else JobState(body["state"]),
        reason=None if body["reason"] is None else Reason(body["reason"]),
    )
