"""Groups of dead letters, plans and replay runs: as JSON objects for programs, and as rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from beltline.cli.text import age, one_line
from beltline.core.failure import read_failure
from beltline.engine.dead_letters import Plan
from beltline.store.dead_letters import DeadGroup
from beltline.store.replays import ReplayRun
from beltline.wire.times import iso

GROUP_COLUMNS: Final = ("group", "letters", "error", "message", "definitions", "first", "last", "owner")
RUN_COLUMNS: Final = ("run", "state", "letters", "rate", "replayed", "succeeded", "came back", "begun")


def group_shape(group: DeadGroup) -> dict[str, Any]:
    """Return a group of dead letters; its id is the fingerprint."""
    return {
        "id": group.fingerprint,
        "letters": group.letters,
        "first_seen_at": iso(group.first_at),
        "last_seen_at": iso(group.last_at),
        "versions": list(group.versions),
        "definitions": list(group.definitions),
        "example": group.example,
        "error": read_failure(group.error),
        "reason": group.reason,
        "owner": group.owner or None,
        "owned_by": group.owned_by or None,
        "owned_at": iso(group.owned_at),
        "note": group.note or None,
        "noted_by": group.noted_by or None,
        "noted_at": iso(group.noted_at),
    }


def group_row(group: DeadGroup, now: int) -> Sequence[str]:
    """Return a group as a row of GROUP_COLUMNS."""
    error = read_failure(group.error)
    return (
        group.fingerprint,
        f"{group.letters:,}",
        error["type"] if error else group.reason or "-",
        one_line(error["message"], 50) if error else "-",
        ", ".join(group.definitions),
        age(group.first_at, now),
        age(group.last_at, now),
        group.owner or "-",
    )


def run_shape(run: ReplayRun) -> dict[str, Any]:
    """Return a replay run."""
    return {
        "id": run.id,
        "state": run.state.value,
        "group": run.fingerprint,
        "definition": run.definition,
        "queue": run.queue,
        "labels": dict(run.labels or {}),
        "rate": run.rate or None,
        "stop_on_same_error": run.stop_on_same_error,
        "automatic": bool(run.policy),
        "total": run.total,
        "replayed": run.replayed,
        "succeeded": run.succeeded,
        "came_back": run.came_back,
        "ended_otherwise": run.ended_otherwise,
        "actor": run.actor,
        "why": run.why or None,
        "created_at": iso(run.created_at),
        "ended_at": iso(run.ended_at),
        "ended_by": run.ended_by or None,
    }


def run_row(run: ReplayRun, now: int) -> Sequence[str]:
    """Return a replay run as a row of RUN_COLUMNS."""
    return (
        run.id,
        run.state.value,
        meant(run),
        run.rate or "-",
        f"{run.replayed:,}" if run.policy else f"{run.replayed:,}/{run.total:,}",
        f"{run.succeeded:,}",
        f"{run.came_back:,}",
        age(run.created_at, now),
    )


def run_line(run: ReplayRun) -> str:
    """Return in a line how a run stands."""
    parts = [f"replay run {run.id} {run.state.value}: {run.replayed:,} of {run.total:,} replayed"]
    if run.rate:
        parts.append(f"{run.succeeded:,} succeeded, {run.came_back:,} came back")
    if run.ended_by:
        parts.append(run.ended_by)
    return "; ".join(parts)


def meant(run: ReplayRun) -> str:
    """Return which letters a run means, as the options that chose them."""
    named = (("group", run.fingerprint), ("definition", run.definition), ("queue", run.queue))
    labels = sorted((run.labels or {}).items())
    parts = [f"{name} {value}" for name, value in named if value is not None]
    return ", ".join([*parts, *(f"{name}={value}" for name, value in labels)]) or "all"


def plan_shape(plan: Plan) -> dict[str, Any]:
    """Return what would be done."""
    return {
        "total": plan.total,
        "ids": list(plan.ids),
        "checked": plan.checked,
        "faulty": [
            {"id": letter.id, "faults": [{"path": path, "message": what} for path, what in letter.faults]}
            for letter in plan.faulty
        ],
    }
