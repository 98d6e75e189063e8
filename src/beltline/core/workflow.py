"""Workflows as data: steps, references, conditions; the check of a graph, and what comes next in a run.

Pure: the same graph and the same ends of steps give the same plan, however often and wherever it is made.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, NamedTuple, cast

from beltline.core.errors import PrerequisiteCycle
from beltline.core.prerequisites import require_acyclic

INPUT: Final = "input"
ITEM: Final = "item"
REFERENCE: Final = "$"


class End(StrEnum):
    """How a step of a run stands. `skipped`: what it waits for ended otherwise, or its condition is false."""

    OPEN = "open"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


_ENDED: Final = frozenset({End.SUCCEEDED, End.FAILED, End.CANCELLED, End.SKIPPED})
WHENS: Final[Mapping[str, frozenset[End]]] = MappingProxyType(
    {
        "succeeded": frozenset({End.SUCCEEDED}),
        "failed": frozenset({End.FAILED}),
        "cancelled": frozenset({End.CANCELLED}),
        "skipped": frozenset({End.SKIPPED}),
        "finished": _ENDED,
    }
)
COMPARISONS: Final[Mapping[str, Callable[[Any, Any], Any]]] = MappingProxyType(
    {
        "eq": operator.eq,
        "ne": operator.ne,
        "lt": operator.lt,
        "le": operator.le,
        "gt": operator.gt,
        "ge": operator.ge,
        "in": lambda one, other: one in other,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step: a job, a sub-workflow, or the wait for a signal.

    `after` names steps and how they must have ended. `payload` holds values and references ({"$": "step.x"}).
    `each` refers to a list: one job for each item. `tolerated`: that it fails does not fail the workflow.
    `undo` is the job that takes its effect back. `options` go to the job (retry, timeout, queue, …).
    """

    name: str
    job: str | None = None
    workflow: str | None = None
    wait: str | None = None
    after: Mapping[str, str] = field(default_factory=dict)
    payload: Any = field(default_factory=dict)
    condition: Any = None
    each: Any = None
    tolerate: int | float = 0
    tolerated: bool = False
    undo: str | None = None
    undo_payload: Any = field(default_factory=dict)
    timeout: str | int | float | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """A checked graph. `output` is what a run results in: values and references."""

    name: str
    version: str
    steps: Mapping[str, Step]
    output: Any = None


class Stand(NamedTuple):
    """How a step of a run stands, with its result where it succeeded."""

    end: End
    result: Any = None


class Begin(NamedTuple):
    """A step to begin, with its payload; `items` where it is done for each of a list; or its undoing."""

    step: Step
    payload: Any
    items: Sequence[Any] | None = None
    is_undo: bool = False


class Plan(NamedTuple):
    """What comes next: steps to begin; or, with `is_over`, the end, with what failed or the result."""

    begin: Sequence[Begin]
    is_over: bool = False
    failed: Sequence[str] = ()
    result: Any = None
    stands: Mapping[str, Stand] = MappingProxyType({})


class Unresolved(Exception):
    """A reference leads nowhere: what it names has no such part."""


def references(value: object) -> Iterator[list[Any]]:
    """Yield the paths of all references in a value."""
    if isinstance(value, dict):
        if REFERENCE in value:
            yield path_of(value[REFERENCE])
            value = {name: each for name, each in value.items() if name != REFERENCE}
        for each in value.values():
            yield from references(each)
    elif isinstance(value, list):
        for each in value:
            yield from references(each)


def path_of(given: object) -> list[Any]:
    """Return a path, given as a list or as text with dots."""
    return list(given) if isinstance(given, list) else str(given).split(".")


def needs(step: Step) -> dict[str, str]:
    """Return the steps that must have ended before this one, and how: named, or referred to."""
    found = dict(step.after)
    for value in (step.payload, step.condition, step.each):
        for path in references(value):
            if path and path[0] not in {INPUT, ITEM}:
                found.setdefault(str(path[0]), "succeeded")
    return found


def graph_faults(workflow: Workflow) -> Iterator[str]:
    """Yield what is wrong between the steps: unknown ones, and cycles by name."""
    known = workflow.steps
    pairs: list[tuple[str, str]] = []
    for step in known.values():
        for name in needs(step):
            if name not in known:
                yield f"step {step.name!r} needs {name!r}, which is no step of this workflow"
            pairs.append((step.name, name))
        for path in references(step.undo_payload):
            if not _leads(path, known):
                yield f"the undo of step {step.name!r} refers to {_first(path)!r}, which is no step here"
    for path in references(workflow.output):
        if not _leads(path, known):
            yield f"output refers to {_first(path)!r}, which is no step of this workflow"
    try:
        require_acyclic(pairs, known)
    except PrerequisiteCycle as error:
        yield f"the steps {' → '.join(error.path)} would wait for each other for ever"


def _leads(path: Sequence[Any], known: Mapping[str, Step]) -> bool:
    return _first(path) in {INPUT, *known}


def _first(path: Sequence[Any]) -> str:
    return str(path[0]) if path else ""


def resolve(value: Any, scope: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
    """Return a value with what its references stand for. Raises Unresolved."""
    if isinstance(value, dict):
        if set(value) == {REFERENCE}:
            return _followed(path_of(value[REFERENCE]), scope)
        return {name: resolve(each, scope) for name, each in value.items()}
    if isinstance(value, list):
        return [resolve(each, scope) for each in value]
    return value


def _followed(path: Sequence[Any], scope: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any JSON value
    found: Any = scope
    for part in path:
        if isinstance(found, list) and str(part).lstrip("-").isdigit() and abs(int(part)) < len(found) + 1:
            try:
                found = found[int(part)]
            except IndexError:
                raise Unresolved(".".join(map(str, path))) from None
        elif isinstance(found, Mapping) and part in found:
            found = found[part]
        else:
            raise Unresolved(".".join(map(str, path)))
    return found


def holds(condition: Any, scope: Mapping[str, Any]) -> bool:  # noqa: ANN401 - any JSON value
    """Say whether a condition is true.

    One with a reference that leads nowhere, or with values that cannot be compared, is not.
    """
    if condition is None or isinstance(condition, bool):
        return condition is not False
    if "all" in condition or "any" in condition:
        parts = [holds(each, scope) for each in condition.get("all", condition.get("any"))]
        return all(parts) if "all" in condition else any(parts)
    if "not" in condition:
        return not holds(condition["not"], scope)
    return _compares(condition, scope)


def _compares(condition: Mapping[str, Any], scope: Mapping[str, Any]) -> bool:
    try:
        value = _followed(path_of(condition[REFERENCE]), scope)
        compared = [name for name in COMPARISONS if name in condition]
        if not compared:
            return bool(value)
        return all(COMPARISONS[name](value, resolve(condition[name], scope)) for name in compared)
    except (Unresolved, TypeError):
        return False


def plan(workflow: Workflow, given: Any, found: Mapping[str, Stand]) -> Plan:  # noqa: ANN401 - any JSON value
    """Return what comes next in a run, given its input and how its begun steps (and undos) stand.

    Undos are found under the name of their step with `.undo`. Once a step has failed that nothing reacts to,
    no other begins; when those that run have ended, what succeeded is undone, the last one first.
    """
    stands = {name: found[name] for name in workflow.steps if name in found}
    scope = _scope(given, stands)
    try:
        begin = _next(workflow, stands, scope)
    except Unresolved as error:
        return Plan((), is_over=True, failed=[f"{error} leads nowhere"], stands=stands)
    if begin or any(stand.end is End.OPEN for stand in stands.values()):
        return Plan(begin, stands=stands)
    failed = _unhandled(workflow, stands)
    if failed:
        return _undone(workflow, scope, found, failed)._replace(stands=stands)
    try:
        return Plan((), is_over=True, result=resolve(workflow.output, scope), stands=stands)
    except Unresolved:
        # What it refers to belongs to a branch that was not taken.
        return Plan((), is_over=True, stands=stands)


def _next(workflow: Workflow, stands: dict[str, Stand], scope: Mapping[str, Any]) -> list[Begin]:
    """Return the steps that can begin now; those that never will are added to `stands` as skipped."""
    begin: list[Begin] = []
    is_failing = bool(_unhandled(workflow, stands))
    for step in in_order(workflow):
        needed = needs(step)
        is_ready = all(name in stands and stands[name].end in _ENDED for name in needed)
        if step.name in stands or not is_ready:
            continue
        met = all(_is_met(stands[name].end, when) for name, when in needed.items())
        if not met or not holds(step.condition, scope):
            stands[step.name] = Stand(End.SKIPPED)
        elif not is_failing:
            begin.append(_begun(step, scope))
    return begin


def _is_met(end: End, when: str) -> bool:
    return any(end in WHENS[name] for name in when.split(","))


def _begun(step: Step, scope: Mapping[str, Any]) -> Begin:
    if step.each is None:
        return Begin(step, resolve(step.payload, scope))
    items = resolve(step.each, scope)
    if not isinstance(items, list):
        raise Unresolved(f"{step.name}: `each`, which is no list but a {type(items).__name__},")
    return Begin(step, None, [resolve(step.payload, {**scope, ITEM: item}) for item in items])


def _scope(given: Any, stands: Mapping[str, Stand]) -> dict[str, Any]:  # noqa: ANN401 - any JSON value
    results = {name: stand.result for name, stand in stands.items() if stand.end is End.SUCCEEDED}
    return {INPUT: given, **results}


def _unhandled(workflow: Workflow, stands: Mapping[str, Stand]) -> list[str]:
    """Return the steps that failed, or were cancelled, and to which no other step reacts."""
    bad = [
        step
        for name, stand in stands.items()
        if stand.end in {End.FAILED, End.CANCELLED} and not (step := workflow.steps[name]).tolerated
    ]
    return [
        step.name
        for step in bad
        if not any(
            step.name in other.after and _is_met(stands[step.name].end, other.after[step.name])
            for other in workflow.steps.values()
        )
    ]


def _undone(
    workflow: Workflow, scope: Mapping[str, Any], found: Mapping[str, Stand], failed: Sequence[str]
) -> Plan:
    for step in reversed(in_order(workflow)):
        if step.undo is None or found.get(step.name, Stand(End.SKIPPED)).end is not End.SUCCEEDED:
            continue
        stand = found.get(f"{step.name}.undo")
        if stand is None:
            try:
                payload = resolve(step.undo_payload, scope)
            except Unresolved:
                payload = {}
            return Plan([Begin(step, payload, is_undo=True)])
        if stand.end is End.OPEN:
            return Plan(())
    broken = [
        f"{name} (its undo)" for name in found if name.endswith(".undo") and found[name].end is End.FAILED
    ]
    return Plan((), is_over=True, failed=[*failed, *broken])


def in_order(workflow: Workflow) -> list[Step]:
    """Return the steps so that each comes after those it needs; else as they are written."""
    done: dict[str, Step] = {}
    # No recursion: a chain may be as long as Python's stack is deep.
    stack = [(step, False) for step in reversed(list(workflow.steps.values()))]
    while stack:
        step, is_ready = stack.pop()
        if step.name in done:
            continue
        if is_ready:
            done[step.name] = step
            continue
        stack.append((step, True))
        needed = [workflow.steps[name] for name in needs(step) if name not in done]
        stack.extend((each, False) for each in reversed(needed))
    return list(done.values())


def text_of(value: object) -> str:
    """Return a condition or reference as a person writes it."""
    if not isinstance(value, dict):
        return repr(value)
    given = cast("dict[str, Any]", value)
    for word in ("all", "any"):
        if word in given:
            return "(" + f" {'and' if word == 'all' else 'or'} ".join(map(text_of, given[word])) + ")"
    if "not" in given:
        return f"not {text_of(given['not'])}"
    signs = {"eq": "=", "ne": "≠", "lt": "<", "le": "≤", "gt": ">", "ge": "≥", "in": "in"}
    path = ".".join(map(str, path_of(given.get(REFERENCE, "?"))))
    compared = [f"{path} {signs[name]} {text_of(given[name])}" for name in COMPARISONS if name in given]
    return " and ".join(compared) or path
