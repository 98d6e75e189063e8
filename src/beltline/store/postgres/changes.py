"""Writing decided changes: one statement for each place that jobs go to."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any, Final

from beltline.core.clock import MINUTE
from beltline.core.job import Change
from beltline.core.states import DEAD, FINAL

HISTORY: Final = "apply_history"
DEAD_LETTERS: Final = "apply_dead"
LIVE: Final = "apply_live"


def by_place(changes: Sequence[Change]) -> dict[str, list[Change]]:
    """Return the changes by the statement that writes them, ordered by id as all verbs lock jobs."""
    places: dict[str, list[Change]] = {}
    for change in sorted(changes, key=itemgetter(0)):
        place = LIVE if change.state not in FINAL else DEAD_LETTERS if change.state in DEAD else HISTORY
        places.setdefault(place, []).append(change)
    return places


def values_of(place: str, namespace: str, changes: Sequence[Change], now: int) -> list[object]:
    """Return the values of the statement."""
    columns: list[Any] = list(zip(*changes, strict=True))
    (
        ids,
        fences,
        sources,
        states,
        reasons,
        ats,
        results,
        errors,
        run_ats,
        queued_ats,
        order_keys,
        attempts_used,
        crashes,
        requests,
        paused_froms,
        _,
    ) = columns
    head = [namespace, ids, fences, sources, states, reasons, ats]
    minute = now - now % MINUTE
    if place != LIVE:
        return [*head, results, errors, attempts_used, crashes, minute]
    later = [errors, run_ats, queued_ats, order_keys, attempts_used, crashes, requests, paused_froms]
    return [*head, *later, results, minute]
