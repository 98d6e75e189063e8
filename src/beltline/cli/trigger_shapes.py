"""Triggers as `--json` and tables show them."""

from __future__ import annotations

import json
from typing import Any, Final

from beltline.cli.text import age
from beltline.definitions.trigger import rule_of
from beltline.engine import triggers as verbs
from beltline.engine.trigger_trials import Standing, rule_text
from beltline.store.triggers import Refusal, StoredTrigger, Tallied
from beltline.wire.times import iso

COLUMNS: Final = ("trigger", "kind", "state", "definition", "waits for", "changed")
COUNT_COLUMNS: Final = ("outcome", "events", "last", "job", "note")
REFUSAL_COLUMNS: Final = ("when", "event", "why")
_LONGEST: Final = 80


def trigger_shape(row: StoredTrigger) -> dict[str, Any]:
    """Return a trigger; what it says stands under the name of its kind."""
    return {
        "id": row.name,
        "kind": row.kind,
        "state": state_of(row),
        "definition": row.definition,
        row.kind: verbs.shape_of(row),
        "declared": row.declared is not None,
        "created_at": iso(row.created_at),
        "changed_at": iso(row.changed_at),
        "next_look_at": iso(row.due_at),
    }


def standing_shape(standing: Standing) -> dict[str, Any]:
    """Return a trigger with what became of its events."""
    return {
        **trigger_shape(standing.row),
        "events": [_count_shape(each) for each in standing.counts],
        "refused": [_refusal_shape(each) for each in standing.refusals],
    }


def trigger_row(row: StoredTrigger, now: int) -> tuple[str, ...]:
    """Return a line of the list."""
    rule = rule_text(rule_of(row.kind, verbs.shape_of(row)))
    return (row.name, row.kind, state_of(row), row.definition, rule, age(row.changed_at, now))


def fields_of(standing: Standing, now: int) -> list[tuple[str, str]]:
    """Return what `show` says of a trigger itself."""
    row = standing.row
    found = [
        ("trigger", row.name),
        ("kind", row.kind),
        ("state", state_of(row)),
        ("definition", row.definition),
        ("declared by", "code" if row.declared is not None else "an operator"),
    ]
    spec = verbs.shape_of(row)
    found += [(key, value if isinstance(value, str) else json.dumps(value)) for key, value in spec.items()]
    if row.due_at is not None:
        found.append(("next look", age(row.due_at, now)))
    return found


def count_row(count: Tallied, now: int) -> tuple[str, ...]:
    """Return what became of events as a line."""
    last = age(count.last_at, now) if count.events else ""
    return (count.outcome, f"{count.events:,}", last, count.last_job or "", _first_line(count.note))


def refusal_row(refusal: Refusal, now: int) -> tuple[str, ...]:
    """Return an event that could not become a job as a line."""
    faults = [line.strip(" -") for line in refusal.error.splitlines() if line.startswith("  - ")]
    why = "; ".join(faults) or _first_line(refusal.error)
    return (age(refusal.at, now), refusal.event_key[:_LONGEST], why[:_LONGEST])


def state_of(row: StoredTrigger) -> str:
    """Return whether a trigger takes events."""
    return "paused" if row.paused else "active"


def _count_shape(count: Tallied) -> dict[str, Any]:
    return {
        "outcome": count.outcome,
        "events": count.events,
        "last_at": iso(count.last_at) if count.events else None,
        "last_job": count.last_job,
        "note": count.note,
    }


def _refusal_shape(refusal: Refusal) -> dict[str, Any]:
    return {
        "event": refusal.event_key,
        "at": iso(refusal.at),
        "error": refusal.error,
        "body": refusal.body.decode("utf-8", "replace"),
    }


def _first_line(text: str) -> str:
    return text.partition("\n")[0][:_LONGEST]
