"""What a settlement notes for others, in its own transaction: dependents, parents, children, triggers."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

from beltline.core.job import Change
from beltline.core.states import FINAL, JobState
from beltline.store.hints import Hint
from beltline.store.sqlite.packing import packed
from beltline.store.sqlite.transaction import Transaction


class Links(NamedTuple):
    """Whether a namespace has edges, batches, subscribers, watching triggers: else nothing is noted."""

    edges: bool
    batches: bool
    subscriptions: bool
    watches: bool


def links_of(transaction: Transaction, namespace: str) -> Links:
    """Return what there is to look for."""
    return Links._make(map(bool, transaction.row("apply_linked", {"namespace": namespace}) or (0, 0, 0, 0)))


def is_return(change: Change) -> bool:
    """Say whether this change is that of a body that returned: a job with children goes on then."""
    return change.from_state is JobState.RUNNING and change.state is JobState.SUCCEEDED


def note_links(
    transaction: Transaction, parameters: Mapping[str, Any], links: Links, missed: Collection[str]
) -> None:
    """Note what these changes, all to one state, mean for others; those that missed mean nothing."""
    is_final, is_waiting = parameters["state"] in FINAL, parameters["state"] == JobState.WAITING
    if not (is_final and any(links)) and not (is_waiting and links.batches):
        return
    given = dict(parameters)
    if missed:
        lost = set(missed)
        given["ids"] = packed([job_id for job_id in json.loads(parameters["ids"]) if job_id not in lost])
    if links.subscriptions and is_final:
        transaction.run("apply_outcomes", given)
    if links.edges and is_final:
        transaction.ended.setdefault(JobState(given["state"]), []).extend(json.loads(given["ids"]))
    noted = 0
    if links.batches:
        # Of bodies that returned only those without children are left here: see `apply_parents`.
        has_returned = given["from_state"] == JobState.RUNNING and given["state"] == JobState.SUCCEEDED
        noted += 0 if has_returned else transaction.changed("batch_touch", given)
        noted += transaction.changed("apply_grown", given) if is_final else 0
    if links.watches and is_final:
        noted += transaction.changed("apply_watched", given)
    if noted:
        transaction.hint(parameters["namespace"], Hint.LINKED)
