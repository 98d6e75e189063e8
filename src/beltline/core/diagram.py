"""The state diagram, drawn from the one table."""

from __future__ import annotations

from collections import defaultdict

from beltline.core.states import FINAL, TRANSITIONS, JobState


def mermaid() -> str:
    """Return the transitions as a Mermaid state diagram.

    One arrow for each pair of states, all its events on it.
    """
    arrows: dict[tuple[JobState, JobState], list[str]] = defaultdict(list)
    for (source, event), found in TRANSITIONS.items():
        for target in found:
            arrows[source, target].append(event.value)
    order = list(JobState)
    lines = ["stateDiagram-v2"]
    lines += [
        f"    [*] --> {state.value}" for state in (JobState.WAITING, JobState.SCHEDULED, JobState.QUEUED)
    ]
    for source, target in sorted(arrows, key=lambda arrow: (order.index(arrow[0]), order.index(arrow[1]))):
        lines.append(f"    {source.value} --> {target.value}: {', '.join(arrows[source, target])}")
    lines += [f"    {state.value} --> [*]" for state in order if state in FINAL]
    return "\n".join(lines) + "\n"


def table() -> str:
    """Return the transitions as a Markdown table.

    States down, events across the cells as `event → targets`.
    """
    order = list(JobState)
    lines = ["| state | what may happen, and where it leads |", "| --- | --- |"]
    for state in order:
        cells = [
            f"{event.value} → {', '.join(target.value for target in order if target in found)}"
            for (source, event), found in TRANSITIONS.items()
            if source is state
        ]
        lines.append(f"| `{state.value}` | {'<br>'.join(cells) or 'final'} |")
    return "\n".join(lines) + "\n"


def page() -> str:
    """Return docs/states.md."""
    return (
        "# States of a job\n\n"
        "Drawn from `TRANSITIONS` in `core/states.py`, the only place that says which moves exist.\n"
        "`python -m beltline.cli.states > docs/states.md` draws it again.\n\n"
        f"```mermaid\n{mermaid()}```\n\n{table()}\n"
        "A request (cancel, pause) on a running job is noted on it; the body's own final outcome wins over\n"
        "it; an outcome that would run again later meets it: cancel ends the job, pause parks it.\n"
    )
