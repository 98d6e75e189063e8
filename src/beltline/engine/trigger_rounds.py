"""Triggers on outcomes that go round: refused, unless they say how often."""

from __future__ import annotations

import json
from collections.abc import Iterable

from beltline.core.errors import InvalidInput
from beltline.definitions.trigger import JobOutcome
from beltline.definitions.trigger_rule import Rule
from beltline.store.triggers import NewTrigger, StoredTrigger


def require_no_round(trigger: NewTrigger, rule: Rule, rows: Iterable[StoredTrigger]) -> None:
    """Raise InvalidInput, naming the round, where a trigger closes one and says nothing of `rounds`.

    Triggers on jobs of any definition close none: they leave out the jobs that they make themselves, and a
    chain of triggers is bounded.
    """
    if not isinstance(rule, JobOutcome) or rule.of is None or rule.rounds is not None:
        return
    leads: dict[str, list[str]] = {}
    for row in rows:
        spec = json.loads(row.spec) if row.kind == JobOutcome.KIND and row.name != trigger.name else {}
        if spec.get("of") and not spec.get("rounds"):
            leads.setdefault(spec["of"], []).append(row.definition)
    path = _path(leads, trigger.definition, rule.of)
    if path:
        told = " → ".join([rule.of, *path])
        raise InvalidInput(
            f"the trigger {trigger.name} would go round for ever: {told}; give rounds= (how many jobs in a"
            " row it may make), or let it watch another definition"
        )


def _path(leads: dict[str, list[str]], start: str, end: str) -> list[str]:
    """Return a way from one definition to another along the triggers, both included; empty for none."""
    ways: list[list[str]] = [[start]]
    known = {start}
    for way in ways:
        if way[-1] == end:
            return way
        for following in leads.get(way[-1], ()):
            if following not in known:
                known.add(following)
                ways.append([*way, following])
    return []
