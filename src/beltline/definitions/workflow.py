"""Workflows as a program or a JSON document writes them, read with every fault at once."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, cast

from beltline.core.batch import Children
from beltline.core.codec import dump_json
from beltline.core.durations import micros
from beltline.core.errors import InvalidInput
from beltline.core.workflow import COMPARISONS, REFERENCE, WHENS, Step, Workflow, graph_faults

MOST_STEPS: Final = 1_000
OPTIONS: Final = frozenset(
    {"queue", "priority", "max_attempts", "retry", "timeout", "labels", "delay", "owner"}
)
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,47}")
_VERSION: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:+-]{0,127}")
_SIGNAL: Final = re.compile(r"[^\x00-\x1f\x7f]{1,128}")
_TAKEN: Final = frozenset({"input", "item"})
_KINDS: Final = ("job", "workflow", "wait")
_FIELDS: Final = frozenset(
    {*_KINDS, "after", "with", "if", "each", "tolerate", "tolerated", "undo", "undo_with", *OPTIONS}
)
_WHOLE: Final = frozenset({"name", "version", "steps", "output"})


class InvalidWorkflow(InvalidInput):
    """A workflow was refused. `faults` holds every fault; nothing was stored."""

    code = "workflow_invalid"

    def __init__(self, name: object, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        lines = "\n".join(f"  - {fault}" for fault in self.faults)
        super().__init__(f"the workflow {name!r} was refused; nothing was stored:\n{lines}")


def workflow_of(data: object) -> Workflow:
    """Return the workflow that a JSON object describes. Raises InvalidWorkflow that lists every fault."""
    if not isinstance(data, Mapping):
        raise InvalidWorkflow("", ["a workflow is an object with `name` and `steps`"])
    name, steps = data.get("name"), data.get("steps")
    faults = [f"field {each!r} is unknown" for each in sorted(set(data) - _WHOLE)]
    if not isinstance(name, str) or not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}", name):
        faults.append(f"name {name!r}: use 1 to 128 letters, digits and . _ : -")
    version = data.get("version")
    if version is not None and not (isinstance(version, str) and _VERSION.fullmatch(version)):
        faults.append("version: use 1 to 128 letters, digits and . _ : - +, first a letter or digit")
    if not isinstance(steps, Mapping) or not 0 < len(steps) <= MOST_STEPS:
        raise InvalidWorkflow(name, [*faults, f"steps: give an object of 1 to {MOST_STEPS:,} steps by name"])
    for step, given in steps.items():
        faults.extend(f"step {step!r}: {fault}" for fault in _step_faults(step, given))
    if faults:
        raise InvalidWorkflow(name, faults)
    read = {step: _step(step, given) for step, given in steps.items()}
    version = version or f"h{hashlib.sha256(dump_json(data)).hexdigest()[:12]}"
    workflow = Workflow(name=str(name), version=str(version), steps=read, output=data.get("output"))
    faults.extend(graph_faults(workflow))
    if faults:
        raise InvalidWorkflow(name, faults)
    return workflow


def _step(name: str, given: Mapping[str, Any]) -> Step:
    return Step(
        name=name,
        job=given.get("job"),
        workflow=given.get("workflow"),
        wait=given.get("wait"),
        after=dict(_after(given.get("after", ()))),
        payload=given.get("with", {}),
        condition=given.get("if"),
        each=given.get("each"),
        tolerate=given.get("tolerate", 0),
        tolerated=bool(given.get("tolerated", False)),
        undo=given.get("undo"),
        undo_payload=given.get("undo_with", {}),
        timeout=given.get("timeout"),
        options={option: given[option] for option in OPTIONS if option in given},
    )


def _after(given: object) -> Iterator[tuple[str, str]]:
    """Yield the steps and how they must end: a list of names, or an object of name to condition(s)."""
    if isinstance(given, Mapping):
        for name, when in given.items():
            yield name, when if isinstance(when, str) else ",".join(when)
    else:
        for name in cast("Sequence[str]", given):
            yield name, "succeeded"


def _step_faults(name: object, given: object) -> Iterator[str]:
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name in _TAKEN:
        yield "its name: use 1 to 48 letters, digits, _ and -, first a letter, and not `input` or `item`"
    if not isinstance(given, Mapping):
        yield "a step is an object with `job`, `workflow` or `wait`"
        return
    for unknown in sorted(set(given) - _FIELDS):
        yield f"field {unknown!r} is unknown; known are {', '.join(sorted(_FIELDS))}"
    kinds = [kind for kind in _KINDS if kind in given]
    if len(kinds) != 1 or not isinstance(given.get(kinds[0]), str):
        yield "give one of `job` (a definition's name), `workflow` (a name) and `wait` (a signal's name)"
    yield from _after_faults(given.get("after", []))
    yield from _condition_faults(given.get("if"))
    if "each" in given and (not isinstance(given["each"], list | dict) or "job" not in given):
        yield "each: give a reference to a list, or a list, for a step of a `job`"
    if not isinstance(given.get("undo", ""), str):
        yield "undo: give the name of a job definition"
    if isinstance(given.get("wait"), str) and not _SIGNAL.fullmatch(given["wait"]):
        yield "wait: a signal's name has 1 to 128 printable characters"
    yield from _number_faults(given)


def _number_faults(given: Mapping[str, Any]) -> Iterator[str]:
    checks = (
        ("tolerate", Children),
        ("timeout", lambda value: micros(value, what="timeout")),
        ("delay", lambda value: micros(value, what="delay")),
    )
    for name, check in checks:
        if given.get(name) is not None:
            try:
                check(given[name])
            except InvalidInput as error:
                yield str(error)


def _after_faults(given: object) -> Iterator[str]:
    if isinstance(given, str) or not isinstance(given, Mapping | Sequence):
        yield f"after {given!r}: give a list of steps, or an object of step to condition"
        return
    if not isinstance(given, Mapping):
        for name in given:
            if not isinstance(name, str):
                yield f"after {name!r}: give the name of a step"
    else:
        for name, when in given.items():
            words = when.split(",") if isinstance(when, str) else when
            known = isinstance(words, Sequence) and all(isinstance(word, str) for word in words)
            if not known or not words or any(word not in WHENS for word in words):
                yield f"after {name!r}: condition {when!r} is unknown; use {', '.join(WHENS)}, or several"


def _condition_faults(given: object) -> Iterator[str]:
    if given is None or isinstance(given, bool):
        return
    if not isinstance(given, Mapping):
        yield f"if {given!r}: give a condition, for instance {{'$': 'step.field', 'gt': 100}}"
        return
    for word in ("all", "any"):
        if word in given:
            parts = given[word]
            if not isinstance(parts, list) or not parts or None in parts:
                yield f"if: `{word}` needs a list of conditions"
                return
            for each in parts:
                yield from _condition_faults(each)
            return
    if "not" in given:
        yield from _condition_faults(given["not"])
        return
    unknown = set(given) - set(COMPARISONS) - {REFERENCE}
    if REFERENCE not in given or unknown:
        yield f"if {dict(given)!r}: give `$` and any of {', '.join(COMPARISONS)}; or `all`, `any`, `not`"
