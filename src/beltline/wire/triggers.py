"""Triggers, as REST and `--json` show them, and what callers of REST may send."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from pydantic import Field, StrictStr
from typing_extensions import TypedDict

from beltline.engine.triggers import shape_of
from beltline.store.triggers import StoredTrigger
from beltline.wire.requests import DurationText, Name, Request, Why
from beltline.wire.times import iso

Settings: TypeAlias = Annotated[
    dict[str, Any],
    Field(
        max_length=64,
        description="What the kind has. A webhook: `secret` (where it lies: env:NAME or file:/path), `check`,"
        " `header`, `prefix`, `payload`, `when`, `dedupe`.",
    ),
]


class TriggerBody(TypedDict):
    """A trigger; `settings` are of its kind. They say where a secret lies, never what it is."""

    id: str
    kind: str
    state: str
    definition: str
    settings: dict[str, Any]
    created_at: str | None
    changed_at: str | None


class TriedBody(TypedDict):
    """What a call would come to; `dedupe`: calls for which it is equal make one job."""

    id: str
    makes_job: bool
    payload: Any
    dedupe: str | None


class ReceivedBody(TypedDict):
    """What a call came to: no job where the trigger's `when` says so; `existing`: an equal call made it."""

    id: str | None
    existing: bool


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


class RotateSecret(Request):
    """Where the new secret lies, and for how long the former one is taken too."""

    secret: Annotated[StrictStr, Field(max_length=1_100, examples=["env:ORDERS_SECRET_2"])]
    overlap: DurationText = "24h"
    why: Why = ""


class TryTrigger(Request):
    """A call as it might come. Its signature is not looked at, and nothing is stored."""

    body: Any = None
    headers: Annotated[dict[str, StrictStr], Field(max_length=100)] = Field(default_factory=dict)


def trigger_shape(row: StoredTrigger) -> TriggerBody:
    """Return a trigger."""
    return {
        "id": row.name,
        "kind": row.kind,
        "state": trigger_state(row),
        "definition": row.definition,
        "settings": shape_of(row),
        "created_at": iso(row.created_at),
        "changed_at": iso(row.changed_at),
    }


def trigger_state(row: StoredTrigger) -> str:
    """Return `paused` or `active`."""
    return "paused" if row.paused else "active"
