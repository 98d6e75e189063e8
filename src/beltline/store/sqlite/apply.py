"""Writing decided changes.

The changes that match are collected in a table of the connection; then a few statements, of one step each,
move, keep and count them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby
from typing import Any, Final, NamedTuple

from beltline.core.clock import DAY, MINUTE
from beltline.core.job import Change
from beltline.core.states import DEAD, FINAL, JobState
from beltline.store.contract import Hint
from beltline.store.params import ApplyChanges, Miss
from beltline.store.sqlite.audit import append_audit
from beltline.store.sqlite.blob import Blob
from beltline.store.sqlite.reads import jobs_by_id
from beltline.store.sqlite.transaction import Transaction, packed

KEY_LIFE: Final = DAY


class Plan(NamedTuple):
    """An apply made ready for the database: `matches` collect what matches, `moves` write it."""

    matches: list[tuple[str, dict[str, Any]]]
    moves: list[str]
    hints: list[Hint]


def apply_verb(params: ApplyChanges) -> Callable[[Transaction], list[Miss]]:
    """Return the verb that writes these changes."""
    return partial(_apply, params=params, plan=_plan(params))


def _apply(transaction: Transaction, *, params: ApplyChanges, plan: Plan) -> list[Miss]:
    matched = 0
    for name, parameters in plan.matches:
        matched += transaction.changed(name, parameters)
    missed: list[str] = []
    if matched < len(params.changes):
        found = set(transaction.listed("apply_matched"))
        missed = [change.id for change in params.changes if change.id not in found]
    if matched:
        shared = {"namespace": params.namespace, "minute": params.now - params.now % MINUTE, "life": KEY_LIFE}
        for name in plan.moves:
            transaction.run(name, shared)
        for hint in plan.hints:
            transaction.hint(params.namespace, hint)
    append_audit(transaction, namespace=params.namespace, entries=params.audit, now=params.now)
    if not missed:
        return []
    current = jobs_by_id(transaction, params.namespace, missed)
    return [Miss(job_id, current.get(job_id)) for job_id in missed]


def _plan(params: ApplyChanges) -> Plan:
    groups: dict[tuple[object, ...], list[Change]] = {}
    for shared, changes in groupby(params.changes, _shared):
        groups.setdefault(shared, []).extend(changes)
    matches = [_match(params.namespace, changes) for changes in groups.values()]
    moves = {(changes[0].from_state, changes[0].state) for changes in groups.values()}
    targets = {state for _, state in moves}
    final = bool(targets & FINAL)
    steps = (
        (
            "apply_attempts",
            any(source is JobState.RUNNING and target not in FINAL for source, target in moves),
        ),
        ("apply_deltas", True),
        ("apply_keys", any(change.idempotency_key is not None for change in params.changes)),
        ("apply_history", bool(targets & (FINAL - DEAD))),
        ("apply_dead", bool(targets & DEAD)),
        ("apply_leave", final),
        ("apply_stay", bool(targets - FINAL)),
        ("apply_clear", True),
    )
    hints = [hint for hint, due in ((Hint.QUEUED, JobState.QUEUED in targets), (Hint.FINISHED, final)) if due]
    return Plan(matches, [name for name, needed in steps if needed], hints)


def _shared(change: Change) -> tuple[object, ...]:
    """Return what most changes of a batch have in common."""
    return (*change[1:5], change.attempts_used, change.crashes)


def _match(namespace: str, changes: Sequence[Change]) -> tuple[str, dict[str, Any]]:
    """Return the statement that collects changes with equal `_shared`."""
    first = changes[0]
    final = first.state in FINAL
    blob = Blob()
    rows: list[tuple[Any, ...]] = []
    for change in changes:
        row: tuple[Any, ...] = (change.id, change.at, *blob.add(change.result), *blob.add(change.error))
        if not final:
            row += (change.run_at, change.queued_at, change.order_key, change.paused_from, change.request)
        rows.append(row)
    parameters = {
        "namespace": namespace,
        "fence": first.fence,
        "from_state": first.from_state.value,
        "state": first.state.value,
        "reason": first.reason.value,
        "attempts_used": first.attempts_used,
        "crashes": first.crashes,
        "results": any(change.result is not None for change in changes),
        "errors": any(change.error is not None for change in changes),
        "rows": packed(rows),
        "bytes": blob.joined(),
    }
    return ("apply_match_final" if final else "apply_match_other"), parameters
