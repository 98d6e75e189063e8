"""What a definition contributes to each of its jobs, from code or from the store."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple, cast

from beltline.core.batch import Children
from beltline.core.decide import Policy
from beltline.core.needs import Needs, needs_of
from beltline.core.retry import MAX_CRASHES, retry_from
from beltline.definitions.definition import JobDefinition
from beltline.store.params import Definition


class Template(NamedTuple):
    """The defaults of a definition's jobs.

    Durations are microseconds from submit, `timeout_us` per attempt. `needs` is what they ask of a worker.
    """

    name: str
    version: str
    queue: str
    priority: int = 0
    max_attempts: int = 5
    timeout_us: int | None = None
    deadline_us: int | None = None
    expires_us: int | None = None
    owner: str | None = None
    labels: Mapping[str, str] | None = None
    dedupe: str | None = None
    needs: str = ""


def template_of(definition: JobDefinition) -> Template:
    """Return the template of a definition in code."""
    return Template(
        name=definition.name,
        version=definition.version,
        queue=definition.queue,
        priority=definition.priority,
        max_attempts=definition.retry.max_attempts,
        timeout_us=definition.timeout_us,
        deadline_us=definition.deadline_us,
        expires_us=definition.expires_us,
        owner=definition.owner or None,
        labels=definition.labels or None,
        dedupe=definition.dedupe,
        needs=_needs(definition.needs, definition.name, definition.version if definition.pinned else None),
    )


def stored_template(definition: Definition) -> Template:
    """Return the template of a stored definition."""
    policies = _policies(definition)
    return Template(
        name=definition.name,
        version=definition.version,
        queue=definition.queue,
        priority=cast("int", policies.get("priority", 0)),
        max_attempts=cast("int", policies.get("max_attempts", 5)),
        timeout_us=cast("int | None", policies.get("timeout_us")),
        deadline_us=cast("int | None", policies.get("deadline_us")),
        expires_us=cast("int | None", policies.get("expires_us")),
        owner=definition.owner or None,
        labels=cast("Mapping[str, str] | None", policies.get("labels")) or None,
        dedupe=cast("str | None", policies.get("dedupe")),
        needs=_needs(
            needs_of(policies),
            definition.name,
            definition.version if policies.get("pinned") else None,
        ),
    )


def stored_policy(definition: Definition) -> Policy:
    """Return what a rescuer needs of a stored definition."""
    policies = _policies(definition)
    return Policy(retry_from(policies), cast("int", policies.get("max_crashes", MAX_CRASHES)))


def stored_children(definition: Definition | None) -> Children:
    """Return what a stored definition makes of children that fail."""
    found = None if definition is None else _policies(definition).get("children")
    return Children(**cast("dict[str, Any]", found)) if found else Children()


def _needs(needs: Needs, name: str, version: str | None) -> str:
    return (needs if version is None else needs._replace(definition=name, version=version)).text()


def _policies(definition: Definition) -> Mapping[str, object]:
    return cast("dict[str, object]", json.loads(definition.policies or "{}"))
