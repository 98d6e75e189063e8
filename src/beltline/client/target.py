"""What a definition's name stands for: the app's own code where it is at hand, else what the store knows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from beltline.core.codec import dump_json
from beltline.core.errors import InvalidBatch, InvalidInput
from beltline.definitions.registry import Registry
from beltline.definitions.result import ResultType
from beltline.definitions.stored import StoredSchema
from beltline.engine.definitions import stored_definition
from beltline.engine.template import Template, stored_template, template_of
from beltline.store.contract import Store


class Target(NamedTuple):
    """How jobs of one definition are made: `check` raises what is wrong with a payload from outside."""

    template: Template
    check: Callable[[bytes], object]
    result: ResultType


async def target_of(name: str, registry: Registry, store: Store, namespace: str) -> Target:
    """Return how jobs of this name are made. Raises UnknownDefinition."""
    found = registry.get(name)
    if found is not None:
        return Target(template_of(found), found.payload.check, found.result)
    definition = await stored_definition(store, namespace, name)
    schema = StoredSchema(definition.schema)
    return Target(stored_template(definition), lambda data: schema.check(name, data), ResultType.any_json())


def checked(target: Target, payload: Mapping[str, Any] | bytes) -> bytes:
    """Return a payload as bytes that the definition takes. Raises InvalidInput of the kind that fits."""
    data = payload if isinstance(payload, bytes) else dump_json(payload)
    target.check(data)
    return data


def all_checked(target: Target, payloads: Iterable[Mapping[str, Any] | bytes]) -> list[bytes]:
    """Return payloads as `checked` does. Raises InvalidBatch that names every faulty one."""
    found: list[bytes] = []
    faults: list[tuple[int, InvalidInput]] = []
    for index, payload in enumerate(payloads):
        try:
            found.append(checked(target, payload))
        except InvalidInput as error:
            faults.append((index, error))
    if faults:
        raise InvalidBatch(faults, of=len(found) + len(faults))
    return found
