"""Writing decided changes.

The changes that match are collected in a table of the connection; then a few statements, of one step each,
move, keep and count them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any, Final, NamedTuple, TypeAlias

from beltline.core.clock import DAY, MINUTE
from beltline.core.job import Change
from beltline.core.states import DEAD, FINAL, JobState
from beltline.store.contract import Hint
from beltline.store.params import ApplyChanges, Miss
from beltline.store.sqlite.audit import append_audit
from beltline.store.sqlite.packing import ends, packed, places
from beltline.store.sqlite.reads import jobs_by_id
from beltline.store.sqlite.transaction import Transaction

KEY_LIFE: Final = DAY
Statement: TypeAlias = tuple[str, dict[str, Any]]

# What most changes of a batch have in common, and the rest; getters of the interpreter's own make it fast.
SHARED: Final = attrgetter("fence", "from_state", "state", "reason", "attempts_used", "crashes")
ROW: Final = attrgetter("id", "at", "run_at", "queued_at", "order_key", "paused_from", "request")
ID: Final = attrgetter("id")
AT: Final = attrgetter("at")
RESULT: Final = attrgetter("result")
ERROR: Final = attrgetter("error")
KEY: Final = attrgetter("idempotency_key")


class Plan(NamedTuple):
    """An apply made ready for the database: `matches` collect what matches, `moves` write it."""

    matches: list[Statement]
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
    for shared, changes in groupby(params.changes, SHARED):
        groups.setdefault(shared, []).extend(changes)
    matches: list[Statement] = []
    for alike in groups.values():
        matches += _matches(params.namespace, alike)
    moves = {(alike[0].from_state, alike[0].state) for alike in groups.values()}
    targets = {state for _, state in moves}
    final = bool(targets & FINAL)
    steps = (
        (
            "apply_attempts",
            any(source is JobState.RUNNING for source, target in moves if target not in FINAL),
        ),
        ("apply_deltas", True),
        ("apply_keys", set(map(KEY, params.changes)) != {None}),
        ("apply_history", bool(targets & (FINAL - DEAD))),
        ("apply_dead", bool(targets & DEAD)),
        ("apply_leave", final),
        ("apply_stay", bool(targets - FINAL)),
        ("apply_clear", True),
    )
    hints = [hint for hint, due in ((Hint.QUEUED, JobState.QUEUED in targets), (Hint.FINISHED, final)) if due]
    return Plan(matches, [name for name, needed in steps if needed], hints)


def _matches(namespace: str, changes: Sequence[Change]) -> list[Statement]:
    """Return the statements that collect changes with equal SHARED."""
    results = list(map(RESULT, changes))
    errors = list(map(ERROR, changes))
    if results.count(None) in {0, len(results)} and errors.count(None) in {0, len(errors)}:
        return [_match(namespace, changes, results, errors)]
    parts: dict[tuple[bool, bool], list[Change]] = {}
    for change in changes:
        parts.setdefault((change.result is None, change.error is None), []).append(change)
    return [
        _match(namespace, part, list(map(RESULT, part)), list(map(ERROR, part))) for part in parts.values()
    ]


def _match(
    namespace: str,
    changes: Sequence[Change],
    results: Sequence[bytes | None],
    errors: Sequence[bytes | None],
) -> Statement:
    first = changes[0]
    final = first.state in FINAL
    all_results = [result for result in results if result is not None]
    all_errors = [error for error in errors if error is not None]
    parameters = {
        "namespace": namespace,
        "fence": first.fence,
        "from_state": first.from_state.value,
        "state": first.state.value,
        "reason": first.reason.value,
        "attempts_used": first.attempts_used,
        "crashes": first.crashes,
        "ends": ends(list(map(AT, changes)), all_results),
        "results": b"".join(all_results) if all_results else None,
        "errors": b"".join(all_errors) if all_errors else None,
        "error_places": places(all_errors),
    }
    if final:
        return "apply_match_final", parameters | {"ids": packed(list(map(ID, changes)))}
    return "apply_match_other", parameters | {"rows": packed(list(map(ROW, changes)))}
