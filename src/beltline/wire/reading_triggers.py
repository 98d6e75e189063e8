"""From answers of REST back to triggers: what a body does not hold is empty or zero."""

from __future__ import annotations

from typing import Any

from beltline.core.codec import dump_json
from beltline.core.durations import moment
from beltline.engine.trigger_trials import Standing
from beltline.store.triggers import Refusal, StoredTrigger, Tallied


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
        created_at=_at(body["created_at"]) or 0,
        changed_at=_at(body["changed_at"]) or 0,
        due_at=_at(body["next_look_at"]),
    )


def standing_of_body(body: dict[str, Any]) -> Standing:
    """Return how a trigger stands, without what refused events said."""
    counts = [
        Tallied(each["outcome"], each["events"], _at(each["last_at"]) or 0, each["last_job"], each["note"])
        for each in body["events"]
    ]
    refusals = [Refusal(each["event"], _at(each["at"]) or 0, each["error"], b"") for each in body["refused"]]
    return Standing(trigger_of_body(body), counts, refusals)


def _at(text: str | None) -> int | None:
    return None if text is None else moment(text)
