"""Writing decided changes.

Changes that have most in common are written together: a few statements, of one step each, copy and remove the
jobs that finish, or write the others in place. A miss leaves its job as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any, Final, NamedTuple

from beltline.core.clock import DAY, MINUTE
from beltline.core.job import Change
from beltline.core.states import DEAD, FINAL, JobState
from beltline.store.batches import outgrown
from beltline.store.hints import hints_of
from beltline.store.params import ApplyChanges, Miss
from beltline.store.sqlite.audit import append_audit
from beltline.store.sqlite.batches import batch_of
from beltline.store.sqlite.linked import is_return, links_of, note_links
from beltline.store.sqlite.packing import packed, places
from beltline.store.sqlite.reads import jobs_by_id
from beltline.store.sqlite.transaction import Transaction

KEY_LIFE: Final = DAY

# What most changes of a batch have in common, and the rest; getters of the interpreter's own make it fast.
SHARED: Final = attrgetter(
    "fence",
    "from_state",
    "state",
    "reason",
    "at",
    "attempts_used",
    "crashes",
    "request",
    "paused_from",
    "ran_version",
)
COUNTED_BY: Final = attrgetter("definition", "queue", "state")
ROW: Final = attrgetter("id", "run_at", "queued_at", "order_key")
ID: Final = attrgetter("id")
RESULT: Final = attrgetter("result")
ERROR: Final = attrgetter("error")
KEY: Final = attrgetter("idempotency_key")
RUN_US: Final = attrgetter("run_us")
WAIT_US: Final = attrgetter("wait_us")


class Group(NamedTuple):
    """Changes with equal SHARED that all have a result or none, and all an error or none."""

    changes: Sequence[Change]
    parameters: dict[str, Any]


def apply_verb(params: ApplyChanges) -> Callable[[Transaction], list[Miss]]:
    """Return the verb that writes these changes."""
    return partial(_apply, params=params, groups=_groups(params))


def _apply(transaction: Transaction, *, params: ApplyChanges, groups: Sequence[Group]) -> list[Miss]:
    late = _late(transaction, params) if params.children else set()
    missed = set(late)
    parents: set[str] = set()
    links = links_of(transaction, params.namespace)
    for group in groups:
        mine = _without(group, late) if late else group
        if links.batches and is_return(group.changes[0]):
            parents.update(transaction.listed("apply_parents", group.parameters))
            mine = _without(mine, parents)
        if mine.changes:
            move = _finish if mine.changes[0].state in FINAL else _stay
            lost = move(transaction, mine)
            missed.update(lost)
            note_links(transaction, mine.parameters, links, lost)
    missed |= parents
    if len(missed) < len(params.changes):
        _count(transaction, params, groups, missed)
        for hint in hints_of({group.changes[0].state for group in groups}):
            transaction.hint(params.namespace, hint)
        append_audit(transaction, namespace=params.namespace, entries=params.audit, now=params.now)
    if not missed:
        return []
    ids = [change.id for change in params.changes if change.id in missed]
    current = jobs_by_id(transaction, params.namespace, ids)
    return [Miss(job_id, current.get(job_id), job_id in parents) for job_id in ids]


def _late(transaction: Transaction, params: ApplyChanges) -> set[str]:
    """Return the jobs that have another number of children than their change was decided for."""
    children = params.children or {}
    asked = {"namespace": params.namespace, "ids": packed(list(children))}
    return outgrown(children, map(batch_of, transaction.run("batch_get", asked)))


def _finish(transaction: Transaction, group: Group) -> list[str]:
    """Move jobs to where the finished ones are; return the ids of the changes that missed."""
    changes, parameters = group
    copied = transaction.changed("apply_dead" if changes[0].state in DEAD else "apply_history", parameters)
    missed = [] if copied == len(changes) else transaction.listed("apply_missed", parameters)
    if any(map(KEY, changes)):
        transaction.run("apply_keys", parameters)
    transaction.run("apply_leave", parameters)
    return missed


def _stay(transaction: Transaction, group: Group) -> list[str]:
    """Write changes of jobs that go on; return the ids of those that missed."""
    parameters = group.parameters
    missed = transaction.listed("apply_missed", parameters)
    if group.changes[0].from_state is JobState.RUNNING:
        transaction.run("apply_attempts", parameters)
    transaction.run("apply_stay", parameters)
    return missed


def _count(
    transaction: Transaction, params: ApplyChanges, groups: Iterable[Group], missed: Collection[str]
) -> None:
    """Append the counts of the changes that matched, from running or to a final state."""
    counts: dict[tuple[str, str, str], list[int]] = {}
    for group in groups:
        first = group.changes[0]
        if first.from_state is JobState.RUNNING or first.state in FINAL:
            matched = (
                [change for change in group.changes if change.id not in missed] if missed else group.changes
            )
            for kind, changes in groupby(matched, COUNTED_BY):
                _add(counts.setdefault(kind, [0, 0, 0]), list(changes))
    if counts:
        minute = params.now - params.now % MINUTE
        rows = [kind + tuple(count) for kind, count in counts.items()]
        shared = {"namespace": params.namespace, "minute": minute}
        transaction.run("deltas_append", shared | {"rows": packed(rows)})


def _add(count: list[int], changes: Sequence[Change]) -> None:
    count[0] += len(changes)
    count[1] += sum(map(RUN_US, changes))
    count[2] += sum(map(WAIT_US, changes))


def _without(group: Group, ids: Collection[str]) -> Group:
    """Return the group without the changes of these jobs."""
    left = [change for change in group.changes if change.id not in ids]
    if len(left) == len(group.changes):
        return group
    if not left:
        return group._replace(changes=())
    [smaller] = _split(group.parameters["namespace"], left)
    return smaller


def _groups(params: ApplyChanges) -> list[Group]:
    alike: dict[tuple[object, ...], list[Change]] = {}
    for shared, changes in groupby(params.changes, SHARED):
        alike.setdefault(shared, []).extend(changes)
    return [group for changes in alike.values() for group in _split(params.namespace, changes)]


def _split(namespace: str, changes: Sequence[Change]) -> list[Group]:
    """Return changes with equal SHARED as groups."""
    results = list(map(RESULT, changes))
    errors = list(map(ERROR, changes))
    if results.count(None) in {0, len(results)} and errors.count(None) in {0, len(errors)}:
        return [_group(namespace, changes, results, errors)]
    parts: dict[tuple[bool, bool], list[Change]] = {}
    for change in changes:
        parts.setdefault((change.result is None, change.error is None), []).append(change)
    return [
        _group(namespace, part, list(map(RESULT, part)), list(map(ERROR, part))) for part in parts.values()
    ]


def _group(
    namespace: str,
    changes: Sequence[Change],
    results: Sequence[bytes | None],
    errors: Sequence[bytes | None],
) -> Group:
    first = changes[0]
    is_final = first.state in FINAL
    all_results = [result for result in results if result is not None]
    all_errors = [error for error in errors if error is not None]
    parameters = {
        "namespace": namespace,
        "ids": packed(list(map(ID, changes))),
        "rows": None if is_final else packed(list(map(ROW, changes))),
        "fence": first.fence,
        "from_state": first.from_state.value,
        "state": first.state.value,
        "reason": first.reason.value,
        "at": first.at,
        "attempts_used": first.attempts_used,
        "crashes": first.crashes,
        "request": first.request,
        "paused_from": None if first.paused_from is None else first.paused_from.value,
        "ran_version": first.ran_version,
        "is_final": is_final,
        "results": b"".join(all_results) if all_results else None,
        "result_places": places(all_results),
        "errors": b"".join(all_errors) if all_errors else None,
        "error_places": places(all_errors),
        "life": KEY_LIFE,
    }
    return Group(changes, parameters)
