"""Triggers that an app declares in its code."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from beltline.core.codec import dump_json
from beltline.core.errors import ConfigError
from beltline.definitions.declared import SCHEDULE_NAME
from beltline.definitions.trigger_rule import Rule


class DeclaredTrigger(NamedTuple):
    """A trigger as code declares it."""

    name: str
    definition: str
    rule: Rule

    def text(self) -> str:
        """Return it as a JSON text, equal for equal declarations."""
        return dump_json({"definition": self.definition, self.rule.KIND: self.rule.shape()}).decode()


class DeclaredTriggers:
    """The triggers of one app, by name."""

    def __init__(self) -> None:
        self._by_name: dict[str, DeclaredTrigger] = {}

    def add(self, name: str, definition: str, rule: object) -> None:
        """Add a trigger. Raises ConfigError where it is none, or where there is another of its name."""
        faults = []
        if not SCHEDULE_NAME.fullmatch(str(name)):
            faults.append(f"trigger {name!r}: use 1 to 128 letters, digits and . _ : / @ -")
        if not isinstance(rule, Rule):
            faults.append(f"trigger {name!r}: give a Webhook, JobOutcome, NewObject or Message, not {rule!r}")
        if name in self._by_name:
            faults.append(f"trigger {name!r} is declared twice; give one of them another name")
        if faults or not isinstance(rule, Rule):
            raise ConfigError(faults)
        self._by_name[name] = DeclaredTrigger(name, definition, rule)

    def __iter__(self) -> Iterator[DeclaredTrigger]:
        """Iterate over the triggers in the order of their declaration."""
        return iter(tuple(self._by_name.values()))
