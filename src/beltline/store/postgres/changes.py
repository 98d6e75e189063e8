"""Writing decided changes: one statement for each place that jobs go to."""

from __future__ import annotations

from collections.abc import Sequence
from operator import itemgetter
from typing import Any, Final, NamedTuple

from beltline.core.clock import MINUTE
from beltline.core.job import Change
from beltline.core.states import DEAD, FINAL, JobState
from beltline.store.postgres.columns import varying
from beltline.store.postgres.connection import Statements

HISTORY: Final = "apply_history"
DEAD_LETTERS: Final = "apply_dead"
STAY: Final = "apply_stay"


class Part(NamedTuple):
    """Changes that one statement writes, ordered by id as all verbs lock jobs."""

    statement: str
    changes: list[Change]


def parts_of(changes: Sequence[Change]) -> list[Part]:
    """Return the changes by the statement that writes them; final ones also by what they have in common."""
    parts: dict[object, Part] = {}
    for change in sorted(changes, key=itemgetter(0)):
        if change.state in FINAL:
            kind: object = (change.from_state, change.state, change.reason, change.ran_version)
        else:
            kind = STAY
        part = parts.get(kind)
        if part is None:
            part = parts[kind] = Part(_statement(change), [])
        part.changes.append(change)
    return list(parts.values())


def values_of(part: Part, namespace: str, now: int) -> list[object]:
    """Return the values of the statement."""
    columns: list[Any] = list(zip(*part.changes, strict=True))
    ids, fences, _, _, sources, states, reasons, ats, results, errors, *rest = columns
    run_ats, queued_ats, order_keys, attempts_used, crashes, requests, paused_froms, *_ = rest
    minute = now - now % MINUTE
    if part.statement != STAY:
        common = (sources[0], states[0], reasons[0])
        arrays, values = zip(*map(varying, (errors, attempts_used, crashes)), strict=True)
        error, used, crashed = values
        return [
            namespace,
            ids,
            fences,
            *common,
            ats,
            results,
            *arrays,
            minute,
            used,
            crashed,
            error,
            part.changes[0].ran_version,
        ]
    head = [namespace, ids, fences, sources, states, reasons, ats, errors]
    times = [run_ats, queued_ats, order_keys]
    return [*head, *times, attempts_used, crashes, requests, paused_froms, results, minute, columns[-1]]


class Written(NamedTuple):
    """What became of a batch. `is_linked`: others have to hear of it, dependents, parents or children."""

    missed: list[Change]
    is_linked: bool


async def written(statements: Statements, namespace: str, parts: Sequence[Part], now: int) -> Written:
    """Write changes, a statement for each part; of several the caller's transaction has the locks."""
    missed: list[Change] = []
    is_linked = False
    for part in parts:
        [row] = await statements.rows(part.statement, *values_of(part, namespace, now))
        moved = row[0]
        if moved is not None:
            found = set(moved)
            missed += [change for change in part.changes if change.id not in found]
        is_linked = is_linked or row[1]
    waiting = [change.id for part in parts for change in part.changes if change.state is JobState.WAITING]
    if waiting:
        await statements.run("batch_touch", namespace, waiting)
    return Written(missed, is_linked or bool(waiting))


def is_return(change: Change) -> bool:
    """Say whether this change is that of a body that returned: a job with children goes on then."""
    return change.from_state is JobState.RUNNING and change.state is JobState.SUCCEEDED


def _statement(change: Change) -> str:
    if change.state not in FINAL:
        return STAY
    return DEAD_LETTERS if change.state in DEAD else HISTORY
