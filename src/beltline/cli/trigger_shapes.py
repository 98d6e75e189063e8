"""Triggers as `--json` and tables show them."""

from __future__ import annotations

import json
from typing import Any, Final

from beltline.cli.text import age
from beltline.definitions.trigger import rule_of
from beltline.engine import triggers as verbs
from beltline.engine.trigger_trials import Standing, rule_text
from beltline.engine.trigger_waits import HeldWait
from beltline.store.triggers import Refusal, StoredTrigger, Tallied
from beltline.wire.triggers import standing_shape, trigger_state

COLUMNS: Final = ("trigger", "kind", "state", "definition", "waits for", "changed")
COUNT_COLUMNS: Final = ("outcome", "events", "last", "job", "note")
REFUSAL_COLUMNS: Final = ("when", "event", "why")
WAIT_COLUMNS: Final = ("event", "came", "its job comes")
_LONGEST: Final = 80


def shown(standing: Standing) -> dict[str, Any]:
    """Return a trigger with what became of its events, and with what could not become a job."""
    bodies = [each.body.decode("utf-8", "replace") for each in standing.refusals]
    shape = standing_shape(standing)
    refused = [{**each, "body": body} for each, body in zip(shape["refused"], bodies, strict=True)]
    return {**shape, "refused": refused}


def trigger_row(row: StoredTrigger, now: int) -> tuple[str, ...]:
    """Return a line of the list."""
    rule = rule_text(rule_of(row.kind, verbs.shape_of(row)))
    return (row.name, row.kind, trigger_state(row), row.definition, rule, age(row.changed_at, now))


def fields_of(standing: Standing, now: int) -> list[tuple[str, str]]:
    """Return what `show` says of a trigger itself."""
    row = standing.row
    found = [
        ("trigger", row.name),
        ("kind", row.kind),
        ("state", trigger_state(row)),
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


def wait_row(wait: HeldWait, now: int) -> tuple[str, ...]:
    """Return an event that waits as a line."""
    comes = "never: it is throttled" if wait.job_at is None else age(max(wait.job_at, now), now)
    return (str(wait.event), age(wait.at, now), comes)


def _first_line(text: str) -> str:
    return text.partition("\n")[0][:_LONGEST]
