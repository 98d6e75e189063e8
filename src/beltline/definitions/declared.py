"""Schedules that an app declares in its code."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from beltline.core.codec import dump_json
from beltline.core.durations import moment_text
from beltline.core.errors import ConfigError, InvalidInput
from beltline.definitions.definition import JobDefinition
from beltline.definitions.schedule import Schedule, schedule_of

SCHEDULE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}")
LARGEST_PAYLOAD: Final = 16_384


class Declaration(NamedTuple):
    """A schedule as code declares it."""

    name: str
    definition: str
    schedule: Schedule
    payload: bytes
    tick_field: str | None

    def text(self) -> str:
        """Return it as a JSON text, equal for equal declarations."""
        return dump_json(
            {
                "definition": self.definition,
                "schedule": self.schedule.shape(),
                "payload": json.loads(self.payload),
                "tick_field": self.tick_field,
            }
        ).decode()


class Declarations:
    """The schedules of one app, by name."""

    def __init__(self) -> None:
        self._by_name: dict[str, Declaration] = {}

    def add(self, declaration: Declaration) -> None:
        """Add a schedule. Raises ConfigError where there is another of its name."""
        if declaration.name in self._by_name:
            raise ConfigError(
                [f"schedule {declaration.name!r} is declared twice; give one of them another name"]
            )
        self._by_name[declaration.name] = declaration

    def __iter__(self) -> Iterator[Declaration]:
        """Iterate over the schedules in the order of their declaration."""
        return iter(tuple(self._by_name.values()))

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._by_name)


def declaration(
    definition: JobDefinition,
    when: object,
    *,
    name: str | None = None,
    payload: Mapping[str, Any] | None = None,
    tick_field: str | None = None,
) -> Declaration:
    """Return a schedule for the jobs of a definition. Raises ConfigError that lists every fault."""
    named = definition.name if name is None else name
    faults: list[str] = []
    schedule = None
    if not SCHEDULE_NAME.fullmatch(str(named)):
        faults.append(f"name {named!r}: use 1 to 128 letters, digits and . _ : / @ -")
    try:
        schedule = schedule_of(when)
    except InvalidInput as error:
        faults.append(str(error))
    data = b"{}"
    given = dict(payload or {})
    try:
        sample = given if tick_field is None else {**given, tick_field: moment_text(0)}
        # A moment far off stands for the tick: its form is that of every other one.
        definition.payload.check(dump_json(sample), limit=2 * LARGEST_PAYLOAD)
        data = dump_json(given)
    except InvalidInput as error:
        faults.append(f"{error}\n    Give payload={{…}}, and tick_field where a field shall get the tick")
    if len(data) > LARGEST_PAYLOAD:
        faults.append(f"payload: {len(data):,} bytes, at most {LARGEST_PAYLOAD:,} are kept")
    if faults or schedule is None:
        raise ConfigError([f"schedule {named!r} of job {definition.name!r}: {fault}" for fault in faults])
    return Declaration(named, definition.name, schedule, data, tick_field)
