"""The job definitions of one program."""

from __future__ import annotations

from collections.abc import Iterator

from beltline.core.errors import ConfigError
from beltline.definitions.definition import JobDefinition
from beltline.definitions.flow import Flow


class Registry:
    """Definitions by name, in the order in which they were added. An object: two programs share nothing."""

    def __init__(self) -> None:
        self._definitions: dict[str, JobDefinition] = {}
        self.flows: dict[str, Flow] = {}

    def add(self, definition: JobDefinition) -> None:
        """Add a definition. Raises ConfigError where its name is taken."""
        taken = self._definitions.get(definition.name)
        if taken is not None:
            places = f"at {taken.place} and at {definition.place}"
            raise ConfigError(
                [f"the job name {definition.name!r} is used twice, {places}; give one another name: name=..."]
            )
        self._definitions[definition.name] = definition

    def add_flow(self, flow: Flow) -> None:
        """Add a workflow. Raises ConfigError where its name is taken."""
        if flow.name in self.flows:
            raise ConfigError([f"the workflow name {flow.name!r} is used twice; give one another name"])
        self.flows[flow.name] = flow

    def get(self, name: str) -> JobDefinition | None:
        """Return the definition of this name."""
        return self._definitions.get(name)

    def names(self) -> list[str]:
        """Return the names, in the order of their adding."""
        return list(self._definitions)

    def __iter__(self) -> Iterator[JobDefinition]:
        return iter(list(self._definitions.values()))

    def __len__(self) -> int:
        return len(self._definitions)
