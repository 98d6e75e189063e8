"""From answers of REST back to triggers: what a body does not hold is empty or zero."""

from __future__ import annotations

from typing import Any

from beltline.core.codec import dump_json
from beltline.engine.trigger_trials import Standing
from beltline.engine.trigger_waits import HeldWait, Waits
from beltline.store.triggers import Refusal, StoredTrigger, Tallied
from beltline.wire.times import at_of


def trigger_of_body(body: dict[str, Any]) -> StoredTrigger:
    """Return a trigger; its declaration is never there."""
    return StoredTrigger(
        name=body["id"],
        kind=body["kind"],
        definition=body["definition"],
        spec=dump_json(body["settings"]).decode(),
        paused=body["state"] == "paused",
        declared="" if body["declared"] else None,
        revision=0,
        created_at=at_of(body["created_at"]) or 0,
        changed_at=at_of(body["changed_at"]) or 0,
        due_at=at_of(body["next_look_at"]),
    )


def standing_of_body(body: dict[str, Any]) -> Standing:
    """Return how a trigger stands, without what refused events said."""
    counts = [
        Tallied(each["outcome"], each["events"], at_of(each["last_at"]) or 0, each["last_job"], each["note"])
        for each in body["events"]
    ]
    refusals = [
        Refusal(each["event"], at_of(each["at"]) or 0, each["error"], b"") for each in body["refused"]
    ]
    return Standing(trigger_of_body(body), counts, refusals)


def waits_of_body(body: dict[str, Any]) -> Waits:
    """Return what the events of a trigger wait for."""
    events = [
        HeldWait(each["event"], at_of(each["at"]) or 0, at_of(each["job_at"])) for each in body["events"]
    ]
    return Waits(body["id"], body["summary"], body["number"], events, body["hints"])
