"""Workflows drawn: as Mermaid, and as lines of text for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from beltline.core.workflow import End, Stand, Step, Workflow, in_order, needs, text_of

_MARKS: Final[tuple[tuple[End | None, str], ...]] = (
    (None, "·"),
    (End.OPEN, "▶"),
    (End.SUCCEEDED, "✓"),
    (End.FAILED, "✗"),
    (End.CANCELLED, "⊘"),
    (End.SKIPPED, "○"),
)


def levels(workflow: Workflow) -> list[list[Step]]:
    """Return the steps by how many others must end before them."""
    depth: dict[str, int] = {}
    for step in in_order(workflow):
        depth[step.name] = 1 + max((depth[name] for name in needs(step)), default=-1)
    found: list[list[Step]] = [[] for _ in range(1 + max(depth.values(), default=-1))]
    for step in workflow.steps.values():
        found[depth[step.name]].append(step)
    return found


def lines(workflow: Workflow, stands: Mapping[str, Stand] | None = None) -> list[str]:
    """Return a drawing in lines: each step with its mark, below those it needs."""
    marks = dict(_MARKS)
    drawn = [f"{workflow.name} ({workflow.version})"]
    for level, steps in enumerate(levels(workflow)):
        for place, step in enumerate(steps):
            stand = (stands or {}).get(step.name)
            branch = "└─" if place == len(steps) - 1 else "├─"
            mark = marks[stand.end if stand else None]
            drawn.append(f"{'   ' * level}{branch}{mark} {step.name}: {_what(step)}{_when(step)}")
    return drawn


def mermaid(workflow: Workflow, stands: Mapping[str, Stand] | None = None) -> str:
    """Return the graph as a Mermaid flowchart."""
    drawn = ["flowchart TD"]
    for step in workflow.steps.values():
        left, right = ("{{", "}}") if step.wait else ("[[", "]]") if step.workflow else ("[", "]")
        drawn.append(f'    {_id(step.name)}{left}"{step.name}<br/>{_escaped(_what(step))}"{right}')
    for step in workflow.steps.values():
        condition = "" if step.condition is None else text_of(step.condition)
        for name, when in needs(step).items():
            words = " and ".join(filter(None, ("" if when == "succeeded" else when, condition)))
            arrow = f'-->|"{_escaped(words)}"|' if words else "-->"
            drawn.append(f"    {_id(name)} {arrow} {_id(step.name)}")
    for name, stand in (stands or {}).items():
        drawn.append(f"    class {_id(name)} {stand.end.value}")
    return "\n".join(drawn) + "\n"


def _what(step: Step) -> str:
    if step.wait:
        limit = "" if step.timeout is None else f", at most {step.timeout}"
        return f"wait for {step.wait}{limit}"
    if step.workflow:
        return f"workflow {step.workflow}"
    each = "" if step.each is None else f" for each of {text_of(step.each)}"
    undo = f", undone by {step.undo}" if step.undo else ""
    return f"{step.job}{each}{undo}"


def _when(step: Step) -> str:
    words = [name if when == "succeeded" else f"{name} {when}" for name, when in needs(step).items()]
    after = f"  after {', '.join(words)}" if words else ""
    return after if step.condition is None else f"{after}  if {text_of(step.condition)}"


def _id(name: str) -> str:
    return "s_" + name.replace("-", "__")


def _escaped(text: str) -> str:
    return text.replace('"', "'").replace("<", "&lt;").replace(">", "&gt;")
