"""Triggers, as REST and `--json` show them, and what callers of REST may send."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import Field, StrictStr
from typing_extensions import TypedDict

from beltline.engine.trigger_trials import Standing
from beltline.engine.trigger_waits import Waits
from beltline.engine.triggers import shape_of
from beltline.store.triggers import NewEvent, StoredTrigger, Tallied
from beltline.wire.requests import DurationText, Name, Request, Why
from beltline.wire.shapes import value_of
from beltline.wire.times import iso

Settings: TypeAlias = Annotated[
    dict[str, Any],
    Field(
        max_length=64,
        description="What the kind has. Each: `payload`, `when`, `dedupe`, `window`. A `webhook`: `secret`"
        " (where it lies: env:NAME or file:/path), `check`, `header`, `prefix`. An `outcome`: `of`, `states`,"
        " `queue`, `labels`, `roots`, `rounds`. An `object`: `place`, `glob`, `every`, `settle`, `existing`,"
        " `changes`, `deleted`. A `message`: `source`.",
    ),
]


class TriggerBody(TypedDict):
    """A trigger; `settings` are of its kind. They say where a secret lies, never what it is."""

    id: str
    kind: str
    state: str
    definition: str
    settings: dict[str, Any]
    declared: bool
    created_at: str | None
    changed_at: str | None
    next_look_at: str | None


class EventBody(TypedDict):
    """How many events of a trigger came to the same, and the last of them."""

    outcome: str
    events: int
    last_at: str | None
    last_job: str | None
    note: str


class RefusalBody(TypedDict):
    """An event that could not become a job, and why."""

    event: str
    at: str | None
    error: str


class StandingBody(TriggerBody):
    """A trigger, what became of its events, and the newest that could not become a job."""

    events: list[EventBody]
    refused: list[RefusalBody]


class TriedBody(TypedDict):
    """What a call would come to; `dedupe`: calls for which it is equal make one job."""

    id: str
    makes_job: bool
    payload: Any
    dedupe: str | None


class HeldEventBody(TypedDict):
    """An event that waits. `job_at`: when its job comes if no further event does; null: it makes none."""

    event: int
    at: str | None
    job_at: str | None


class WaitsBody(TypedDict):
    """What the events wait for that a trigger holds: the oldest of `number`, and what could be done."""

    id: str
    summary: str
    number: int
    events: list[HeldEventBody]
    hints: list[str]


class ReceivedBody(TypedDict):
    """What a call came to: no job where the trigger's `when` says so, and none yet where it waits (`held`).

    `existing`: an equal call came before.
    """

    id: str | None
    existing: bool
    held: bool


class CreateTrigger(Request):
    """A trigger to make: events of `kind` become jobs of `definition`."""

    name: Name
    definition: Name
    kind: Name = "webhook"
    settings: Settings
    why: Why = ""


class EditTrigger(Request):
    """Settings to change; null gives one its default. What is left out stays."""

    settings: Settings
    why: Why = ""


class RotateTrigger(Request):
    """Where the new secret lies, and for how long the former one is taken too."""

    secret: Annotated[StrictStr, Field(max_length=1_100, examples=["env:ORDERS_SECRET_2"])]
    overlap: DurationText = "24h"
    why: Why = ""


class TryTrigger(Request):
    """An event as it might come: a body, a job that has ended, the name of an object.

    No signature is looked at, and nothing is stored.
    """

    body: Any = None
    job: Name | None = None
    object: Name | None = None
    headers: Annotated[dict[str, StrictStr], Field(max_length=100)] = Field(default_factory=dict)


def trigger_shape(row: StoredTrigger) -> TriggerBody:
    """Return a trigger."""
    return {
        "id": row.name,
        "kind": row.kind,
        "state": trigger_state(row),
        "definition": row.definition,
        "settings": shape_of(row),
        "declared": row.declared is not None,
        "created_at": iso(row.created_at),
        "changed_at": iso(row.changed_at),
        "next_look_at": iso(row.due_at),
    }


def standing_shape(standing: Standing) -> StandingBody:
    """Return a trigger with what became of its events."""
    return {
        **trigger_shape(standing.row),
        "events": [_event_shape(each) for each in standing.counts],
        "refused": [
            {"event": each.event_key, "at": iso(each.at), "error": each.error} for each in standing.refusals
        ],
    }


def tried_shape(name: str, found: NewEvent | None) -> TriedBody:
    """Return what an event that was tried comes to, with the whole payload."""
    return {
        "id": name,
        "makes_job": found is not None,
        "payload": None if found is None else value_of(found.payload),
        "dedupe": None if found is None else found.event_key,
    }


def waits_shape(found: Waits) -> WaitsBody:
    """Return what the events of a trigger wait for."""
    return {
        "id": found.name,
        "summary": found.summary,
        "number": found.number,
        "events": [
            {"event": each.event, "at": iso(each.at), "job_at": iso(each.job_at)} for each in found.events
        ],
        "hints": found.hints,
    }


def trigger_state(row: StoredTrigger) -> str:
    """Return `paused` or `active`."""
    return "paused" if row.paused else "active"


def _event_shape(count: Tallied) -> EventBody:
    return {
        "outcome": count.outcome,
        "events": count.events,
        "last_at": iso(count.last_at) if count.events else None,
        "last_job": count.last_job,
        "note": count.note,
    }
